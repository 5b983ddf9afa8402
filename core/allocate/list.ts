/** The list from which all follows (seed 1, "Opinionated, simplistic, deterministic"), as far as the allocator has to know it. */
import type { Prefix, Problem } from "../common/index.ts";
import type { Holder } from "./state.ts";

export interface AllocationList<Node extends ListedNode = ListedNode, Network extends ListedNetwork = ListedNetwork> {
  readonly allocations: readonly { readonly prefix: Prefix; readonly number: number }[];
  readonly nodes: readonly Node[];
  readonly networks: readonly Network[];
}

export interface ListedNode {
  readonly name: string;
  /** Its number is stated, or left to the allocator. */
  readonly exitNode?: {
    readonly number?: number;
    readonly allocationNumber: number;
    readonly standbys?: readonly { readonly node: string }[];
    readonly partner?: string;
  };
  /** UDP ports of its own services. */
  readonly heldPorts?: readonly number[];
}

export interface ListedNetwork {
  readonly name: string;
  readonly allocationNumber: number;
  /** Absent: WireGuard, whose tunnels' ports follow from their prefixes. */
  readonly overlay?: { readonly kind: "vxlan" | "segment" };
  readonly resources: readonly ListedResource[];
  /** Who lives on its nodes. */
  readonly workloads?: readonly { readonly name: string; readonly node: string }[];
  readonly portForwards?: readonly { readonly workload: string }[];
}

export interface ListedResource {
  readonly node: string;
  readonly exitPoint: boolean;
  /** Stated, or left to the allocator. */
  readonly prefix?: Prefix;
}

/** A prefix that a node still has for one of its networks, whoever holds it. */
export interface Claim extends Holder {
  readonly allocationNumber: number;
  readonly subnetNumber: number;
  /** The node that has it where that only stands in for the holder's. */
  readonly standIn?: string;
}

/** What a network has been given, and why it has not been given more. */
export interface NetworkGrant {
  readonly network: string;
  readonly allocationNumber: number;
  /** Of whose part the prefixes are; absent where nobody hosts the network's exit point. */
  readonly exitNode?: number;
  /** In the order of nodes' names. */
  readonly resources: readonly { readonly node: string; readonly prefix: Prefix }[];
  readonly refused: readonly Problem[];
}

/** Which numbers the exit nodes of an allocation have, in the order of their numbers, and why others have none. */
export interface NumberGrant {
  readonly allocationNumber: number;
  readonly exitNodes: readonly { readonly node: string; readonly number: number }[];
  readonly refused: readonly Problem[];
}
