/** UDP (RFC 768), TCP (RFC 9293), ICMP (RFC 792) and ICMPv6 (RFC 4443), and WireGuard's messages in UDP (wireguard.com/protocol). */
import { protocols } from "./decode-ip.ts";
import { holds, type Bytes } from "./decode-bytes.ts";

export interface Udp {
  readonly kind: "udp";
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface Tcp {
  readonly kind: "tcp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  /** Of FIN, SYN, RST, PSH, ACK, URG, from the lowest bit. */
  readonly flags: number;
}

export interface Icmp {
  readonly kind: "icmp" | "icmpv6";
  readonly type: number;
  readonly code: number;
  /** Of an echo. */
  readonly echo: { readonly reply: boolean; readonly id: number; readonly sequence: number } | undefined;
  /** Whether it is an error, which quotes the packet that it is about. */
  readonly error: boolean;
}

export type Transport = Udp | Tcp | Icmp;

export type WireGuard =
  | { readonly message: "initiation"; readonly sender: number }
  | { readonly message: "response"; readonly sender: number; readonly receiver: number }
  | { readonly message: "cookie"; readonly receiver: number }
  /** `length`: bytes of the whole message; the packet inside is at least 32 shorter, filled up to a multiple of 16 where the MTU lets it. */
  | { readonly message: "data"; readonly receiver: number; readonly counter: bigint; readonly length: number };

export interface DecodedTransport {
  readonly transport: Transport;
  /** Where its payload begins. */
  readonly start: number;
}

const echoTypes = { icmp: { request: 8, reply: 0 }, icmpv6: { request: 128, reply: 129 } } as const;
/** Unreachable, source quench, redirect (which is none), time exceeded, parameter problem. */
const icmpErrors: readonly number[] = [3, 4, 11, 12];

function decodeIcmp(bytes: Bytes, offset: number, kind: "icmp" | "icmpv6"): DecodedTransport | undefined {
  if (!holds(bytes, offset, 8)) return undefined;
  const type = bytes.view.getUint8(offset);
  const { request, reply } = echoTypes[kind];
  const isEcho = type === request || type === reply;
  const echo = { reply: type === reply, id: bytes.view.getUint16(offset + 4), sequence: bytes.view.getUint16(offset + 6) };
  const error = kind === "icmp" ? icmpErrors.includes(type) : type < 128;
  const code = bytes.view.getUint8(offset + 1);
  return { transport: { kind, type, code, echo: isEcho ? echo : undefined, error }, start: offset + 8 };
}

function decodeTcp(bytes: Bytes, offset: number): DecodedTransport | undefined {
  if (!holds(bytes, offset, 20)) return undefined;
  const { view } = bytes;
  const headerBytes = (view.getUint8(offset + 12) >> 4) * 4;
  if (headerBytes < 20) return undefined;
  const transport: Tcp = {
    kind: "tcp",
    sourcePort: view.getUint16(offset),
    destinationPort: view.getUint16(offset + 2),
    sequence: view.getUint32(offset + 4),
    acknowledgment: view.getUint32(offset + 8),
    flags: view.getUint8(offset + 13) & 0x3f,
  };
  return { transport, start: offset + headerBytes };
}

/** What an IP packet carries; undefined for other protocols and where the header is cut. */
export function decodeTransport(bytes: Bytes, offset: number, protocol: number): DecodedTransport | undefined {
  switch (protocol) {
    case protocols.udp: {
      if (!holds(bytes, offset, 8)) return undefined;
      const transport: Udp = {
        kind: "udp",
        sourcePort: bytes.view.getUint16(offset),
        destinationPort: bytes.view.getUint16(offset + 2),
      };
      return { transport, start: offset + 8 };
    }
    case protocols.tcp:
      return decodeTcp(bytes, offset);
    case protocols.icmp:
      return decodeIcmp(bytes, offset, "icmp");
    case protocols.icmpv6:
      return decodeIcmp(bytes, offset, "icmpv6");
    default:
      return undefined;
  }
}

const messageBytes = { initiation: 148, response: 92, cookie: 64, dataLeast: 32 } as const;

/** A UDP payload as a WireGuard message, by its form: one byte of type, three of zero, and its length. `length`: bytes on the wire. */
export function decodeWireGuard(bytes: Bytes, offset: number, length: number): WireGuard | undefined {
  if (!holds(bytes, offset, 16)) return undefined;
  const { view } = bytes;
  const index = (at: number): number => view.getUint32(offset + at, true);
  switch (view.getUint32(offset)) {
    case 0x0100_0000:
      return length === messageBytes.initiation ? { message: "initiation", sender: index(4) } : undefined;
    case 0x0200_0000:
      return length === messageBytes.response ? { message: "response", sender: index(4), receiver: index(8) } : undefined;
    case 0x0300_0000:
      return length === messageBytes.cookie ? { message: "cookie", receiver: index(4) } : undefined;
    case 0x0400_0000: {
      if (length < messageBytes.dataLeast) return undefined;
      return { message: "data", receiver: index(4), counter: view.getBigUint64(offset + 8, true), length };
    }
    default:
      return undefined;
  }
}
