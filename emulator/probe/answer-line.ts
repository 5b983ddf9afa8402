/** Lines of `native probe` as values. */
import { decodeLine, parseAddress } from "../../core/common/index.ts";
import type { Address, Family } from "../../core/common/index.ts";
import type { ProbeOutcome, SeenPacket, SeenProbe, TraceHop, UnreachableReason } from "./outcome.ts";

/** A line: `verb`, the id it belongs to, plain fields, and fields of the form `key=value`. */
export interface AnswerLine {
  readonly verb: string;
  readonly id: string;
  readonly message: string;
  readonly values: ReadonlyMap<string, string>;
}

export function readAnswerLine(text: string): AnswerLine {
  const [verb = "", id = "", ...rest] = decodeLine(text);
  const pairs = rest.map((field): [string, string] => {
    const equals = field.indexOf("=");
    return equals < 0 ? ["", field] : [field.slice(0, equals), field.slice(equals + 1)];
  });
  return { verb, id, message: rest.join(" "), values: new Map(pairs) };
}

function textOf(line: AnswerLine, key: string): string {
  const value = line.values.get(key);
  if (value === undefined) throw new Error(`native probe's answer "${line.verb}" lacks ${key}`);
  return value;
}

function numberOf(line: AnswerLine, key: string): number {
  const value = Number(textOf(line, key));
  if (!Number.isFinite(value)) throw new Error(`native probe's answer "${line.verb}" has no number in ${key}`);
  return value;
}

const optionalNumber = (line: AnswerLine, key: string): number | null => (line.values.has(key) ? numberOf(line, key) : null);

function addressOf(line: AnswerLine, key: string): Address {
  const address = parseAddress(textOf(line, key));
  if (address === undefined) throw new Error(`native probe's answer "${line.verb}" has no address in ${key}`);
  return address;
}

const reasons4: Readonly<Record<number, UnreachableReason>> = {
  0: "no-route",
  1: "host-unreachable",
  2: "protocol-unreachable",
  3: "port-unreachable",
  4: "packet-too-big",
  5: "source-policy",
  6: "no-route",
  7: "host-unreachable",
  9: "administratively-prohibited",
  10: "administratively-prohibited",
  11: "no-route",
  12: "host-unreachable",
  13: "administratively-prohibited",
};

const reasons6: Readonly<Record<number, UnreachableReason>> = {
  0: "no-route",
  1: "administratively-prohibited",
  2: "beyond-scope",
  3: "host-unreachable",
  4: "port-unreachable",
  5: "source-policy",
  6: "reject-route",
};

/** The name of an ICMP (RFC 792, RFC 1812) or ICMPv6 (RFC 4443) error; undefined for time exceeded. */
export function unreachableReason(family: Family, type: number, code: number): UnreachableReason | undefined {
  if (type === (family === 4 ? 11 : 3)) return undefined;
  if (family === 6 && type === 2) return "packet-too-big";
  if (type !== (family === 4 ? 3 : 1)) return "other";
  return (family === 4 ? reasons4 : reasons6)[code] ?? "other";
}

function readSeen(line: AnswerLine, sentTtl: number): SeenProbe | null {
  if (!line.values.has("seen_source")) return null;
  const ttl = optionalNumber(line, "seen_ttl");
  return {
    source: addressOf(line, "seen_source"),
    sourcePort: numberOf(line, "seen_port"),
    destination: addressOf(line, "seen_destination"),
    destinationPort: numberOf(line, "seen_destination_port"),
    ttl,
    hops: ttl === null ? null : sentTtl - ttl,
  };
}

function readIcmpError(line: AnswerLine): ProbeOutcome {
  const from = addressOf(line, "from");
  const times = { rttUs: optionalNumber(line, "rtt_us"), atUs: numberOf(line, "at_us") };
  const type = numberOf(line, "type");
  const code = numberOf(line, "code");
  const reason = unreachableReason(from.family, type, code);
  if (reason === undefined) return { kind: "time-exceeded", from, ...times };
  return { kind: "unreachable", reason, type, code, from, mtu: reason === "packet-too-big" ? optionalNumber(line, "mtu") : null, ...times };
}

/** The outcome that a line tells of; undefined when the line is of another kind. `sentTtl`: the TTL that the probe was sent with. */
export function readOutcome(line: AnswerLine, sentTtl: number): ProbeOutcome | undefined {
  switch (line.verb) {
    case "reply": {
      const fromPort = numberOf(line, "from_port");
      return {
        kind: "reply",
        who: line.values.get("who") ?? null,
        from: addressOf(line, "from"),
        fromPort: fromPort === 0 ? null : fromPort,
        replyTtl: optionalNumber(line, "reply_ttl"),
        seen: readSeen(line, sentTtl),
        rttUs: optionalNumber(line, "rtt_us"),
        atUs: numberOf(line, "at_us"),
      };
    }
    case "accepted":
      return { kind: "accepted", from: addressOf(line, "from"), atUs: numberOf(line, "at_us") };
    case "icmp":
      return readIcmpError(line);
    case "refused":
      return { kind: "refused", rttUs: optionalNumber(line, "rtt_us"), atUs: numberOf(line, "at_us") };
    case "local":
      return { kind: "local-error", errno: textOf(line, "errno"), atUs: numberOf(line, "at_us") };
    case "timeout":
      return { kind: "timeout", atUs: numberOf(line, "at_us") };
    default:
      return undefined;
  }
}

const howNames: Readonly<Record<string, TraceHop["how"]>> = {
  exceeded: "exceeded",
  reply: "reply",
  unreachable: "unreachable",
  timeout: "silent",
  local: "local-error",
};

/** A `hop` line. */
export function readHop(line: AnswerLine): TraceHop {
  const from = textOf(line, "from") === "*" ? null : addressOf(line, "from");
  const how = howNames[textOf(line, "how")];
  if (how === undefined) throw new Error(`native probe's hop ended in an unknown way: ${textOf(line, "how")}`);
  const reason =
    how === "unreachable" && from !== null ? unreachableReason(from.family, numberOf(line, "type"), numberOf(line, "code")) : null;
  return {
    ttl: numberOf(line, "ttl"),
    from,
    how,
    reason: reason ?? null,
    who: line.values.get("who") ?? null,
    errno: line.values.get("errno") ?? null,
    rttUs: optionalNumber(line, "rtt_us"),
  };
}

const kinds: readonly SeenPacket["kind"][] = ["request", "answer", "error", "other"];

/** A `seen` line. */
export function readSeenPacket(line: AnswerLine): SeenPacket {
  const kind = kinds.find((one) => one === textOf(line, "kind"));
  if (kind === undefined) throw new Error(`native probe saw a packet of an unknown kind: ${textOf(line, "kind")}`);
  return {
    interface: textOf(line, "interface"),
    direction: textOf(line, "direction") === "out" ? "out" : "in",
    source: addressOf(line, "source"),
    destination: addressOf(line, "destination"),
    ttl: numberOf(line, "ttl"),
    protocol: textOf(line, "protocol"),
    sourcePort: numberOf(line, "source_port"),
    destinationPort: numberOf(line, "destination_port"),
    kind,
    token: textOf(line, "token"),
    sequence: numberOf(line, "sequence"),
    length: numberOf(line, "length"),
    atUs: numberOf(line, "at_us"),
  };
}
