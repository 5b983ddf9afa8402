/** By how much this process was held up: what it says of times that short is worth nothing then. */
import type { Clock } from "../../core/common/index.ts";

const everyMs = 10;

export interface StallWatch {
  /** The longest time by which it came too late, milliseconds. */
  stop(): number;
}

/** Begins at once. */
export function watchStalls(clock: Clock): StallWatch {
  let isOver = false;
  let longestMs = 0;
  const look = async (): Promise<void> => {
    while (!isOver) {
      const beganMs = clock.nowMs();
      await clock.pause(everyMs);
      longestMs = Math.max(longestMs, clock.nowMs() - beganMs - everyMs);
    }
  };
  void look();
  return {
    stop() {
      isOver = true;
      return longestMs;
    },
  };
}
