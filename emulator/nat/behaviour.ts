/** What a router was seen to do, in the vocabulary of `NatBehaviour`. null stands for what could not be looked at from where it was measured. */
import type { Address } from "../../core/common/index.ts";
import type { NatBehaviour } from "../../core/farm/index.ts";

/** A translated flow, as its two ends see its source. */
export interface Mapping {
  readonly host: number;
  readonly external: number;
  readonly externalAddress: Address;
}

export interface MeasuredTransport {
  readonly mapping: NatBehaviour["mapping"];
  readonly filtering: NatBehaviour["filtering"] | null;
  /** TCP makes no connection with the internal source address; `other`: the source is neither of the two. */
  readonly hairpin: NatBehaviour["hairpin"] | "other" | null;
  readonly ports: NatBehaviour["ports"];
  readonly overloading: boolean | null;
  /** The one external address; where there are several, a host is not paired with one (RFC 4787 section 4.1, REQ-2). */
  readonly externalAddresses: readonly Address[];
}

export interface MeasuredNat {
  readonly udp: MeasuredTransport;
  readonly tcp: MeasuredTransport;
  /** Whether ICMP errors about a mapping's packets come in to its host (RFC 5508, REQ-4). */
  readonly icmpErrors: boolean;
}

/** The far side got nothing of what the host sent: there is no behaviour to measure. */
export class NoWayOutError extends Error {
  override readonly name = "NoWayOutError";
}
