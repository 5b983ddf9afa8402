/** What carries a network from node to node: WireGuard, or one of the seed's other overlays, with the same addresses on its interfaces. */
import type { Family, Prefix } from "../../common/index.ts";
import { subnetNumberOf } from "../../farm/parts.ts";
import { sgName, vxName, wgName } from "./names.ts";

export type OverlayKind = "wireguard" | "vxlan" | "segment";

/** A network resource's interface towards the others of its network. */
export function overlayName(overlay: OverlayKind, prefix: Prefix, n: number): string {
  return { wireguard: wgName, vxlan: vxName, segment: sgName }[overlay](prefix, n);
}

/**
 * The VXLAN network identifier: the allocation number above the uint16 of the network's exit point, 23 of 24 bits. It is unique as
 * allocation numbers are, and as no two exit points of one allocation have a prefix in common; both are refused with the farm file.
 */
export function vxlanVni(exitPoint: Prefix, n: number): number {
  return (n << 16) | subnetNumberOf(exitPoint);
}

/** MTU of a VXLAN interface over an underlay of 1500: less Ethernet, VXLAN, UDP and the outer IP header (RFC 7348). */
export function vxlanMtu(underlay: Family): number {
  return underlay === 4 ? 1450 : 1430;
}
