/**
 * What the store holds: the list of networks and where exit nodes are, as it is wished and as the allocator has granted it. Everything else is
 * derived from it.
 */
import type { ExitNodeConfig, PortForward, PublicConfig, Service, Underlay } from "../farm/index.ts";
import type { Address, Prefix } from "../common/index.ts";

/** The list as somebody wishes it, in the order of names and numbers: prefixes and exit nodes' numbers are stated, or left to the allocator. */
export interface Wishes {
  readonly allocations: readonly AllocationIntent[];
  readonly nodes: readonly NodeWish[];
  readonly networks: readonly NetworkWish[];
}

export type NodeWish = Omit<NodeIntent, "exitNode"> & { readonly exitNode?: ExitNodeWish };
export type ExitNodeWish = Omit<ExitNodeConfig, "number"> & { readonly number?: number };
export type NetworkWish = Omit<NetworkIntent, "resources" | "mirrored"> & { readonly resources: readonly ResourceWish[] };
export type ResourceWish = Omit<ResourceIntent, "prefix" | "standsInFor"> & { readonly prefix?: Prefix };

/** The list as it was granted, in the same order. */
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
  /** UDP ports of its own services, sorted: no tunnel of its networks gets one. */
  readonly heldPorts?: readonly number[];
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
  /**
   * As it is for the partner of its exit node: with the exit point there, and the others' second tunnels (EX-15). In no store, but made of
   * the network itself (`partners.ts` of the plan).
   */
  readonly mirrored?: true;
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
  /** As the allocator has granted it, whether it was stated or not. */
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
