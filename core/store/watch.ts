/** Following keys for as long as the caller wants, through every loss of the store. */
import type { Clock } from "../common/index.ts";
import type { BackOff } from "./back-off.ts";
import { encodeKeys, readWatchLine, type KeyRange, type Snapshot, type StoreEvent } from "./gateway.ts";
import { StoreError, anotherStore } from "./store-error.ts";
import type { Transport } from "./transport.ts";

export interface WatchHandlers {
  /** All that the keys hold: first, and again whenever events may have been missed. */
  snapshot(snapshot: Snapshot): void;
  /** The events of one or more whole revisions, in order; `revision` is the last one's. */
  events(events: readonly StoreEvent[], revision: number): void;
  /** Connected and following, or what it waits for. The last state known stays valid meanwhile. */
  connection(state: { readonly connected: true } | { readonly connected: false; readonly waitingFor: string }): void;
}

export interface WatchParts {
  readonly transport: Transport;
  readonly range: (keys: string | KeyRange, signal: AbortSignal) => Promise<Snapshot>;
  readonly clock: Clock;
  readonly backOff: BackOff;
}

/**
 * Ranges, then watches from the revision after; on any end it ranges again, because only a full look is right both
 * after a compaction and after a store that came back with an older history. Resolves when `signal` aborts.
 */
export async function watchKeys(parts: WatchParts, keys: string | KeyRange, handlers: WatchHandlers, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const snapshot = await parts.range(keys, signal);
      handlers.snapshot(snapshot);
      await follow(parts, keys, snapshot, handlers, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof StoreError)) throw error;
      handlers.connection({ connected: false, waitingFor: error.message });
    }
    await pauseUnlessAborted(parts.clock, parts.backOff.next(), signal);
  }
}

async function follow(
  parts: WatchParts,
  keys: string | KeyRange,
  { cluster, revision: from }: Snapshot,
  handlers: WatchHandlers,
  signal: AbortSignal,
): Promise<never> {
  const request = { create_request: { ...encodeKeys(keys), start_revision: String(from + 1) } };
  const onLine = (message: unknown): void => {
    const line = readWatchLine(message);
    if (line.canceled !== undefined) throw new StoreError("refused", `watch ended: ${line.canceled.reason}`, true);
    if (line.created) {
      if (line.cluster !== cluster) throw anotherStore();
      // A store that lost its data waits silently for a revision that is in its future.
      if (line.revision < from) throw new StoreError("refused", `the store went back from revision ${from} to ${line.revision}`, true);
      parts.backOff.reset();
      handlers.connection({ connected: true });
    }
    if (line.events.length > 0) handlers.events(line.events, line.revision);
  };
  return await parts.transport.stream("/v3/watch", request, onLine, signal);
}

export async function pauseUnlessAborted(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const aborted = Promise.withResolvers<void>();
  const wake = (): void => aborted.resolve();
  signal.addEventListener("abort", wake, { once: true });
  await Promise.race([clock.pause(milliseconds), aborted.promise]);
  signal.removeEventListener("abort", wake);
}
