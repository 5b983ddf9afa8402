/** Whether an expression of a rule fits a packet. What is not known of a packet that was never sent is answered with undefined. */
import { contains, formatAddress, parseAddress } from "../../../../core/common/index.ts";
import type { Interface } from "./place-tables.ts";
import type { Packet } from "./packet.ts";
import type { Expression } from "./ruleset.ts";

/** A packet at a hook of a namespace. */
export interface AtHook {
  readonly packet: Packet;
  /** MAC address of who sent the frame that it came in; absent where it came in none, or by a tunnel. */
  readonly sender?: string;
  readonly in?: Interface;
  readonly out?: Interface;
  readonly state: "new" | "established" | "invalid";
  /** Whether its destination was translated here, as for what came by a port forward. */
  readonly isDestinationTranslated: boolean;
}

type Value = string | number | readonly string[] | undefined;
const notKnown = Symbol("not known");

const protocolNumbers: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, "ipv6-icmp": 58, icmpv6: 58 };

const l4Number = ({ protocol, source }: Packet): number =>
  protocol === "icmp" ? (source.family === 4 ? 1 : 58) : (protocolNumbers[protocol] ?? 0);

function metaOf(key: unknown, at: AtHook): Value | typeof notKnown {
  switch (key) {
    case "iifname":
      return at.in?.name ?? "";
    case "oifname":
      return at.out?.name ?? "";
    case "iifgroup":
      return at.in?.group ?? "";
    case "oifgroup":
      return at.out?.group ?? "";
    case "nfproto":
      return at.packet.source.family === 4 ? "ipv4" : "ipv6";
    case "l4proto":
      return l4Number(at.packet);
    case "mark":
      return 0;
    default:
      return notKnown;
  }
}

/** The VNI in a VXLAN's header, by its place behind UDP's (RFC 7348), as rules name it that nft has no word for. */
const isVni = ({ base, offset, len }: Readonly<Record<string, unknown>>): boolean => base === "th" && offset === 96 && len === 24;

/** undefined: the packet has no such field, so that nothing of it can match. */
function payloadOf(payload: Readonly<Record<string, unknown>>, { packet, sender }: AtHook): Value | typeof notKnown {
  const { protocol, field } = payload;
  const { family } = packet.source;
  if (isVni(payload)) return packet.vni ?? notKnown;
  if (protocol === "ether") return field === "saddr" ? sender : notKnown;
  if (protocol === "ip" || protocol === "ip6") {
    if (family !== (protocol === "ip" ? 4 : 6)) return undefined;
    if (field === "saddr") return formatAddress(packet.source);
    if (field === "daddr") return formatAddress(packet.destination);
    return field === "protocol" || field === "nexthdr" ? l4Number(packet) : notKnown;
  }
  if (protocol === "icmp" || protocol === "icmpv6") {
    if (packet.protocol !== "icmp" || family !== (protocol === "icmp" ? 4 : 6)) return undefined;
    return field === "type" ? (packet.isAnswer ? "echo-reply" : "echo-request") : notKnown;
  }
  if (protocol !== "th" && protocol !== packet.protocol) return undefined;
  if (packet.protocol === "icmp") return undefined;
  if (field === "sport") return packet.sourcePort;
  return field === "dport" ? packet.destinationPort : notKnown;
}

function ctOf(key: unknown, at: AtHook): Value | typeof notKnown {
  if (key === "state") return [at.state];
  if (key === "status") return at.isDestinationTranslated ? ["dnat", "confirmed"] : [];
  if (key === "direction") return at.packet.isAnswer ? "reply" : "original";
  return notKnown;
}

const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;

function leftOf(left: unknown, at: AtHook): Value | typeof notKnown {
  const meta = record(record(left)?.["meta"]);
  if (meta !== undefined) return metaOf(meta["key"], at);
  const payload = record(record(left)?.["payload"]);
  if (payload !== undefined) return payloadOf(payload, at);
  const ct = record(record(left)?.["ct"]);
  return ct === undefined ? notKnown : ctOf(ct["key"], at);
}

const asNumber = (value: string | number): number => (typeof value === "number" ? value : (protocolNumbers[value] ?? Number(value)));

function isInPrefix(value: string, prefix: Readonly<Record<string, unknown>>): boolean {
  const [inner, outer] = [parseAddress(value), parseAddress(String(prefix["addr"]))];
  return inner !== undefined && outer !== undefined && contains({ address: outer, length: Number(prefix["len"]) }, inner);
}

function isInRange(value: string | number, [low, high]: readonly unknown[]): boolean {
  const [from, to] = [parseAddress(String(low)), parseAddress(String(high))];
  const address = parseAddress(String(value));
  if (from !== undefined && to !== undefined) return address !== undefined && from.value <= address.value && address.value <= to.value;
  return Number(low) <= Number(value) && Number(value) <= Number(high);
}

/** One value against one of what stands on the right. */
function equals(value: string | number, right: unknown): boolean | undefined {
  const structure = record(right);
  if (structure !== undefined) {
    const prefix = record(structure["prefix"]);
    if (prefix !== undefined) return isInPrefix(String(value), prefix);
    if (Array.isArray(structure["range"])) return isInRange(value, structure["range"]);
    const set = structure["set"];
    if (Array.isArray(set)) return anyOf(set.map((one) => equals(value, one)));
    return undefined;
  }
  if (typeof value === "number") return asNumber(right as string | number) === value;
  if (typeof right !== "string") return String(right) === value;
  // A named set, whose content changes while packets pass.
  if (right.startsWith("@")) return undefined;
  if (right.endsWith("*")) return value.startsWith(right.slice(0, -1));
  const [one, other] = [parseAddress(value), parseAddress(right)];
  return one !== undefined && other !== undefined ? one.value === other.value && one.family === other.family : value === right;
}

function anyOf(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(true)) return true;
  return results.includes(undefined) ? undefined : false;
}

/** Whether a match holds; undefined where that cannot be told. */
export function matches(expression: Expression, at: AtHook): boolean | undefined {
  const match = record(expression["match"]);
  if (match === undefined) return undefined;
  const value = leftOf(match["left"], at);
  if (value === notKnown) return undefined;
  if (value === undefined) return false;
  const right = match["right"];
  const wanted: readonly unknown[] = Array.isArray(right) ? (right as readonly unknown[]) : [right];
  const values = typeof value === "object" ? value : [value];
  const found = anyOf(values.flatMap((one) => wanted.map((other) => equals(one, other))));
  if (match["op"] === "!=") return found === undefined ? undefined : !found;
  return match["op"] === "==" || match["op"] === "in" ? found : undefined;
}
