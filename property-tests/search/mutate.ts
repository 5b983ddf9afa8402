/** Small changes of sketches, and parts taken from others: how a search gets from one scenario to the next. */
import type { Random } from "../../core/common/index.ts";
import {
  allocationNumbers,
  allocationPrefixes,
  conditionChoices,
  edgeExitNodeNumbers,
  edgeSubnets,
  forwardedPorts,
  lanChoices,
  natChoices,
  overlayChoices,
  poolChoices,
  routerForwards,
  serviceChoices,
  subnetChoices,
  workloadHosts,
} from "../generate/edges.ts";
import { eventKinds, gapMsChoices, lastsMsChoices, packetChoices } from "../generate/events.ts";
import { namings } from "../generate/names.ts";
import { roles } from "../generate/sketch.ts";
import type {
  AllocationSketch,
  ConditionSketch,
  EventSketch,
  ForwardSketch,
  NetworkSketch,
  NodeSketch,
  RouterSketch,
  Sketch,
  SketchLimits,
  SurroundingsSketch,
  WorkloadSketch,
} from "../generate/sketch.ts";

/** Networks and events: all that a search in a given farm changes. */
export type Contents = Pick<Sketch, "networks" | "events">;

const allocation = (random: Random): AllocationSketch => ({
  prefix: random.below(allocationPrefixes.length),
  number: random.below(allocationNumbers.length),
  pool: random.below(poolChoices.length),
  nextHop: random.below(2),
});

const router = (random: Random): RouterSketch => ({
  lan: random.below(lanChoices.length),
  nat: random.below(natChoices.length),
  carrier: random.below(3),
  forwards: random.below(routerForwards.length + 1),
});

const node =
  ({ maxRouters, maxAllocations }: SketchLimits) =>
  (random: Random): NodeSketch => ({
    role: random.below(roles.length),
    place: random.below(Math.max(maxRouters, maxAllocations)),
    number: random.pick(edgeExitNodeNumbers),
    families: random.below(3),
    withoutIpv4: random.below(2),
    nics: random.below(4),
    isolation: random.below(2),
    standsInFor: random.below(3),
    absent: random.below(4) === 0 ? 1 : 0,
    cable: random.below(2),
  });

const condition =
  ({ maxNodes, maxRouters }: SketchLimits) =>
  (random: Random): ConditionSketch => ({
    place: random.below(2 * maxNodes + 3 * maxRouters),
    choice: random.below(conditionChoices.length),
  });

const workload =
  ({ maxNodes }: SketchLimits) =>
  (random: Random): WorkloadSketch => ({
    resource: random.below(maxNodes),
    host: random.below(workloadHosts.length),
    services: random.below(1 << serviceChoices.length),
  });

const forward =
  ({ maxWorkloads }: SketchLimits) =>
  (random: Random): ForwardSketch => ({
    address: random.below(2),
    port: random.below(forwardedPorts.length),
    workload: random.below(maxWorkloads),
    service: random.below(serviceChoices.length),
  });

const subnet = (random: Random): number => (random.below(4) === 0 ? random.below(subnetChoices) : random.below(1 + edgeSubnets.length));

const network =
  (limits: SketchLimits) =>
  (random: Random): NetworkSketch => ({
    exit: random.below(limits.maxNodes),
    members: random.below(2 ** limits.maxNodes),
    overlay: random.below(overlayChoices),
    subnets: some(random, limits.maxNodes, subnet),
    workloads: some(random, limits.maxWorkloads, workload(limits)),
    owned: random.below(3),
    forwards: some(random, limits.maxForwards, forward(limits)),
  });

const event =
  ({ maxNodes }: SketchLimits) =>
  (random: Random): EventSketch => ({
    kind: random.below(eventKinds.length),
    place: random.below(2 * maxNodes + 4),
    detail: random.below(packetChoices.length),
    lasts: random.below(lastsMsChoices.length),
    gap: random.below(gapMsChoices.length),
  });

function some<T>(random: Random, most: number, make: (random: Random) => T): T[] {
  return Array.from({ length: random.below(most + 1) }, () => make(random));
}

/** Networks and events by chance. */
export const someContents = (random: Random, limits: SketchLimits): Contents => ({
  networks: some(random, limits.maxNetworks, network(limits)),
  events: some(random, limits.maxEvents, event(limits)),
});

const atLeastOne = <T>(random: Random, most: number, make: (random: Random) => T): T[] => [make(random), ...some(random, most - 1, make)];

