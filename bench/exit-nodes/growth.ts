/** What one NR more costs a BAR that has 4000 routes: what its agent works out, and what it then has to do. */
import { difference, onceApplied, type Changes, type ObservedNode } from "../../core/apply/index.ts";
import { expectValue, formatPrefix } from "../../core/common/index.ts";
import { isReservedSubnet, subnetNumberOf, subnetOf } from "../../core/derive/index.ts";
import { judgeDocument } from "../../core/farm/index.ts";
import { intentsOf, type Intents } from "../../core/intents/index.ts";
import { createPlanMemory, expectedFacts, planNode, type PlanMemory } from "../../core/plan/index.ts";
import { fullGateway, largeFarm } from "../../topologies/index.ts";
import { median, type BenchFigure } from "../figures.ts";
import { processorMs } from "../processor-times.ts";

const rounds = 40;
/** Milliseconds of processor time, of the 50 that there are from the store's write to the first packet. */
const target = 20;
const exitNode = "exit-01";

/** The intents with one NR more in a network, on a node that is in none. */
function withOneMore(intents: Intents, position: number): Intents {
  const allocation = intents.allocations[0]?.prefix;
  if (allocation === undefined) throw new Error("the farm has no allocation");
  const held = new Set(intents.networks.flatMap(({ resources }) => resources.map(({ prefix }) => subnetNumberOf(prefix))));
  const free = Array.from({ length: 0x1000 }, (_, index) => 0x1000 + index).find(
    (number) => !held.has(number) && !isReservedSubnet(number),
  );
  if (free === undefined) throw new Error("the exit node's part is full");
  const resource = { node: "node-new", exitPoint: false, prefix: subnetOf(allocation, free) };
  return {
    ...intents,
    networks: intents.networks.map((network, index) =>
      index === position ? { ...network, resources: [...network.resources.map((one) => ({ ...one })), resource] } : network,
    ),
  };
}

interface Pass {
  readonly changes: Changes;
  readonly observed: ObservedNode;
}

function pass(intents: Intents, observed: ObservedNode, memory: PlanMemory): Pass {
  const plan = planNode(exitNode, intents, expectedFacts(intents), memory);
  return { changes: difference(plan, observed), observed: onceApplied(plan, observed) };
}

export async function growthFigures(say: (line: string) => void): Promise<readonly BenchFigure[]> {
  const farm = judgeDocument(largeFarm("gateway", fullGateway))?.farm;
  if (farm === undefined) throw new Error("the farm has not the shape of one");
  const intents = expectValue(intentsOf(farm));
  const resources = intents.networks.reduce((sum, network) => sum + network.resources.length, 0);
  const memory = createPlanMemory();
  let current = pass(intents, { namespaces: new Map(), services: new Set(), files: new Map() }, memory);
  say(`one NR more where there are ${resources}, ${rounds} times`);
  const counts: number[] = [];
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const grown = withOneMore(intents, round);
    const facts = expectedFacts(grown);
    let now = current;
    times.push(
      processorMs(() => {
        const plan = planNode(exitNode, grown, facts, memory);
        now = { changes: difference(plan, current.observed), observed: onceApplied(plan, current.observed) };
      }),
    );
    counts.push(now.changes.count);
    current = pass(intents, now.observed, memory);
    if (current.changes.count === 0) throw new Error(`nothing goes when an NR of ${formatPrefix(intents.allocations[0]!.prefix)} goes`);
  }
  return await Promise.resolve([
    { name: "routes of the BAR before", value: resources, unit: "", target: null },
    { name: "what one NR more changes on the exit node, most", value: Math.max(...counts), unit: "", target: 6 },
    { name: "plan and difference for it, of processor time, median", value: median(times), unit: "ms", target },
  ]);
}
