/** IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200). */
import type { Address, Family } from "../../core/common/index.ts";
import { address4At, address6At, holds, type Bytes } from "./decode-bytes.ts";

export const protocols = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

const extensions = { hopByHop: 0, routing: 43, fragment: 44, destination: 60 } as const;
const extensionsMax = 8;

export interface Ip {
  readonly family: Family;
  readonly source: Address;
  readonly destination: Address;
  /** TTL or hop limit. */
  readonly ttl: number;
  /** Of what follows all headers of IP. */
  readonly protocol: number;
  /** Identification, with which fragments are put together; undefined for IPv6 without fragment header. */
  readonly id: number | undefined;
  /** Offset in bytes and whether more follow; undefined for a packet that is whole. */
  readonly fragment: { readonly offset: number; readonly more: boolean } | undefined;
  /** Bytes of the whole packet by its own header. */
  readonly length: number;
}

export interface DecodedIp {
  readonly ip: Ip;
  /** Where what it carries begins and ends, by its own length: a short frame is filled up behind it. */
  readonly start: number;
  readonly end: number;
}

function decodeIpv4(bytes: Bytes, offset: number): DecodedIp | undefined {
  const { view } = bytes;
  const headerBytes = (view.getUint8(offset) & 15) * 4;
  if (!holds(bytes, offset, 20) || headerBytes < 20) return undefined;
  const length = view.getUint16(offset + 2);
  const flags = view.getUint16(offset + 6);
  const fragment = { offset: (flags & 0x1fff) * 8, more: (flags & 0x2000) !== 0 };
  const ip: Ip = {
    family: 4,
    source: address4At(bytes, offset + 12),
    destination: address4At(bytes, offset + 16),
    ttl: view.getUint8(offset + 8),
    protocol: view.getUint8(offset + 9),
    id: view.getUint16(offset + 4),
    fragment: fragment.more || fragment.offset > 0 ? fragment : undefined,
    length,
  };
  // A length of 0 stands for one that segmentation offload has yet to fill in.
  return { ip, start: offset + headerBytes, end: length === 0 ? bytes.data.length : offset + length };
}

function decodeIpv6(bytes: Bytes, offset: number): DecodedIp | undefined {
  if (!holds(bytes, offset, 40)) return undefined;
  const { view } = bytes;
  const length = 40 + view.getUint16(offset + 4);
  let protocol = view.getUint8(offset + 6);
  let start = offset + 40;
  let id: number | undefined;
  let fragment: Ip["fragment"];
  for (let turn = 0; turn < extensionsMax && holds(bytes, start, 8); turn += 1) {
    const sized = protocol === extensions.hopByHop || protocol === extensions.destination || protocol === extensions.routing;
    if (!sized && protocol !== extensions.fragment) break;
    if (protocol === extensions.fragment) {
      const flags = view.getUint16(start + 2);
      id = view.getUint32(start + 4);
      const found = { offset: flags & 0xfff8, more: (flags & 1) !== 0 };
      fragment = found.more || found.offset > 0 ? found : undefined;
    }
    protocol = view.getUint8(start);
    start += sized ? (view.getUint8(start + 1) + 1) * 8 : 8;
  }
  const source = address6At(bytes, offset + 8);
  const destination = address6At(bytes, offset + 24);
  const ip: Ip = { family: 6, source, destination, ttl: view.getUint8(offset + 7), protocol, id, fragment, length };
  return { ip, start, end: offset + length };
}

/** The IP packet at an offset, of the version that its first bits say; undefined when it is none or its header is cut. */
export function decodeIp(bytes: Bytes, offset: number): DecodedIp | undefined {
  if (!holds(bytes, offset, 1)) return undefined;
  const version = bytes.view.getUint8(offset) >> 4;
  if (version === 4) return decodeIpv4(bytes, offset);
  return version === 6 ? decodeIpv6(bytes, offset) : undefined;
}
