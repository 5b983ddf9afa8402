/** Ethernet (IEEE 802.3) with 802.1Q and 802.1ad tags, and ARP (RFC 826). */
import type { Address } from "../../core/common/index.ts";
import { address4At, holds, macAt, type Bytes } from "./decode-bytes.ts";

export const etherTypes = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, tag: 0x8100, serviceTag: 0x88a8 } as const;
const tagsMax = 4;

export interface Ethernet {
  readonly source: string;
  readonly destination: string;
  /** Of what follows the tags. */
  readonly etherType: number;
  /** VLAN ids, outermost first. */
  readonly vlans: readonly number[];
}

export interface Arp {
  readonly operation: "request" | "reply" | "other";
  readonly senderMac: string;
  readonly sender: Address;
  readonly target: Address;
}

/** The header and where it ends; undefined when it is cut. */
export function decodeEthernet(bytes: Bytes): { readonly ethernet: Ethernet; readonly end: number } | undefined {
  if (!holds(bytes, 0, 14)) return undefined;
  const vlans: number[] = [];
  let end = 14;
  let etherType = bytes.view.getUint16(12);
  while ((etherType === etherTypes.tag || etherType === etherTypes.serviceTag) && vlans.length < tagsMax) {
    if (!holds(bytes, end, 4)) return undefined;
    vlans.push(bytes.view.getUint16(end) & 0xfff);
    etherType = bytes.view.getUint16(end + 2);
    end += 4;
  }
  return { ethernet: { source: macAt(bytes, 6), destination: macAt(bytes, 0), etherType, vlans }, end };
}

/** ARP for IPv4 over Ethernet; undefined for any other and where it is cut. */
export function decodeArp(bytes: Bytes, offset: number): Arp | undefined {
  if (!holds(bytes, offset, 28) || bytes.view.getUint32(offset) !== 0x0001_0800 || bytes.view.getUint16(offset + 4) !== 0x0604)
    return undefined;
  const operation = bytes.view.getUint16(offset + 6);
  return {
    operation: operation === 1 ? "request" : operation === 2 ? "reply" : "other",
    senderMac: macAt(bytes, offset + 8),
    sender: address4At(bytes, offset + 14),
    target: address4At(bytes, offset + 24),
  };
}
