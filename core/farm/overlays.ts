/** What a node has for networks that are not carried by WireGuard. Pure; judges nothing. */
import type { FarmNode, Nic } from "./farm.ts";

/** UDP port of all VXLANs of a node (RFC 7348). */
export const vxlanPort = 4789;

/** Whether a NIC is neither the host's own nor the public one nor that for forwarding. */
export function isUnusedNic(node: FarmNode, nic: Nic): boolean {
  return nic.ipv4 === undefined && nic.ipv6 === undefined && node.public?.nic !== nic.name && node.exitNode?.nic !== nic.name;
}

/** The NIC over which a node takes part in networks on a segment of their own: its first one there that nothing else uses. */
export function overlayNicOf(node: FarmNode, segment: string): Nic | undefined {
  return node.nics.find((nic) => nic.segment === segment && isUnusedNic(node, nic));
}

export type Underlay = "ipv4" | "ipv6";

/** The family of the addresses between which a VXLAN of these nodes runs: IPv4 where all have a public one, for the smaller header. */
export function vxlanUnderlayOf(nodes: readonly FarmNode[]): Underlay | undefined {
  return (["ipv4", "ipv6"] as const).find((family) => nodes.every((node) => node.public?.[family] !== undefined));
}
