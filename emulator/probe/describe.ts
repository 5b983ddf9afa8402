/** Outcomes in words, for reports. */
import { formatAddress } from "../../core/common/index.ts";
import type { ProbeOutcome, TraceHop, UnreachableReason } from "./outcome.ts";

const reasonWords: Readonly<Record<UnreachableReason, string>> = {
  "no-route": "no route",
  "host-unreachable": "host unreachable",
  "protocol-unreachable": "protocol unreachable",
  "port-unreachable": "port unreachable",
  "packet-too-big": "packet too big",
  "administratively-prohibited": "administratively prohibited",
  "beyond-scope": "beyond the scope of the source address",
  "source-policy": "source address failed policy",
  "reject-route": "route that rejects",
  other: "another ICMP error",
};

const errnoWords: Readonly<Record<string, string>> = {
  ENETUNREACH: "no route",
  EHOSTUNREACH: "host unreachable",
  EADDRNOTAVAIL: "the source address is not its own",
  EMSGSIZE: "larger than its link's MTU",
  EPERM: "dropped by its own filter",
  EACCES: "prohibited by its own routes",
  EINVAL: "refused by its own kernel, as from an address not its own or into a route that drops",
};

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;

/** For example: "answered by blue-2, which saw 198.51.100.7, 2 hops". */
export function describeOutcome(outcome: ProbeOutcome): string {
  switch (outcome.kind) {
    case "reply": {
      const by = `answered by ${outcome.who ?? formatAddress(outcome.from)}`;
      if (outcome.seen === null) return by;
      const hops = outcome.seen.hops === null ? "" : `, ${count(outcome.seen.hops, "hop")}`;
      return `${by}, which saw ${formatAddress(outcome.seen.source)}${hops}`;
    }
    case "accepted":
      return `accepted by ${formatAddress(outcome.from)}, by something that is no responder`;
    case "unreachable": {
      const mtu = outcome.mtu === null ? "" : ` (MTU ${outcome.mtu})`;
      return `unreachable, said ${formatAddress(outcome.from)}: ${reasonWords[outcome.reason]}${mtu}`;
    }
    case "time-exceeded":
      return `died of its TTL at ${formatAddress(outcome.from)}`;
    case "refused":
      return "refused (TCP reset)";
    case "local-error":
      return `never left its host: ${errnoWords[outcome.errno] ?? outcome.errno}`;
    case "timeout":
      return "no answer";
  }
}

function describeHop(hop: TraceHop): string {
  if (hop.from === null) return hop.how === "local-error" ? `never left (${hop.errno ?? "unknown error"})` : "*";
  const address = formatAddress(hop.from);
  if (hop.how === "reply") return hop.who === null ? address : `${address} (${hop.who})`;
  return hop.how === "unreachable" ? `${address} (${reasonWords[hop.reason ?? "other"]})` : address;
}

/** For example: "10.0.0.1 → * → 192.0.2.7 (blue-2)"; hops at the end that nobody answered are counted. */
export function describeTrace(hops: readonly TraceHop[]): string {
  const last = hops.findLastIndex((hop) => hop.from !== null || hop.how === "local-error");
  const silent = hops.length - last - 1;
  const parts = hops.slice(0, last + 1).map(describeHop);
  return (silent > 0 ? [...parts, `silence for ${count(silent, "hop")}`] : parts).join(" → ");
}
