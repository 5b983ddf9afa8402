/**
 * A farm as small whole numbers: what is generated, shrunk and mutated. Every sketch stands for a valid farm: a number that names something
 * names the last of its kind where it is too great, and what would be there twice takes the next that is free. Zero is always the plainest.
 */

export interface Sketch {
  readonly surroundings: SurroundingsSketch;
  readonly networks: readonly NetworkSketch[];
  /** In the order of time. */
  readonly events: readonly EventSketch[];
}

export interface SurroundingsSketch {
  /** How things are called, see `names.ts`. */
  readonly names: number;
  /** Internet hosts besides the store's: bit 0 one with IPv4, bit 1 one with IPv6. */
  readonly hosts: number;
  /** At least one. Those that no node is of are left out. */
  readonly allocations: readonly AllocationSketch[];
  /** Those that no hidden node is behind are left out; where there is none and one is needed, a plain one is taken. */
  readonly routers: readonly RouterSketch[];
  /** How each carrier translates, of `natChoices`. Those without a customer are left out. */
  readonly carriers: readonly number[];
  /** At least one; the first is an exit node whatever it says. */
  readonly nodes: readonly NodeSketch[];
  readonly conditions: readonly ConditionSketch[];
}

export interface AllocationSketch {
  /** Of `allocationPrefixes`. */
  readonly prefix: number;
  /** Of `allocationNumbers`. */
  readonly number: number;
  /** Of `poolChoices`. */
  readonly pool: number;
  /** Next hop of the upstream router's routes: 0 the exit node's link-local address, 1 its global one. */
  readonly nextHop: number;
}

export interface RouterSketch {
  /** Of `lanChoices`. */
  readonly lan: number;
  /** Of `natChoices`. */
  readonly nat: number;
  /** 0: none, else the carrier's position and one. */
  readonly carrier: number;
  /** How many of `routerForwards` it has. */
  readonly forwards: number;
}

export const roles = ["public", "exit-node", "hidden"] as const;

export interface NodeSketch {
  /** Of `roles`. */
  readonly role: number;
  /** A hidden node's router, another's allocation. */
  readonly place: number;
  /** An exit node's, 1..15; the next free one where another of its allocation has it. */
  readonly number: number;
  /** In which its tunnels can be reached: 0 both, 1 IPv4, 2 IPv6. */
  readonly families: number;
  /** An exit node's gateway: 0 has an IPv4 address, 1 has none. */
  readonly withoutIpv4: number;
  /** Bit 0: the public address has a NIC of its own; bit 1: a NIC that nothing uses, but for exit nodes. */
  readonly nics: number;
  /** What keeps an exit node's networks apart: 0 rules, 1 a routing table for each. */
  readonly isolation: number;
  /**
   * Of a public node: 0 nobody, else the position and one among its allocation's exit nodes of the one that it stands in for. Of an exit node:
   * likewise, among those that can be its partner.
   */
  readonly standsInFor: number;
  /** 0: labs have it. They have the first in any case, and who stands in for an exit node, or is its partner, where they have that. */
  readonly absent: number;
  /** 1: it has a NIC on the segment that networks may have for themselves. */
  readonly cable: number;
}

export interface ConditionSketch {
  /** Position in the list of links, then segments. */
  readonly place: number;
  /** Of `conditionChoices`. */
  readonly choice: number;
}

export interface NetworkSketch {
  /** Position among the exit nodes: where its exit point is. */
  readonly exit: number;
  /** Bit n: a resource on node n. The exit node has one in any case. */
  readonly members: number;
  /**
   * What carries it: 0 WireGuard, 1 a VXLAN, 2 and more a segment of its own, by position among those that its exit node has a NIC for. WireGuard
   * where that is no choice.
   */
  readonly overlay: number;
  /** For each member in turn: 0 leaves the prefix to the allocator, then come `edgeSubnets`, then any other. */
  readonly subnets: readonly number[];
  readonly workloads: readonly WorkloadSketch[];
  /** How many IPv4 addresses it owns, as far as there are. */
  readonly owned: number;
  /** Those of workloads without a service are left out. */
  readonly forwards: readonly ForwardSketch[];
}

export interface WorkloadSketch {
  /** Position among the resources on nodes that labs have. */
  readonly resource: number;
  /** Of `workloadHosts`. */
  readonly host: number;
  /** Bit n: has service n of `serviceChoices`. */
  readonly services: number;
}

export interface ForwardSketch {
  /** Position among the owned addresses. */
  readonly address: number;
  /** Of `forwardedPorts`. */
  readonly port: number;
  /** Position among the workloads. */
  readonly workload: number;
  /** Position among the workload's services. */
  readonly service: number;
}

export interface EventSketch {
  /** Of `eventKinds`. */
  readonly kind: number;
  /** Position among the places that an event of its kind can be at. */
  readonly place: number;
  /** Which variant of its kind, of as many as there are in a circle; of a network's first change: odd where it is not there before. */
  readonly detail: number;
  /** Of `lastsMsChoices`. */
  readonly lasts: number;
  /** Of `gapMsChoices`. */
  readonly gap: number;
}

/** How large sketches get. */
export interface SketchLimits {
  readonly maxAllocations: number;
  readonly maxNodes: number;
  readonly maxRouters: number;
  readonly maxNetworks: number;
  readonly maxWorkloads: number;
  readonly maxForwards: number;
  readonly maxConditions: number;
  readonly maxEvents: number;
}

/** Small enough for a lab on a small machine, large enough for every feature, and for most two of them at once. */
export const usualLimits: SketchLimits = {
  maxAllocations: 2,
  maxNodes: 5,
  maxRouters: 3,
  maxNetworks: 3,
  maxWorkloads: 4,
  maxForwards: 3,
  maxConditions: 2,
  maxEvents: 4,
};

/** What is named by position, and is not there: the last. */
export const atMost = (position: number, count: number): number => Math.min(position, count - 1);
