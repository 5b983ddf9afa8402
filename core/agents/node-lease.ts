/** The node's lease in the store: what it hosts, it hosts for as long as it keeps the lease (EX-14). */
import type { Clock } from "../common/index.ts";
import type { Store } from "../store/index.ts";

/** The store drops a lease that was not kept for so long. */
export const leaseSeconds = 5;
/** How often it is kept: a few tries may fail before anybody notices. */
export const keepEveryMs = 1000;

export interface NodeLease {
  readonly number: string;
  /** When it was first held, on the agent's clock. */
  readonly sinceMs: number;
  /**
   * Until when the store is sure to honour it, on the agent's clock. It counts from the moment at which the store was last asked to keep
   * it: that it answered later can only make the truth later.
   */
  readonly untilMs: number;
}

export type LeaseStore = Pick<Store, "grantLease" | "keepLease">;

/** A new lease. Throws a StoreError. */
export async function grantLease(store: LeaseStore, clock: Clock): Promise<NodeLease> {
  const askedMs = clock.nowMs();
  const number = await store.grantLease(leaseSeconds);
  return { number, sinceMs: askedMs, untilMs: askedMs + leaseSeconds * 1000 };
}

/** Keeps a lease, this node's own or one that it held in an earlier life; undefined where the store has none such. Throws a StoreError. */
export async function keepLease(
  store: LeaseStore,
  clock: Clock,
  held: Pick<NodeLease, "number" | "sinceMs">,
): Promise<NodeLease | undefined> {
  const askedMs = clock.nowMs();
  const seconds = await store.keepLease(held.number);
  return seconds <= 0 ? undefined : { ...held, untilMs: askedMs + seconds * 1000 };
}
