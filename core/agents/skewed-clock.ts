/** The machine's time as the agent has it: wrong where a harness says so. */
import { readFileSync, statSync } from "node:fs";
import { decodeClockSkew, type Clock, type ClockSkew } from "../common/index.ts";

/** A clock that knows the time of day too. */
export interface WallClock extends Clock {
  now(): Date;
}

/** A skew that comes in the middle of a long pause is seen after this at the latest. */
const sliceMs = 1000;

/**
 * Counts on from what it has counted, whatever becomes of the skew, as a monotonic clock does; the time of day jumps with it, drifts as
 * long as there is one, and is right as soon as there is none. A skew counts from the moment at which somebody asks for the time.
 */
export function skewedClock(truth: WallClock, skewNow: () => ClockSkew | undefined): WallClock {
  let trueMs = truth.nowMs();
  let countedMs = trueMs;
  let driftMs = 0;
  let skew = skewNow();

  const look = (): void => {
    const passedMs = truth.nowMs() - trueMs;
    const drift = passedMs * ((skew?.rate ?? 1) - 1);
    trueMs += passedMs;
    countedMs += passedMs + drift;
    skew = skewNow();
    driftMs = skew === undefined ? 0 : driftMs + drift;
  };
  const nowMs = (): number => {
    look();
    return countedMs;
  };
  return {
    nowMs,
    async pause(milliseconds) {
      const end = nowMs() + milliseconds;
      for (let left = milliseconds; left > 0; left = end - nowMs()) await truth.pause(Math.min(sliceMs, left / (skew?.rate ?? 1)));
    },
    now() {
      look();
      return new Date(truth.now().getTime() + (skew?.aheadMs ?? 0) + driftMs);
    },
  };
}

/** What the file says now; while it cannot be understood (it is being written), what it said before. */
export function skewOf(path: string): () => ClockSkew | undefined {
  let stamp: string | undefined;
  let skew: ClockSkew | undefined;
  return () => {
    const status = statSync(path, { throwIfNoEntry: false, bigint: true });
    if (status === undefined) return (stamp = skew = undefined);
    const seen = `${status.ino} ${status.mtimeNs} ${status.size}`;
    if (seen === stamp) return skew;
    const read = decodeClockSkew(textOf(path));
    if (read !== undefined) [stamp, skew] = [seen, read];
    return skew;
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
