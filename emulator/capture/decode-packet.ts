/** One captured packet, layer by layer, as far as its bytes go. Any bytes give a packet; none throw. */
import { linkTypes } from "./captured.ts";
import { bytesOf, type Bytes } from "./decode-bytes.ts";
import { decodeIp, type Ip } from "./decode-ip.ts";
import { decodeArp, decodeEthernet, etherTypes, type Arp, type Ethernet } from "./decode-link.ts";
import { decodeTransport, decodeWireGuard, type Transport, type WireGuard } from "./decode-transport.ts";

export interface DecodedPacket {
  readonly ethernet?: Ethernet;
  readonly arp?: Arp;
  readonly ip?: Ip;
  readonly transport?: Transport;
  readonly wireGuard?: WireGuard;
  /** What the innermost header that was understood carries, as far as it was captured. */
  readonly payload: Uint8Array;
  /** Bytes of the payload on the wire, by the headers' own lengths. */
  readonly payloadLength: number;
}

const nothing: Uint8Array = new Uint8Array(0);

/** The IP packet at an offset with what it carries; undefined when there is none. */
function decodeFromIp(bytes: Bytes, offset: number): DecodedPacket | undefined {
  const decoded = decodeIp(bytes, offset);
  if (decoded === undefined) return undefined;
  const { ip } = decoded;
  const end = Math.max(decoded.start, decoded.end);
  // Of fragments but the first, what follows is no header.
  const further = ip.fragment !== undefined && ip.fragment.offset > 0 ? undefined : decodeTransport(bytes, decoded.start, ip.protocol);
  const start = Math.min(further?.start ?? decoded.start, end);
  const payload = bytes.data.subarray(start, end);
  const payloadLength = end - start;
  if (further === undefined) return { ip, payload, payloadLength };
  const wireGuard = further.transport.kind === "udp" ? decodeWireGuard(bytes, start, payloadLength) : undefined;
  return { ip, transport: further.transport, ...(wireGuard === undefined ? {} : { wireGuard }), payload, payloadLength };
}

/** `linkType` as capture files number it (LINKTYPE_...). */
export function decodePacket(linkType: number, data: Uint8Array): DecodedPacket {
  const bytes = bytesOf(data);
  const undecoded = (from: number): DecodedPacket => ({ payload: data.subarray(from), payloadLength: data.length - from });
  if (linkType === linkTypes.rawIp) return decodeFromIp(bytes, 0) ?? undecoded(0);
  const link = linkType === linkTypes.ethernet ? decodeEthernet(bytes) : undefined;
  if (link === undefined) return undecoded(0);
  const { ethernet, end } = link;
  if (ethernet.etherType === etherTypes.arp) {
    const arp = decodeArp(bytes, end);
    if (arp !== undefined) return { ethernet, arp, payload: nothing, payloadLength: 0 };
  }
  const carriesIp = ethernet.etherType === etherTypes.ipv4 || ethernet.etherType === etherTypes.ipv6;
  return { ethernet, ...((carriesIp ? decodeFromIp(bytes, end) : undefined) ?? undecoded(end)) };
}

/** The packet that an ICMP error quotes, as far as it does (at least its IP header and 8 bytes); undefined for any other. */
export function quotedPacket({ transport, payload }: DecodedPacket): DecodedPacket | undefined {
  if (transport === undefined || !("error" in transport) || !transport.error) return undefined;
  return decodeFromIp(bytesOf(payload), 0);
}
