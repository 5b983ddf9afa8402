/** EX-1: everything follows from allocation, exit node, /64 and allocation number alone, as the seed draws it, in any order. */
import { expectValue, parsePrefix, seededRandom } from "../../core/common/index.ts";
import type { Prefix, Random } from "../../core/common/index.ts";
import { deriveExitNode } from "../../core/derive/index.ts";
import type { ExitNodeDerivation, ExitNodeInput } from "../../core/derive/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { Intents, NodeFacts } from "../../core/intents/index.ts";
import { planNode } from "../../core/plan/index.ts";
import { drawingOf, hexOf } from "../oracle/index.ts";
import type { Drawing, DrawnResource } from "../oracle/index.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

const shuffles = 5;
const drawn = 90;

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

const shuffledFarm = (farm: Farm, random: Random): Farm => ({
  ...farm,
  allocations: random.shuffle(farm.allocations),
  nodes: random.shuffle(farm.nodes),
  networks: random.shuffle(farm.networks).map((network) => ({
    ...network,
    ownedIpv4: random.shuffle(network.ownedIpv4),
    resources: random.shuffle(network.resources),
    workloads: random.shuffle(network.workloads).map((one) => ({ ...one, services: random.shuffle(one.services) })),
    portForwards: random.shuffle(network.portForwards),
  })),
});

const textOf = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one));

async function sameInAnyOrder(subject: PureSubject): Promise<PropertyOutcome> {
  const facts = [...subject.facts.values()];
  const planText = (node: string, intents: Intents, known: readonly NodeFacts[]): string => textOf(planNode(node, intents, known));
  const stories: string[] = [];
  for (const { name } of subject.farm.nodes) {
    const first = planText(name, subject.intents, facts);
    for (let round = 0; round < shuffles; round += 1) {
      const random = seededRandom(subject.seed, `EX-1 ${name} ${round}`);
      if (planText(name, shuffled(subject.intents, random), random.shuffle(facts)) !== first) {
        stories.push(`${name}: the plan changes with the order of intents and facts (shuffle ${round}); expected: the same (EX-1)`);
      }
    }
  }
  const asWritten = textOf(expectValue(intentsOf(subject.farm)));
  for (let round = 0; round < shuffles; round += 1) {
    const random = seededRandom(subject.seed, `EX-1 farm ${round}`);
    if (textOf(expectValue(intentsOf(shuffledFarm(subject.farm, random)))) !== asWritten)
      stories.push(`the intents change with the order in which the file lists things (shuffle ${round}); expected: the same (EX-1)`);
  }
  return Promise.resolve(outcomeOf((subject.farm.nodes.length + 1) * shuffles, stories));
}

/** The farm's own resources, and others that a farm could have: every part, edges of the part, every length of an allocation number. */
function resources({ world, farm, seed }: PureSubject): DrawnResource[] {
  const own = world.networks.flatMap((network) =>
    network.resources.map((resource) => ({
      ...{ allocation: network.bar.allocation.prefix, exitNode: network.bar.config.number, number: network.network.allocationNumber },
      ...{ hex: hexOf(resource), exitPointHex: hexOf(network.exitPoint) },
    })),
  );
  const random = seededRandom(seed, "EX-1 drawing");
  const others = farm.allocations.flatMap(({ prefix }) =>
    Array.from({ length: drawn }, (_, index): DrawnResource => {
      const exitNode = 1 + (index % 15);
      const last = exitNode === 15 ? 0xeff : 0xfff;
      const draw = (): string => {
        const low = random.pick([0, 1, 0xff, 0x100, last, random.below(last + 1)]);
        return ((exitNode << 12) | low).toString(16);
      };
      const hex = draw();
      return { allocation: prefix, exitNode, number: random.pick([0, 1, 9, 10, 127]), hex, exitPointHex: random.pick([hex, draw()]) };
    }),
  );
  return [...own, ...others];
}

function derived(of: DrawnResource): ExitNodeDerivation | string {
  const prefixOf = (hex: string): Prefix => ({
    address: { family: 6, value: of.allocation.address.value | (BigInt(`0x${hex}`) << 64n) },
    length: 64,
  });
  const exitPoint = of.hex === of.exitPointHex ? {} : { exitPoint: prefixOf(of.exitPointHex) };
  const outcome = deriveExitNode({ prefix: prefixOf(of.hex), exitNode: of.exitNode, allocation: of.number, ...exitPoint });
  return outcome.ok ? outcome.value : outcome.problems.map(({ message }) => message).join("; ");
}

type DerivedRoutes = ExitNodeDerivation["routes"]["gateway"];

