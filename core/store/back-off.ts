/** How long to wait before the next try. */

export interface BackOff {
  /** Milliseconds until the next try: doubles from the first to the longest, between half of that and all of it. */
  next(): number;
  reset(): void;
}

export interface BackOffRange {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** `random` answers a number in [0, 1); clients that failed together so do not come back together. */
export function createBackOff(range: BackOffRange, random: () => number): BackOff {
  let ceilingMs = range.firstMs;
  return {
    next() {
      const waitMs = ceilingMs / 2 + (ceilingMs / 2) * random();
      ceilingMs = Math.min(ceilingMs * 2, range.longestMs);
      return waitMs;
    },
    reset() {
      ceilingMs = range.firstMs;
    },
  };
}
