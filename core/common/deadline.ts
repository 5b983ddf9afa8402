/** Waiting for conditions until a deadline that counts from a zero point. Never sleeps for a fixed time. */

/** A clock and a timer, injected so that the pure core has no time of its own. */
export interface Clock {
  /** Monotonic milliseconds since any fixed moment. */
  nowMs(): number;
  /** Resolves after the given milliseconds; used only between two looks at a condition. */
  pause(milliseconds: number): Promise<void>;
}

export class DeadlineError extends Error {
  readonly lastSeen: string;
  constructor(what: string, waitMs: number, lastSeen: string) {
    super(`waited ${waitMs} ms for ${what}; last seen: ${lastSeen}`);
    this.name = "DeadlineError";
    this.lastSeen = lastSeen;
  }
}

export interface Deadline {
  /** Milliseconds left, never below 0. */
  remainingMs(): number;
  /**
   * Looks until `look` answers `{ done: value }`, else throws a DeadlineError that prints what was last seen.
   * Looks once at least, also after the deadline.
   */
  until<T>(what: string, look: () => Promise<{ done: T } | { seen: string }>, lookEveryMs?: number): Promise<T>;
}

/** A deadline `waitMs` milliseconds after now, by the given clock. */
export function startDeadline(clock: Clock, waitMs: number): Deadline {
  const end = clock.nowMs() + waitMs;
  const remainingMs = (): number => Math.max(0, end - clock.nowMs());
  return {
    remainingMs,
    async until(what, look, lookEveryMs = 10) {
      for (;;) {
        const answer = await look();
        if ("done" in answer) return answer.done;
        if (remainingMs() === 0) throw new DeadlineError(what, waitMs, answer.seen);
        await clock.pause(Math.min(lookEveryMs, Math.max(1, remainingMs())));
      }
    },
  };
}
