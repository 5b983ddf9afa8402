import { describe, expect, it } from "vitest";
import { LabError } from "../../emulator/lab-error.ts";
import type { OpenSession } from "../run/open-session.ts";
import { failureNamed, trialOf, worldWith } from "./farm.fixture.ts";
import { Seat, tryInSeat } from "./seat.ts";
import type { Try } from "./seat.ts";
import { TrialError } from "./try-failure.ts";

const world = worldWith();
const failure = failureNamed(world, "node home-b");
const lost = trialOf(world, { "blue-3": "+---------" });

/** Labs that count themselves, and how many of them were ended. */
function seatOfLabs(): { seat: Seat; made: () => string } {
  let [opened, closed] = [0, 0];
  const make = (): Promise<OpenSession> => {
    opened += 1;
    // Nothing but the world is looked at.
    const session = { world } as OpenSession["session"];
    return Promise.resolve({ session, choices: {}, close: () => Promise.resolve(void (closed += 1)) });
  };
  return { seat: new Seat(make, new AbortController().signal), made: () => `${opened} made, ${closed} ended` };
}

const trying = (...outcomes: readonly (Error | typeof lost)[]): Try => {
  const waiting = outcomes.values();
  return () => {
    const { value } = waiting.next();
    return value instanceof Error || value === undefined ? Promise.reject(value ?? new Error("tried too often")) : Promise.resolve(value);
  };
};
const notWorking = new TrialError("not everything works without it: no answer");

describe("tryInSeat", () => {
  it("uses a lab again as long as everything comes back", async () => {
    const { seat, made } = seatOfLabs();
    for (let time = 0; time < 3; time += 1) await tryInSeat(seat, failure, trying(trialOf(world, {})));
    expect(made()).toBe("1 made, 0 ended");
    expect(seat.used).toBe(3);
  });

  it("gives a lab up in which not everything came back, and says so", async () => {
    const { seat, made } = seatOfLabs();
    const { result } = await tryInSeat(seat, failure, trying({ ...lost, recovered: false }));
    expect(result).toMatchObject({ verdict: "lasting", why: "not everything came back by itself: the lab was made anew" });
    expect(made()).toBe("1 made, 1 ended");
    await seat.open();
    expect(made()).toBe("2 made, 1 ended");
  });

  it("tries again in another lab where one that has been used no longer works, and only there", async () => {
    const { seat, made } = seatOfLabs();
    await tryInSeat(seat, failure, trying(trialOf(world, {})));
    const { result } = await tryInSeat(seat, failure, trying(notWorking, lost));
    expect(result.verdict).toBe("lasting");
    expect(made()).toBe("2 made, 2 ended");

    const fresh = seatOfLabs();
    expect((await tryInSeat(fresh.seat, failure, trying(notWorking))).result).toMatchObject({
      verdict: "unknown",
      why: notWorking.message,
    });
    expect(fresh.made()).toBe("1 made, 1 ended");
  });

  it("knows nothing of a failure for which no lab comes up, and throws what the host lacks", async () => {
    const seatWithout = (error: Error): Seat => new Seat(() => Promise.reject(error), new AbortController().signal);
    const { result, trial } = await tryInSeat(seatWithout(new Error("agents are late")), failure, trying());
    expect(trial).toBeUndefined();
    expect(result).toMatchObject({ verdict: "unknown", why: "the lab did not come up: agents are late" });
    await expect(tryInSeat(seatWithout(new LabError("no-namespaces", "no")), failure, trying())).rejects.toThrow(LabError);
  });

  it("throws what is no matter of the farm, and leaves no lab", async () => {
    const { seat, made } = seatOfLabs();
    await expect(tryInSeat(seat, failure, trying(new Error("interrupted")))).rejects.toThrow("interrupted");
    expect(made()).toBe("1 made, 1 ended");
  });
});
