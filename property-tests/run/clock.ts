/** The time of this machine for who waits for labs. */
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../../core/common/index.ts";
import type { Session } from "./session.ts";

/** Whoever pauses is woken by the signal, with an error. */
export function clockOf(signal: AbortSignal): Clock {
  return {
    nowMs: () => performance.now(),
    pause: (milliseconds) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new Error("interrupted"));
        const end = (): void => {
          clearTimeout(timer);
          reject(new Error("interrupted"));
        };
        const timer = setTimeout(() => {
          signal.removeEventListener("abort", end);
          resolve();
        }, milliseconds);
        signal.addEventListener("abort", end, { once: true });
      }),
  };
}

/** For properties: whoever judges them ends them. */
export const clockOfSession = (session: Pick<Session, "nowMs">): Clock => ({
  nowMs: () => session.nowMs(),
  pause: async (milliseconds) => void (await pause(milliseconds)),
});
