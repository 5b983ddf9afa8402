/** The machine's time, and Node's turns, for the parts that take a clock. */
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

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

/** Lets Node read what has arrived at its sockets. Of its turns the one that has begun has read already; the next one reads. */
export const takeIn = async (): Promise<void> => {
  await turn();
  await turn();
};
