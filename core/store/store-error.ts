/** What can go wrong between a client and the store. */

export type StoreFault =
  /** No endpoint took the connection, or it broke before the answer was whole. */
  | "unreachable"
  /** The store took the request and did not answer in time. */
  | "timeout"
  /** The store answered with an error of its own. */
  | "refused"
  /** The answer is not what the gateway of etcd sends. */
  | "malformed"
  /** The caller gave up. */
  | "aborted";

/** A failed call; `sent` says whether the store may have carried it out. */
export class StoreError extends Error {
  readonly fault: StoreFault;
  readonly sent: boolean;
  constructor(fault: StoreFault, message: string, sent: boolean) {
    super(message);
    this.name = "StoreError";
    this.fault = fault;
    this.sent = sent;
  }
}

/** What was begun with one store cannot be gone on with at another: its revisions mean something else. */
export const anotherStore = (): StoreError => new StoreError("refused", "another store answers than before", true);
