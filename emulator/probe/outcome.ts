import type { Address } from "../../core/common/index.ts";

export type ProbeProtocol = "icmp" | "udp" | "tcp";

/** What became of one probe. Times are microseconds; `atUs` is on CLOCK_MONOTONIC, so outcomes and seen packets can be put in order. */
export type ProbeOutcome = Reply | Accepted | Unreachable | TimeExceeded | Refused | LocalError | Timeout;

/** An answer that carries this very probe's token: a responder's, or an ICMP echo reply. */
export interface Reply {
  readonly kind: "reply";
  /** The responder's name; null for an ICMP echo, which any host answers. */
  readonly who: string | null;
  /** Source of the answer as it arrived; not necessarily the address that was asked. */
  readonly from: Address;
  /** null for ICMP. */
  readonly fromPort: number | null;
  /** TTL or hop limit of the answer as it arrived; null for TCP. */
  readonly replyTtl: number | null;
  /** What the responder saw of the probe; null for an ICMP echo. */
  readonly seen: SeenProbe | null;
  /** Round trip, for TCP with the handshake. */
  readonly rttUs: number | null;
  readonly atUs: number;
}

export interface SeenProbe {
  readonly source: Address;
  readonly sourcePort: number;
  /** The address it was reached at, after any translation on the way. */
  readonly destination: Address;
  readonly destinationPort: number;
  /** TTL or hop limit on arrival (TCP: of the SYN); null where the kernel did not keep it. */
  readonly ttl: number | null;
  /** Routers passed on the way there: each takes one from the TTL. */
  readonly hops: number | null;
}

/** A TCP connection was established, but what accepted it gave no responder's answer in time. */
export interface Accepted {
  readonly kind: "accepted";
  readonly from: Address;
  readonly atUs: number;
}

/** ICMP and ICMPv6 destination unreachable, ICMPv6 packet too big, and errors of other types. */
export interface Unreachable {
  readonly kind: "unreachable";
  readonly reason: UnreachableReason;
  readonly type: number;
  readonly code: number;
  /** Who said so. */
  readonly from: Address;
  /** Next hop's MTU, for `packet-too-big`. */
  readonly mtu: number | null;
  readonly rttUs: number | null;
  readonly atUs: number;
}

/** Reasons of both families under one name (RFC 792, RFC 1812, RFC 4443). */
export type UnreachableReason =
  | "no-route"
  | "host-unreachable"
  | "protocol-unreachable"
  | "port-unreachable"
  | "packet-too-big"
  | "administratively-prohibited"
  | "beyond-scope"
  | "source-policy"
  | "reject-route"
  | "other";

/** A router took the TTL to 0. */
export interface TimeExceeded {
  readonly kind: "time-exceeded";
  readonly from: Address;
  readonly rttUs: number | null;
  readonly atUs: number;
}

/** A TCP reset in answer to the SYN. */
export interface Refused {
  readonly kind: "refused";
  readonly rttUs: number | null;
  readonly atUs: number;
}

/** The packet did not leave the sending host: `ENETUNREACH` (no route), `EHOSTUNREACH`, `EADDRNOTAVAIL`, `EMSGSIZE`, ... */
export interface LocalError {
  readonly kind: "local-error";
  readonly errno: string;
  readonly atUs: number;
}

export interface Timeout {
  readonly kind: "timeout";
  readonly atUs: number;
}

/** One hop of a trace; the last one is the first that is not `exceeded` or `silent`. */
export interface TraceHop {
  readonly ttl: number;
  /** null where nobody answered. */
  readonly from: Address | null;
  readonly how: "exceeded" | "reply" | "unreachable" | "silent" | "local-error";
  /** For `unreachable`. */
  readonly reason: UnreachableReason | null;
  /** The responder's name, for `reply` over udp. */
  readonly who: string | null;
  /** For `local-error`. */
  readonly errno: string | null;
  readonly rttUs: number | null;
}

/** A packet with the watched token on a watched interface. */
export interface SeenPacket {
  readonly interface: string;
  readonly direction: "in" | "out";
  readonly source: Address;
  readonly destination: Address;
  readonly ttl: number;
  /** `udp`, `tcp`, `icmp`, `icmpv6`, `arp`, or another protocol's number. */
  readonly protocol: string;
  /** 0 for protocols without ports. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** `error`: an ICMP error that quotes the packet. */
  readonly kind: "request" | "answer" | "error" | "other";
  /** The probe's whole token, where the watched text is only the beginning of several. */
  readonly token: string;
  /** Which attempt of the probe, from 0: a copy has the same one. */
  readonly sequence: number;
  /** Bytes from the IP header on. */
  readonly length: number;
  readonly atUs: number;
}
