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
}

/** As measured against a reflector on the internet: `hidden` has a way out but takes no new inbound flow, `none` has no way at all. */
export type Reachability = "public" | "hidden" | "none";

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
