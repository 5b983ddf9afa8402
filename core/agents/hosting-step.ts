/** What a node has to do about an exit node that has standbys: take it, ask for it, give it away, or nothing (EX-14). Pure. */
import type { ExitNodeHost } from "../intents/index.ts";

/** The store's record of an exit node, with the revision at which it was written. */
export interface HostRecord {
  readonly host: ExitNodeHost;
  readonly revision: number;
}

export interface HostingSituation {
  readonly node: string;
  /** Who may host it, the first that can before the others; the node is one of them. */
  readonly candidates: readonly string[];
  /** What the store holds as far as is known; undefined: nobody hosts it. */
  readonly record: HostRecord | undefined;
  /** The node's own lease, alive. */
  readonly lease: string;
  /** For how long the lease has been held. */
  readonly leasedMs: number;
  /** For how long nobody has hosted it. */
  readonly vacantMs: number;
  /** Whether the record was seen to end, and not only to be missing. */
  readonly hasEnded: boolean;
}

export type HostingStep = "rest" | "take" | "claim" | "hand-over";

/** Whose turn comes later waits for those before it to take what has become free. */
export const turnMs = 500;
/**
 * Before a standby takes what nobody has been seen to host: the exit node's own node may still be starting, and a store that lost the record
 * has promised the exit node to somebody for a lease's time.
 */
export const firstTurnMs = 15_000;
/** A node that is there again asks for its exit node after so long, so that one which comes and goes does not take it to and fro. */
export const claimAfterMs = 2000;

/** What comes next; `rest` until something changes, or time has passed. */
export function nextStep({ node, candidates, record, lease, leasedMs, vacantMs, hasEnded }: HostingSituation): HostingStep {
  const rank = candidates.indexOf(node);
  if (record === undefined) {
    if (rank === 0) return "take";
    const waitMs = (hasEnded ? 0 : firstTurnMs) + (rank - 1) * turnMs;
    return vacantMs >= waitMs ? "take" : "rest";
  }
  const { host } = record;
  const claimRank = host.claim === undefined ? -1 : candidates.indexOf(host.claim.node);
  if (host.node === node) {
    if (claimRank !== -1 && claimRank < rank) return "hand-over";
    // Written on a lease of an earlier life, with which it will end.
    return host.lease === lease ? "rest" : "take";
  }
  const isBefore = rank < candidates.indexOf(host.node);
  const isClaimed = claimRank !== -1 && (claimRank < rank || host.claim?.lease === lease);
  return isBefore && !isClaimed && leasedMs >= claimAfterMs ? "claim" : "rest";
}