/** A whole farm by chance. Quick, as a search needs many; `generate/` is what statistics are drawn from. */
export const someSketch = (random: Random, limits: SketchLimits): Sketch => ({
  surroundings: {
    names: random.below(namings.length),
    hosts: random.below(4),
    allocations: atLeastOne(random, limits.maxAllocations, allocation),
    routers: some(random, limits.maxRouters, router),
    carriers: atLeastOne(random, 2, () => random.below(natChoices.length)),
    nodes: atLeastOne(random, limits.maxNodes, node(limits)),
    conditions: some(random, limits.maxConditions, condition(limits)),
  },
  ...someContents(random, limits),
});

/** One entry more, less, or other, or two swapped; between `least` and `most` of them. */
function changedList<T>(
  random: Random,
  list: readonly T[],
  [least, most]: readonly [number, number],
  make: (random: Random) => T,
): readonly T[] {
  const position = random.below(Math.max(1, list.length));
  const choice = random.below(4);
  if (list.length < least || (choice === 0 && list.length < most))
    return [...list.slice(0, position), make(random), ...list.slice(position)];
  if (choice === 1 && list.length > least) return list.filter((_, index) => index !== position);
  if (list.length === 0) return list;
  return list.map((one, index) => (index === position ? (choice === 2 ? make(random) : mixed(random, one, make(random))) : one));
}

/** Of two of a kind: all of one's values, but for one that is the other's. */
function mixed<T>(random: Random, one: T, other: T): T {
  if (typeof one !== "object" || one === null) return other;
  const key = random.pick(Object.keys(one)) as keyof T;
  return { ...one, [key]: other[key] };
}

function changedSurroundings(random: Random, surroundings: SurroundingsSketch, limits: SketchLimits): SurroundingsSketch {
  switch (random.below(8)) {
    case 0:
      return { ...surroundings, names: random.below(namings.length) };
    case 1:
      return { ...surroundings, hosts: random.below(4) };
    case 2:
      return { ...surroundings, allocations: changedList(random, surroundings.allocations, [1, limits.maxAllocations], allocation) };
    case 3:
      return { ...surroundings, routers: changedList(random, surroundings.routers, [0, limits.maxRouters], router) };
    case 4:
      return { ...surroundings, carriers: changedList(random, surroundings.carriers, [1, 2], () => random.below(natChoices.length)) };
    case 5:
      return { ...surroundings, conditions: changedList(random, surroundings.conditions, [0, limits.maxConditions], condition(limits)) };
    default:
      return { ...surroundings, nodes: changedList(random, surroundings.nodes, [1, limits.maxNodes], node(limits)) };
  }
}

function changedNetwork(random: Random, held: NetworkSketch, limits: SketchLimits): NetworkSketch {
  switch (random.below(7)) {
    case 0:
      return { ...held, members: held.members ^ (1 << random.below(limits.maxNodes)) };
    case 1:
      return { ...held, subnets: changedList(random, held.subnets, [0, limits.maxNodes], subnet) };
    case 2:
      return { ...held, workloads: changedList(random, held.workloads, [0, limits.maxWorkloads], workload(limits)) };
    case 3:
      return { ...held, forwards: changedList(random, held.forwards, [0, limits.maxForwards], forward(limits)) };
    case 4:
      return { ...held, owned: random.below(3) };
    case 5:
      return { ...held, overlay: random.below(overlayChoices) };
    default:
      return { ...held, exit: random.below(limits.maxNodes) };
  }
}

/** Networks and events with one thing changed. */
export function changedContents<T extends Contents>(random: Random, contents: T, limits: SketchLimits): T {
  const { networks, events } = contents;
  if (limits.maxEvents > 0 && random.below(3) === 0) {
    return { ...contents, events: changedList(random, events, [0, limits.maxEvents], event(limits)) };
  }
  if (networks.length === 0 || random.below(4) === 0) {
    return { ...contents, networks: changedList(random, networks, [0, limits.maxNetworks], network(limits)) };
  }
  const position = random.below(networks.length);
  return { ...contents, networks: networks.map((one, index) => (index === position ? changedNetwork(random, one, limits) : one)) };
}

/** A sketch with one thing changed, or with parts of another in place of its own. */
export function changedSketch(random: Random, sketch: Sketch, other: Sketch, limits: SketchLimits): Sketch {
  const choice = random.below(8);
  if (choice === 0) return { ...sketch, networks: other.networks };
  if (choice === 1) return { ...sketch, surroundings: other.surroundings };
  if (choice < 4) return { ...sketch, surroundings: changedSurroundings(random, sketch.surroundings, limits) };
  return changedContents(random, sketch, limits);
}