const routeTexts = (routes: DerivedRoutes): string[] =>
  routes
    .map(({ type, to, via, dev }) => {
      if (type === "unreachable") return `unreachable ${to}`;
      return `${type === "unicast" ? "" : `${String(type)} `}${to}${via === null ? "" : ` via ${via}`} dev ${dev}`;
    })
    .toSorted();

function differences(of: DrawnResource, derivation: ExitNodeDerivation, drawing: Drawing): string[] {
  const { AllowedIPs, routes, ...plain } = derivation;
  const given: Readonly<Record<string, unknown>> = {
    ...plain,
    AllowedIPs: AllowedIPs.toSorted(),
    gatewayRoutes: routeTexts(routes.gateway),
    exitPointRoutes: routeTexts(routes.exitPoint),
    resourceRoutes: routeTexts(routes.resource),
  };
  return Object.entries(drawing).flatMap(([name, expected]) =>
    textOf(given[name]) === textOf(expected)
      ? []
      : [
          `${name} of ${of.hex} behind exit node ${of.exitNode} (allocation ${of.number}) is ${textOf(given[name])}; expected: ${textOf(expected)} (EX-1)`,
        ],
  );
}

async function asDrawn(subject: PureSubject): Promise<PropertyOutcome> {
  const judged = resources(subject);
  const stories = judged.flatMap((of) => {
    const derivation = derived(of);
    if (typeof derivation === "string")
      return [`${of.hex} behind exit node ${of.exitNode} is refused: ${derivation}; expected: derived (EX-1)`];
    return differences(of, derivation, drawingOf(of));
  });
  return Promise.resolve(outcomeOf(judged.length, stories, { nothing: "this farm has no allocation" }));
}

/** Addresses that no gateway can have: no IPv4, "this network", loopback, multicast and above, each at its edges. */
const impossibleGateways = [
  "2a02:1802:5e::123/64",
  "0.0.0.1/8",
  "0.255.255.254/8",
  "127.0.0.1/8",
  "127.255.255.254/8",
  "224.0.0.1/24",
  "255.255.255.254/24",
];

/** What is wrong with an input from which nothing may be derived. */
function impossibleInputs(allocation: Prefix): readonly (readonly [what: string, input: ExitNodeInput])[] {
  const in64 = (hex: bigint): Prefix => ({ address: { family: 6, value: allocation.address.value | (hex << 64n) }, length: 64 });
  const good: ExitNodeInput = { prefix: in64(0x1abcn), exitNode: 1, allocation: 1 };
  const unique = parsePrefix("fd00:1:2:1abc::/64");
  return [
    ["a prefix of another part", { ...good, prefix: in64(0x2abcn) }],
    ["a prefix of PrefixZero's part", { ...good, prefix: in64(0x0abcn), exitNode: 0 }],
    ["a prefix of a part 16", { ...good, prefix: in64(0xfabcn), exitNode: 16 }],
    ["an allocation number of 128", { ...good, allocation: 128 }],
    ["a prefix of ff00 and above, whose /24 is the tunnels' transit", { ...good, prefix: in64(0xff1an), exitNode: 15 }],
    ["a prefix that is no /64", { ...good, prefix: { ...good.prefix, length: 63 } }],
    ...(unique === undefined ? [] : [["a unique local prefix", { ...good, prefix: unique }] as const]),
    ["an exit point of another part", { ...good, exitPoint: in64(0x2abcn) }],
    ...impossibleGateways.flatMap((text) => {
      const gatewayIp4 = parsePrefix(text);
      return gatewayIp4 === undefined ? [] : [[`GWPubIP4 ${text}`, { ...good, gatewayIp4 }] as const];
    }),
  ];
}

/** Outside of the part of the exit node that is named, nothing may be derived, nor for a gateway that cannot be. */
async function refusesOthers(subject: PureSubject): Promise<PropertyOutcome> {
  const inputs = subject.farm.allocations.flatMap(({ prefix }) => impossibleInputs(prefix));
  const stories = inputs
    .filter(([, input]) => deriveExitNode(input).ok)
    .map(([what]) => `something is derived with ${what}; expected: refused (EX-1)`);
  return Promise.resolve(outcomeOf(inputs.length, stories, { nothing: "this farm has no allocation" }));
}

export const derivationProperties: readonly PureProperty[] = [
  { law: "EX-1", name: "EX-1 the plan of every node is the same in any order of what it is derived from", needs: [], run: sameInAnyOrder },
  { law: "EX-1", name: "EX-1 names, addresses, ports and routes are those of the drawing", needs: [], run: asDrawn },
  { law: "EX-1", name: "EX-1 nothing is derived from what the drawing does not allow", needs: [], run: refusesOthers },
];
