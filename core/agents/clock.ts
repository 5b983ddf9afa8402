/** The machine's time, for the parts that take a clock. */
import { setTimeout as pause } from "node:timers/promises";
import type { WallClock } from "./skewed-clock.ts";

export const machineClock: WallClock = {
  nowMs: () => performance.now(),
  now: () => new Date(),
  pause: async (milliseconds) => {
    // Unreferenced: a pause between two looks is no reason to stay alive.
    await pause(milliseconds, undefined, { ref: false });
  },
};
