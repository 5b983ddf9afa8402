/** The faults that a lab can be put through, as plain data. Links and nodes are called as in the lab's topology. */

/** What a direction of a link does to packets. Probabilities are from 0 to 1; what is absent does not happen. */
export interface PacketConditions {
  readonly loss?: number;
  /** Every packet is later by this; the order stays. */
  readonly delayMs?: number;
  /** The delay varies evenly by as much up and down; the order stays, for reordering is a fault of its own. */
  readonly jitterMs?: number;
  /** A packet is held back until `reorderBehind` later ones (default 1) have passed it, or `reorderHoldMs` (default 100) have. */
  readonly reorder?: number;
  readonly reorderBehind?: number;
  readonly reorderHoldMs?: number;
  readonly duplicate?: number;
  /** One bit after the network header is turned over; checksums stay as they were, and so become wrong. */
  readonly corrupt?: number;
  /** Bits per second, in thousands, of whole Ethernet frames without preamble and checksum. */
  readonly rateKbit?: number;
  /** How long a packet may wait for the rate; what would wait longer is lost. Default 200. */
  readonly queueMs?: number;
}

/** Which packets; what is absent is any. */
export interface FlowFilter {
  readonly protocol?: "tcp" | "udp" | "icmp" | "icmpv6" | "arp";
  /** Prefix, as 10.0.0.0/24 or 2001:db8::/32. */
  readonly source?: string;
  readonly destination?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** A decision about one packet by hand, in place of all that would have been drawn for it; constant delay and rate stay. */
export interface PacketEdit {
  /** As the list of decisions shows it, `udp 10.0.0.1:* > 10.0.0.2:7000 #1`; `*` is any flow. */
  readonly flow: string;
  /** From 1, counted since the fault began. */
  readonly index: number;
  readonly action: "pass" | "drop" | "delay" | "duplicate" | "corrupt";
  /** Of `delay`. Others may overtake the packet. */
  readonly delayMs?: number;
}

/** One direction is what `from`, one of the link's two nodes, sends; absent: both. */
interface OnLink {
  readonly link: string;
  readonly from?: string;
}

export type Fault =
  | ({
      readonly kind: "packets";
      readonly only?: FlowFilter;
      readonly edits?: readonly PacketEdit[];
    } & OnLink &
      PacketConditions)
  /** Packets end silently: neither side sees a carrier lost. */
  | ({ readonly kind: "cut" } & OnLink)
  /** Both ends lose the carrier. */
  | { readonly kind: "link-down"; readonly link: string }
  /** Every link with one end among these nodes and the other end elsewhere is cut. */
  | { readonly kind: "partition"; readonly nodes: readonly string[] }
  /** The links are cut first, then the node ends; `lost`: its neighbours lose the carrier, as with a power failure of a direct link. */
  | { readonly kind: "node-death"; readonly node: string; readonly carrier: "kept" | "lost" }
  /** The links are cut first, then every process of the node stops in its place. */
  | { readonly kind: "node-pause"; readonly node: string }
  | { readonly kind: "node-reboot"; readonly node: string }
  | {
      readonly kind: "process-kill";
      readonly node: string;
      readonly service: string;
      readonly signal: "SIGKILL" | "SIGTERM";
    }
  /**
   * The clock of the node's agent, and of nothing else: its time of day is ahead (negative: behind), or it counts `rate` seconds in one. It is
   * right again when the fault is healed, or the node has started again.
   */
  | { readonly kind: "agent-clock"; readonly node: string; readonly aheadMs?: number; readonly rate?: number }
  /** The file system that holds this folder of the node has no room left. */
  | { readonly kind: "disk-full"; readonly node: string; readonly folder: string };

export type FaultKind = Fault["kind"];

const momentary: readonly FaultKind[] = ["node-reboot", "process-kill"];

/** Whether the fault lasts until it is healed; the others are over when they have happened. */
export function lasts(fault: Fault): boolean {
  return !momentary.includes(fault.kind);
}
