/** Waiting until a property has nothing more to object. */
import { DeadlineError, startDeadline } from "../../core/common/index.ts";
import { clockOfSession } from "../run/clock.ts";
import type { Session } from "../run/session.ts";

interface Patience {
  readonly waitMs: number;
  readonly everyMs: number;
}

/** Until a farm is as it was: addresses that routers announce come a while after an agent is ready. */
export const sameAgain: Patience = { waitMs: 10_000, everyMs: 100 };
/** Until an agent has noticed that something fails. */
export const noticing: Patience = { waitMs: 15_000, everyMs: 50 };
/** Until an agent has made what it could not make for long: it tries again every 10 s. */
export const recovering: Patience = { waitMs: 30_000, everyMs: 50 };

/** Looks every so often until nothing is left or the time is over, in milliseconds; answers what was left at the last look. Throws what `look` throws. */
export async function leftAtLast(
  session: Session,
  { waitMs, everyMs }: Patience,
  look: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  let left: readonly string[] = [];
  const seen = async (): Promise<{ done: true } | { seen: string }> => {
    left = await look();
    return left.length === 0 ? { done: true } : { seen: left[0] ?? "" };
  };
  try {
    await startDeadline(clockOfSession(session), waitMs).until("nothing to be left", seen, everyMs);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
  }
  return left;
}

/** For what must not happen: looks every so often until something is there to be told of or the time is over; answers what was found. Throws what `look` throws. */
export async function foundMeanwhile(
  session: Session,
  patience: Patience,
  look: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  let found: readonly string[] = [];
  await leftAtLast(session, patience, async () => {
    found = await look();
    return found.length === 0 ? ["nothing was found"] : [];
  });
  return found;
}
