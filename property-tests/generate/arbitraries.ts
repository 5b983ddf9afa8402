/** Sketches and farms as fast-check arbitraries: numbers shrink towards the plainest, lists towards fewer. */
import * as fc from "fast-check";
import { hash32 } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { documentOf } from "./document.ts";
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
} from "./edges.ts";
import { eventKinds, gapMsChoices, lastsMsChoices, packetChoices } from "./events.ts";
import { namings } from "./names.ts";
import { roles, usualLimits } from "./sketch.ts";
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
} from "./sketch.ts";
import { groundOf, withNetworks } from "./variation.ts";

export interface FarmOptions extends Partial<SketchLimits> {
  /** Whether something happens to the farm while it runs; default false. */
  readonly timelines?: boolean;
}

/** Members are bits of a number, and the LANs to choose from have as many addresses. */
const mostNodes = 16;

/** A position in a list, or in a list of which only the greatest length is known. */
const position = (count: number): fc.Arbitrary<number> => fc.nat({ max: Math.max(0, count - 1) });

/** As many bits, each set or not. */
const bits = (count: number): fc.Arbitrary<number> =>
  fc
    .array(fc.boolean(), { minLength: count, maxLength: count })
    .map((set) => set.reduce((mask, one, bit) => (one ? mask | (1 << bit) : mask), 0));

/** Mostly 0: what is plain in most farms. */
const seldom = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<number> =>
  fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, { arbitrary, weight: 1 });

const allocationSketches: fc.Arbitrary<AllocationSketch> = fc.record({
  prefix: position(allocationPrefixes.length),
  number: position(allocationNumbers.length),
  pool: position(poolChoices.length),
  nextHop: position(2),
});

const routerSketches: fc.Arbitrary<RouterSketch> = fc.record({
  lan: seldom(position(lanChoices.length)),
  nat: position(natChoices.length),
  carrier: seldom(position(3)),
  forwards: seldom(position(routerForwards.length + 1)),
});

const nodeSketches = ({ maxRouters, maxAllocations }: SketchLimits): fc.Arbitrary<NodeSketch> =>
  fc.record({
    role: position(roles.length),
    place: position(Math.max(maxRouters, maxAllocations)),
    number: fc.oneof(fc.constantFrom(...edgeExitNodeNumbers), fc.integer({ min: 1, max: 15 })),
    families: seldom(position(3)),
    withoutIpv4: seldom(position(2)),
    nics: seldom(position(4)),
    isolation: position(2),
    standsInFor: fc.oneof(fc.constant(0), position(3)),
    absent: seldom(position(2)),
    cable: position(2),
  });

const conditionSketches = ({ maxNodes, maxRouters }: SketchLimits): fc.Arbitrary<ConditionSketch> =>
  fc.record({ place: position(2 * maxNodes + 3 * maxRouters), choice: position(conditionChoices.length) });

const surroundingsSketches = (limits: SketchLimits): fc.Arbitrary<SurroundingsSketch> =>
  fc.record({
    names: seldom(position(namings.length)),
    hosts: bits(2),
    allocations: fc.array(allocationSketches, { minLength: 1, maxLength: limits.maxAllocations }),
    routers: fc.array(routerSketches, { maxLength: limits.maxRouters }),
    carriers: fc.array(position(natChoices.length), { minLength: 1, maxLength: 2 }),
    nodes: fc.array(nodeSketches(limits), { minLength: 1, maxLength: limits.maxNodes, size: "max" }),
    conditions: fc.oneof(
      { arbitrary: fc.constant([]), weight: 3 },
      { arbitrary: fc.array(conditionSketches(limits), { maxLength: limits.maxConditions }), weight: 1 },
    ),
  });

const workloadSketches = ({ maxNodes }: SketchLimits): fc.Arbitrary<WorkloadSketch> =>
  fc.record({
    resource: position(maxNodes),
    host: fc.oneof({ arbitrary: position(2), weight: 2 }, { arbitrary: position(workloadHosts.length), weight: 1 }),
    services: fc.oneof(position(4), bits(serviceChoices.length)),
  });

