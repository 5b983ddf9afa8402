/**
 * EX-1 to EX-5 on the data of the farm that runs: quick versions of the property tests that stand beside the derivation and the
 * allocator, so that every law has a verdict for every farm.
 */
import { contains, expectValue, formatPrefix, parsePrefix, sameAddress, seededRandom } from "../../core/common/index.ts";
import type { Prefix, Random } from "../../core/common/index.ts";
import { grantExitNode, grantPrefix, releasePrefix, startAllocator } from "../../core/allocate/index.ts";
import { judgeAllocation, loadFarm } from "../../core/farm/index.ts";
import type { Intents, NodeFacts } from "../../core/intents/index.ts";
import { planNode } from "../../core/plan/index.ts";
import type { Session } from "../run/session.ts";
import { outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";

const shuffles = 5;
const nameBytesMax = 15;

const shuffled = (intents: Intents, random: Random): Intents => ({
  allocations: random.shuffle(intents.allocations),
  nodes: random.shuffle(intents.nodes),
  networks: random.shuffle(intents.networks).map((network) => ({
    ...network,
    resources: random.shuffle(network.resources),
    workloads: random.shuffle(network.workloads),
    portForwards: random.shuffle(network.portForwards),
  })),
});

async function sameInAnyOrder(session: Session): Promise<PropertyOutcome> {
  const facts = [...session.facts.values()];
  const planText = (node: string, intents: Intents, known: readonly NodeFacts[]): string => JSON.stringify(planNode(node, intents, known));
  const stories: string[] = [];
  for (const { name } of session.farm.nodes) {
    const first = planText(name, session.intents, facts);
    for (let round = 0; round < shuffles; round += 1) {
      const random = seededRandom(session.seed, `EX-1 ${name} ${round}`);
      if (planText(name, shuffled(session.intents, random), random.shuffle(facts)) !== first) {
        stories.push(`${name}: the plan changes with the order of intents and facts (shuffle ${round})`);
      }
    }
  }
  return Promise.resolve(outcomeOf(session.farm.nodes.length * shuffles, stories));
}

async function shortUniqueNames(session: Session): Promise<PropertyOutcome> {
  const stories: string[] = [];
  let runs = 0;
  for (const { name: node } of session.farm.nodes) {
    const plan = planNode(node, session.intents, [...session.facts.values()]);
    // A workload's own interface is eth0 in every workload's namespace; all others are derived.
    const links = plan.namespaces.flatMap(({ name, links: own }) => own.filter((link) => !(name.startsWith("w-") && link.name === "eth0")));
    const kinds = { link: links.map((link) => link.name), namespace: plan.namespaces.map((namespace) => namespace.name) };
    for (const [kind, names] of Object.entries(kinds)) {
      runs += names.length;
      const long = names.filter((name) => new TextEncoder().encode(name).length > nameBytesMax);
      const twice = names.filter((name, index) => names.indexOf(name) !== index);
      stories.push(...long.map((name) => `${node}: ${kind} ${name} has more than ${nameBytesMax} bytes`));
      stories.push(...twice.map((name) => `${node}: ${kind} ${name} is there twice`));
    }
  }
  return Promise.resolve(outcomeOf(runs, stories));
}

/** Allocations like the farm's own that must be refused: another length, host bits, not global. */
function wrongAllocations(prefix: Prefix): Prefix[] {
  const { family, value } = prefix.address;
  const host = { address: { family, value: value | 1n }, length: 48 };
  const others = ["fd00:1:2::/48", "fe80::/48"].flatMap((text) => parsePrefix(text) ?? []);
  return [
    { address: prefix.address, length: 47 },
    { address: prefix.address, length: 49 },
    { address: prefix.address, length: 64 },
    host,
    ...others,
  ];
}

async function wrongAllocationsRefused(session: Session): Promise<PropertyOutcome> {
  const stories: string[] = [];
  let runs = 0;
  for (const { prefix } of session.farm.allocations) {
    for (const wrong of wrongAllocations(prefix)) {
      runs += 1;
      if (!judgeAllocation(wrong).some((judgement) => judgement.severity === "error"))
        stories.push(`${formatPrefix(wrong)} is taken as an allocation`);
      const text = session.text.replace(formatPrefix(prefix), formatPrefix(wrong));
      if (text === session.text) continue;
      const loaded = loadFarm(text, session.file);
      const placed = loaded.problems.some((problem) => problem.severity === "error" && problem.place !== undefined);
      if (loaded.ok || !placed)
        stories.push(
          `the farm file with ${formatPrefix(wrong)} as its allocation is ${loaded.ok ? "accepted" : "refused without a place"}`,
        );
    }
  }
  for (const text of ["2001:db8:1::/48", "3fff:1:2::/48"]) {
    runs += 1;
    const judgements = judgeAllocation(parsePrefix(text) ?? { address: { family: 6, value: 0n }, length: 0 });
    if (judgements.length !== 1 || judgements[0]?.severity !== "warning")
      stories.push(`documentation prefix ${text} is not just warned of`);
  }
  return Promise.resolve(outcomeOf(runs, stories));
}

async function fifteenExitNodes(session: Session): Promise<PropertyOutcome> {
  const stories: string[] = [];
  let runs = 0;
  for (const { prefix, number } of session.farm.allocations) {
    const numbers = session.farm.nodes.flatMap(({ exitNode }) => (exitNode?.allocationNumber === number ? [exitNode.number] : []));
    if (new Set(numbers).size !== numbers.length || numbers.some((one) => one < 1 || one > 15)) {
      stories.push(`the exit nodes of ${formatPrefix(prefix)} have the numbers ${numbers.join(", ")}; expected: each its own, 1 to 15`);
    }
    let state = expectValue(startAllocator(prefix));
    for (let count = 1; count <= 15; count += 1) {
      runs += 1;
      const granted = expectValue(grantExitNode(state, `exit-${count}`));
      const again = expectValue(grantExitNode(granted.state, `exit-${count}`));
      if (granted.exitNode !== count || again.exitNode !== count)
        stories.push(`exit node ${count} gets ${granted.exitNode}, and ${again.exitNode} when it asks again`);
      state = granted.state;
    }
    if (grantExitNode(state, "exit-16").ok) stories.push(`a 16th exit node of ${formatPrefix(prefix)} is accepted`);
  }
  return Promise.resolve(outcomeOf(runs, stories));
}

async function ownPart(session: Session): Promise<PropertyOutcome> {
  const stories: string[] = [];
  const seen: Prefix[] = [];
  for (const { network, resources, bar } of session.world.networks) {
    const intent = session.intents.networks.find((candidate) => candidate.name === network.name);
    for (const resource of resources) {
      const prefix = intent?.resources.find((candidate) => candidate.node === resource.node)?.prefix;
      const called = `the NR of network ${network.name} on ${resource.node}`;
      if (prefix === undefined) stories.push(`${called} has no prefix`);
      else {
        if (!contains(bar.part, prefix))
          stories.push(`${called} has ${formatPrefix(prefix)}, outside ${formatPrefix(bar.part)} of its exit point's exit node`);
        if (seen.some((other) => sameAddress(other.address, prefix.address))) stories.push(`${formatPrefix(prefix)} is held twice`);
        seen.push(prefix);
      }
    }
  }
  for (const bar of session.world.bars) {
    const exitNode = bar.config.number;
    const holder = { network: "first", node: "node" };
    const first = expectValue(grantPrefix(expectValue(startAllocator(bar.allocation.prefix)), { ...holder, exitNode }, 0));
    const after = expectValue(grantPrefix(releasePrefix(first.state, holder, 1), { network: "second", node: "node", exitNode }, 2));
    if (!contains(bar.part, first.prefix)) stories.push(`the allocator gives ${formatPrefix(first.prefix)} of exit node ${exitNode}`);
    if (sameAddress(after.prefix.address, first.prefix.address))
      stories.push(`${formatPrefix(first.prefix)} is given again at once after its release`);
  }
  return Promise.resolve(outcomeOf(seen.length + session.world.bars.length, stories));
}

export const pureProperties: readonly Property[] = [
  { law: "EX-1", name: "EX-1 the plan of every node is the same in any order of what it is derived from", needs: [], run: sameInAnyOrder },
  { law: "EX-2", name: "EX-2 every name is at most 15 bytes and there once on its node", needs: [], run: shortUniqueNames },
  { law: "EX-3", name: "EX-3 refuses every allocation that is no global unicast /48", needs: [], run: wrongAllocationsRefused },
  {
    law: "EX-4",
    name: "EX-4 gives out exit nodes 1 to 15, the same again to the same node, and no 16th",
    needs: [],
    run: fifteenExitNodes,
  },
  { law: "EX-5", name: "EX-5 every NR has a /64 of its own in the /52 of its exit point's exit node", needs: [], run: ownPart },
];
