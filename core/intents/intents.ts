/** What the store holds as wishes: the list of networks and where exit nodes are. Everything else is derived from it. */
import type { ExitNodeConfig, PortForward, PublicConfig, Service, Underlay } from "../farm/index.ts";
import type { Address, Prefix } from "../common/index.ts";

/** All intents of a store, in the order of their names and numbers. */
export interface Intents {
  readonly allocations: readonly AllocationIntent[];
  readonly nodes: readonly NodeIntent[];
  readonly networks: readonly NetworkIntent[];
}

export interface AllocationIntent {
  readonly prefix: Prefix;
  readonly number: number;
}

/** What a node is told of itself and others of it: its public configuration and the exit node that it hosts. */
export interface NodeIntent {
  readonly name: string;
  readonly public?: PublicConfig;
  readonly exitNode?: ExitNodeConfig;
}

/** A user's network: only the list node <-> NR (seed 1, "Opinionated, simplistic, deterministic"), its workloads and forwards. */
export interface NetworkIntent {
  readonly name: string;
  readonly kind: "exit-node";
  /** Absent: WireGuard. */
  readonly overlay?: OverlayIntent;
  readonly allocationNumber: number;
  readonly ownedIpv4: readonly Address[];
  readonly resources: readonly ResourceIntent[];
  readonly workloads: readonly WorkloadIntent[];
  readonly portForwards: readonly PortForward[];
}

/** What carries a network where that is not WireGuard. */
export type OverlayIntent =
  /** `underlay`: the family of the public addresses between which it runs, which stays as it is while nodes come and go. */
  { readonly kind: "vxlan"; readonly underlay: Underlay } | { readonly kind: "segment" };

export interface ResourceIntent {
  readonly node: string;
  /** The NIC of the node that carries it, where the network is on a segment of its own. */
  readonly nic?: string;
  readonly exitPoint: boolean;
  /** Always present here: stated in the farm file or handed out by the allocator. */
  readonly prefix: Prefix;
  /** The exit node's own node, while `node` stands in for it; in no store, but once it is known who hosts what (`hostedIntents`). */
  readonly standsInFor?: string;
}

export interface WorkloadIntent {
  readonly name: string;
  readonly node: string;
  readonly host: number;
  readonly services: readonly Service[];
}