const forwardSketches = ({ maxWorkloads }: SketchLimits): fc.Arbitrary<ForwardSketch> =>
  fc.record({
    address: position(2),
    port: position(forwardedPorts.length),
    workload: position(maxWorkloads),
    service: position(serviceChoices.length),
  });

const subnets: fc.Arbitrary<number> = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: edgeSubnets.length }),
  fc.integer({ min: 0, max: subnetChoices - 1 }),
);

const networkSketches = (limits: SketchLimits): fc.Arbitrary<NetworkSketch> =>
  fc.record({
    exit: position(limits.maxNodes),
    members: bits(limits.maxNodes),
    overlay: fc.oneof({ arbitrary: fc.constant(0), weight: 1 }, { arbitrary: position(overlayChoices), weight: 2 }),
    subnets: fc.oneof(fc.constant([]), fc.array(subnets, { maxLength: limits.maxNodes })),
    workloads: fc.array(workloadSketches(limits), { maxLength: limits.maxWorkloads, size: "max" }),
    owned: position(3),
    forwards: fc.array(forwardSketches(limits), { maxLength: limits.maxForwards }),
  });

const eventSketches = ({ maxNodes }: SketchLimits): fc.Arbitrary<EventSketch> =>
  fc.record({
    kind: position(eventKinds.length),
    place: position(2 * maxNodes + 4),
    detail: position(packetChoices.length),
    lasts: position(lastsMsChoices.length),
    gap: position(gapMsChoices.length),
  });

/** Networks, and what happens in time. */
export const contents = (limits: SketchLimits): fc.Arbitrary<Pick<Sketch, "networks" | "events">> =>
  fc.record({
    networks: fc.array(networkSketches(limits), { maxLength: limits.maxNetworks, size: "max" }),
    events: fc.array(eventSketches(limits), { maxLength: limits.maxEvents, size: "max" }),
  });

/** All limits of given options. */
export function limitsOf({ timelines = false, ...limits }: FarmOptions): SketchLimits {
  const wanted = { ...usualLimits, ...limits };
  const all = {
    ...wanted,
    maxAllocations: Math.min(wanted.maxAllocations, allocationPrefixes.length),
    maxNodes: Math.min(wanted.maxNodes, mostNodes),
    maxWorkloads: Math.min(wanted.maxWorkloads, workloadHosts.length),
    maxForwards: Math.min(wanted.maxForwards, forwardedPorts.length),
  };
  return timelines ? all : { ...all, maxEvents: 0 };
}

/** Sketches of whole farms. */
export function sketches(options: FarmOptions = {}): fc.Arbitrary<Sketch> {
  const limits = limitsOf(options);
  return fc
    .record({ surroundings: surroundingsSketches(limits), contents: contents(limits) })
    .map(({ surroundings, contents: { networks, events } }) => ({ surroundings, networks, events }));
}

/** Whole farms, valid all: surroundings, nodes and networks. */
export function farms(options: FarmOptions = {}): fc.Arbitrary<FarmFile> {
  return sketches(options).map(documentOf);
}

/**
 * Farms with the same nodes and surroundings and other networks, which a lab of that farm that is up can run. A farm without an exit node
 * varies in nothing. The document must be valid.
 */
export function variationsOf(document: FarmFile, options: FarmOptions = {}): fc.Arbitrary<FarmFile> {
  const given = groundOf(document);
  if (given === undefined) return fc.constant(document);
  const limits = limitsOf({ maxNodes: Object.keys(document.nodes).length, ...options });
  return contents(limits).map((sketch) => withNetworks(given, sketch));
}

/** One value of a seed: the same on every machine. Different positions have nothing to do with each other. Without
 * the usual bias towards small values: what is biased is the sketch itself. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, seed: number, index: number): T {
  const [value] = fc.sample(fc.noBias(arbitrary), { seed: hash32(`sample ${seed} ${index}`) | 0, numRuns: 1 });
  // One run gives one value.
  return value as T;
}

/** The farm at a position of a seed's row. */
export function sampleFarm(arbitrary: fc.Arbitrary<FarmFile>, seed: number, index: number): FarmFile {
  return sample(arbitrary, seed, index);
}
