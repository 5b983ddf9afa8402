/** What each part of a farm contributes to its topology, before the links are drawn. */
import type { Address, Prefix } from "../../core/common/index.ts";
import { plugInterfaces } from "../../core/farm/index.ts";
import type { NodeConfig, TopologyNode } from "../../emulator/topology/index.ts";

export type Role = "farm-node" | "segment" | "upstream" | "home-router" | "carrier" | "internet" | "host";

/** Interface of upstream routers, home routers, carriers and internet hosts towards the internet. */
export const wanInterface: string = plugInterfaces.wan;

/** A node's plug into a segment. */
export interface SegmentPlug {
  readonly segment: string;
  readonly interface: string;
}

/** A node's plug into the internet, or into a carrier that is in between. */
export interface WanPlug {
  readonly ipv4: readonly Address[];
  readonly ipv6: readonly Address[];
  /** Networks that the internet routes to the node. */
  readonly behind: readonly Prefix[];
  /** The carrier that it is a customer of. */
  readonly carrier?: string;
}

export interface Part {
  readonly node: TopologyNode;
  readonly segments: readonly SegmentPlug[];
  readonly wan?: WanPlug;
}

export function topologyNode(name: string, role: Role, init: boolean, config: NodeConfig): TopologyNode {
  return { name, role, init, config };
}

/** Names of a node's own, for people who open a shell in it; only nodes with farmlab-init have files of their own. */
export function nameFiles(name: string): Readonly<Record<string, string>> {
  return { "/etc/hostname": `${name}\n`, "/etc/hosts": `127.0.0.1 localhost\n::1 localhost\n127.0.1.1 ${name}\n` };
}
