/** Who hosts an exit node, as the store says it while something happens to the host. */
import { decodeExitNodeHost, intentKeys } from "../../core/store/index.ts";
import type { ExitNodeHost } from "../../core/intents/index.ts";
import type { Bar } from "../oracle/index.ts";
import type { Session } from "./session.ts";

export interface FollowedRecord {
  /** Undefined: nobody, or it is not known yet. */
  readonly host: string | undefined;
  /** When the store first let go of a host whose lease had run out. */
  readonly endedMs: number | undefined;
  /** Hosts that took the exit node from a living one that had not been asked for it, as `a from b`. */
  readonly unasked: readonly string[];
}

/** Until the signal aborts. */
export function followRecord(session: Session, { config }: Bar, signal: AbortSignal): FollowedRecord {
  const key = intentKeys.host(config.allocationNumber, config.number);
  let now: ExitNodeHost | undefined;
  let endedMs: number | undefined;
  const unasked: string[] = [];
  const take = (value: string | undefined): void => {
    const decoded = value === undefined ? undefined : decodeExitNodeHost(value);
    const next = decoded?.ok === true ? decoded.value : undefined;
    if (now !== undefined && next !== undefined && next.node !== now.node && now.claim?.node !== next.node)
      unasked.push(`${next.node} from ${now.node}`);
    if (now !== undefined && next === undefined) endedMs ??= session.nowMs();
    now = next;
  };
  const watching = session.store.watch(
    key,
    {
      snapshot: ({ entries }) => take(entries.find((entry) => entry.key === key)?.value),
      events: (events) => {
        for (const event of events) if (event.key === key) take(event.kind === "put" ? event.value : undefined);
      },
      connection: () => {},
    },
    signal,
  );
  // A run that is interrupted ends it at any time.
  watching.catch(() => undefined);
  return {
    get host() {
      return now?.node;
    },
    get endedMs() {
      return endedMs;
    },
    unasked,
  };
}
