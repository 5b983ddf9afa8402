/** A client of etcd 3.5 through its JSON gateway. */
import type { Clock } from "../common/index.ts";
import { createBackOff, type BackOffRange } from "./back-off.ts";
import {
  encodeKeys,
  encodeOperation,
  encodeText,
  fieldsOf,
  readLease,
  readLeaseSeconds,
  readRange,
  readRevision,
  type KeyRange,
  type Operation,
  type Snapshot,
  type StoreEntry,
} from "./gateway.ts";
import { defaultLimits, openTransport, type Transport, type TransportLimits } from "./transport.ts";
import { anotherStore } from "./store-error.ts";
import { watchKeys, type WatchHandlers } from "./watch.ts";

/** The store. Every call but `watch` throws StoreError when it fails. */
export interface Store {
  /** All keys that begin with the prefix or lie in the range, at one revision. */
  range(keys: string | KeyRange, signal?: AbortSignal): Promise<Snapshot>;
  /** Answers the revision of the write. */
  put(key: string, value: string): Promise<number>;
  delete(key: string): Promise<number>;
  /** A new lease, by its number in decimal: whatever is put with it is gone so many seconds after it was kept last. */
  grantLease(seconds: number): Promise<string>;
  /** Answers for how many seconds from now on the lease lives; 0: there is no such lease any more. */
  keepLease(lease: string): Promise<number>;
  /** All operations or none, at one revision. At most 128 and, in sum, about a mebibyte: etcd's own limits. */
  transact(operations: readonly Operation[]): Promise<number>;
  /**
   * The same only where the key still has the given revision (0: does not exist). `written` false may also mean that all was done and the
   * answer lost: look at the key again.
   */
  transactIf(
    key: string,
    expectedRevision: number,
    operations: readonly Operation[],
  ): Promise<{ readonly written: boolean; readonly revision: number }>;
  /** Follows keys until the signal aborts; does not end before and does not throw for a store that fails. */
  watch(keys: string | KeyRange, handlers: WatchHandlers, signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface StoreOptions {
  /** `http://ADDRESS:PORT` or `unix:/path`, tried in turn. */
  readonly endpoints: readonly string[];
  readonly clock: Clock;
  /** A number in [0, 1), for the spread of retries. */
  readonly random: () => number;
  readonly limits?: Partial<TransportLimits>;
  readonly backOff?: BackOffRange;
  /** Stands in for HTTP where a test has no server. */
  readonly transport?: Transport;
}

/** A lab's store and the way to it come up within tens to hundreds of milliseconds, and a try costs next to nothing. */
const defaultBackOff: BackOffRange = { firstMs: 10, longestMs: 250 };
/** Keys per answer: bounds what either side holds at once. */
const pageLimit = 2000;

export function openStore(options: StoreOptions): Store {
  const transport = options.transport ?? openTransport(options.endpoints, { ...defaultLimits, ...options.limits });

  const range = async (keys: string | KeyRange, signal?: AbortSignal): Promise<Snapshot> => {
    const entries: StoreEntry[] = [];
    const asked = encodeKeys(keys);
    let key = asked.key;
    let revision = 0;
    let cluster: string | undefined;
    for (;;) {
      // Every page after the first is of the first's revision, so that together they are one look.
      const page = readRange(await transport.call("/v3/kv/range", { ...asked, key, limit: pageLimit, revision }, signal));
      if (revision === 0) revision = page.revision;
      cluster ??= page.cluster;
      if (page.cluster !== cluster) throw anotherStore();
      entries.push(...page.entries);
      const last = page.entries.at(-1);
      if (!page.more || last === undefined) return { cluster, revision, entries };
      key = encodeText(`${last.key}\0`);
    }
  };

  return {
    range,
    put: async (key, value) => readRevision(await transport.call("/v3/kv/put", { key: encodeText(key), value: encodeText(value) })),
    delete: async (key) => readRevision(await transport.call("/v3/kv/deleterange", { key: encodeText(key) })),
    grantLease: async (seconds) => readLease(await transport.call("/v3/lease/grant", { TTL: String(seconds) })),
    keepLease: async (lease) => readLeaseSeconds(await transport.call("/v3/lease/keepalive", { ID: lease })),
    transact: async (operations) => readRevision(await transport.call("/v3/kv/txn", { success: operations.map(encodeOperation) })),
    transactIf: async (key, expectedRevision, operations) => {
      const answer = await transport.call("/v3/kv/txn", {
        compare: [{ key: encodeText(key), target: "MOD", result: "EQUAL", mod_revision: String(expectedRevision) }],
        success: operations.map(encodeOperation),
      });
      return { written: fieldsOf(answer)["succeeded"] === true, revision: readRevision(answer) };
    },
    watch: async (keys, handlers, signal) => {
      const backOff = createBackOff(options.backOff ?? defaultBackOff, options.random);
      await watchKeys({ transport, range, clock: options.clock, backOff }, keys, handlers, signal);
    },
    close: () => transport.close(),
  };
}
