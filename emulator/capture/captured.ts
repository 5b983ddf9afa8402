/** Captured packets as data, wherever they were read from. */

/** Kinds of link by their numbers in capture files (LINKTYPE_...): Ethernet, and IP packets without a link header. */
export const linkTypes = { ethernet: 1, rawIp: 101 } as const;

export interface CapturedInterface {
  /** `node:interface`, or `node/namespace:interface` inside a node; of foreign files whatever they say, or `interface N`. */
  readonly name: string;
  readonly description: string;
  readonly comment: string;
  readonly linkType: number;
  /** Octets of a packet that were kept at most; 0: all. */
  readonly snapLength: number;
}

export interface CapturedPacket {
  /** Where it was seen. */
  readonly interface: CapturedInterface;
  /** Nanoseconds since 1970; 0 where the file has no time. */
  readonly timeNs: bigint;
  /** As the interface's own node has it; undefined where the file does not say. */
  readonly direction: "in" | "out" | undefined;
  readonly bytes: Uint8Array;
  /** Octets on the wire; more than `bytes` holds where it was cut. */
  readonly length: number;
}

/** What the kernel said of an interface at the end of its capture; undefined where the file does not say. */
export interface InterfaceCounts {
  readonly interface: CapturedInterface;
  readonly received: number | undefined;
  /** Packets that passed while nobody took them from the kernel: they are missing from the file. */
  readonly dropped: number | undefined;
}

export interface Capture {
  readonly interfaces: readonly CapturedInterface[];
  /** In the order of time; of the same time, in that of the file. */
  readonly packets: readonly CapturedPacket[];
  readonly counts: readonly InterfaceCounts[];
  /** What could not be read, in words for people. */
  readonly notes: readonly string[];
}
