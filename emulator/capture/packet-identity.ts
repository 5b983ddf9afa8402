/** By what a packet is known again where it passes: bytes that no router, NAT or bridge on the way changes. */
import { createHash } from "node:crypto";
import { quotedPacket, type DecodedPacket } from "./decode-packet.ts";
import type { Transport } from "./decode-transport.ts";

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64url").slice(0, 22);

/** What of a transport header stays; ports and an echo's id do not, for NAT rewrites them. */
function transportKey(transport: Transport): string {
  switch (transport.kind) {
    case "udp":
      return "udp";
    case "tcp":
      return `tcp ${transport.sequence} ${transport.acknowledgment} ${transport.flags}`;
    case "icmp":
    case "icmpv6":
      return `${transport.kind} ${transport.type} ${transport.code} ${transport.echo?.sequence ?? ""}`;
  }
}

/**
 * The same text for each sighting of one packet, in whatever node; undefined for what is no IP packet. Left out are TTL, checksums, link
 * and IP addresses, ports. A WireGuard message is known by its receiver's index and its counter, of which no two are alike.
 */
export function packetIdentity(packet: DecodedPacket): string | undefined {
  const { ip, transport, wireGuard, payload } = packet;
  if (ip === undefined) return undefined;
  if (wireGuard?.message === "data") return `wireguard ${wireGuard.receiver} ${wireGuard.counter}`;
  const fragment = ip.fragment === undefined ? "" : ` at ${ip.fragment.offset}`;
  // Of an error, NAT rewrites what it quotes too: there, what stays is what the quoted packet carries.
  const invariant = quotedPacket(packet)?.payload ?? payload;
  const what = transport === undefined ? `protocol ${ip.protocol}` : transportKey(transport);
  return `${what} ${ip.id ?? ""}${fragment} ${packet.payloadLength} ${hashOf(invariant)}`;
}

/** What a packet of the harness says of itself (emulator/native/probe_packet.c). */
export interface ProbeMark {
  readonly kind: "request" | "answer";
  readonly token: string;
  readonly sequence: number;
}

const markBytesMax = 100;

export function probeMark({ payload }: DecodedPacket): ProbeMark | undefined {
  // Looked at before it is made a text: most packets are none of the harness's.
  if (payload.length < 20 || payload[0] !== 0x66 || payload[7] !== 0x2d) return undefined;
  const text = Buffer.from(payload.subarray(0, markBytesMax)).toString("latin1");
  const [, word, token, sequence] = /^farmlab-(probe|answer) (\S+) \d+ (\d+) /.exec(text) ?? [];
  if (token === undefined || sequence === undefined) return undefined;
  return { kind: word === "probe" ? "request" : "answer", token, sequence: Number(sequence) };
}

/** Bytes of payload that two packets have to share at least, where both have them. */
const beginningBytes = 64;

/**
 * Whether one is a beginning of the other: for packets of which only the first bytes are known, as of a dropped or a quoted one.
 * Of an empty UDP payload or a quote of 8 bytes, what the headers say has to do.
 */
export function sameBeginning(one: DecodedPacket, other: DecodedPacket): boolean {
  if (one.ip === undefined || other.ip === undefined) return false;
  if (one.ip.family !== other.ip.family || one.ip.protocol !== other.ip.protocol || one.ip.id !== other.ip.id) return false;
  if (one.transport === undefined || other.transport === undefined) return one.transport === other.transport;
  if (transportKey(one.transport) !== transportKey(other.transport) || one.payloadLength !== other.payloadLength) return false;
  const length = Math.min(one.payload.length, other.payload.length, beginningBytes);
  return Buffer.from(one.payload.subarray(0, length)).equals(other.payload.subarray(0, length));
}
