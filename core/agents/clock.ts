/** The machine's time, for the parts that take a clock. */
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../common/index.ts";

export const machineClock: Clock = {
  nowMs: () => performance.now(),
  pause: async (milliseconds) => {
    // Unreferenced: a pause between two looks is no reason to stay alive.
    await pause(milliseconds, undefined, { ref: false });
  },
};
