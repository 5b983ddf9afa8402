/** What nodes publish of themselves: keys, endpoints and reachability are facts, never derived. */
import type { Address } from "../common/index.ts";

export interface NodeFacts {
  readonly node: string;
  /** WireGuard public key (base64, 32 bytes) per interface name, e.g. `wg-1abc-1`. */
  readonly publicKeys: Readonly<Record<string, string>>;
  /** Addresses at which its tunnels' sockets can be reached; absent where hidden in that family. */
  readonly endpoints: { readonly ipv4?: Address; readonly ipv6?: Address };
  readonly reachability: { readonly ipv4: Reachability; readonly ipv6: Reachability };
  /**
   * Per interface, the peers that it has been given: the first eight characters of each one's public key, sorted. Who would open the
   * tunnel waits for this: WireGuard repeats a first message that found nobody only after 5 s.
   */
  readonly acceptedKeys?: Readonly<Record<string, readonly string[]>>;
  /**
   * Per tunnel that is made, a word that is another one each time it is made anew: what a peer had agreed with the former one is worth nothing
   * then, and a peer who is not told would find out after 15 s of sending, or 2 minutes of silence (WireGuard white paper, section 6.1).
   */
  readonly tunnelLives?: Readonly<Record<string, string>>;
  /**
   * Per interface that it has or is about to make, the network that it is of. Said for as long as anything of it may be on the node: its
   * prefix is given to nobody else before.
   */
  readonly networks?: Readonly<Record<string, string>>;
  /** Per such interface that it has only for when it stands in for an exit node, that one's own node, which holds the prefix. */
  readonly standsInFor?: Readonly<Record<string, string>>;
}

/** As measured against a reflector on the internet: `hidden` has a way out but takes no new inbound flow, `none` has no way at all. */
export type Reachability = "public" | "hidden" | "none";

/** What an allocator says of its own work. */
export interface AllocatorStatus {
  readonly phase: "waiting" | "failing" | "ready";
  /** What it waits for, what failed, what it refused and what it advises, for people. */
  readonly messages: readonly string[];
}

/** What the agent says of its own work; leaves by the node's own socket too. */
export interface NodeStatus {
  readonly node: string;
  readonly phase: "starting" | "waiting" | "applying" | "ready" | "failing";
  /** The store revision that this state was derived from; 0 before the first. */
  readonly revision: number;
  /** Commands that changed state in the last pass; 0 when all was right. */
  readonly changes: number;
  /** What it waits for or what failed, for people. */
  readonly messages: readonly string[];
}
