import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeClockSkew, type ClockSkew } from "../common/index.ts";
import { skewOf, skewedClock, type WallClock } from "./skewed-clock.ts";

const hourMs = 3_600_000;

interface Bench {
  readonly clock: WallClock;
  skew: ClockSkew | undefined;
  trueMs: number;
  readonly pauses: number[];
}

/** A machine's clock that is moved by hand: at 0 it is the time of day 0. Pauses are over at once, and take their time. */
function bench(skew?: ClockSkew): Bench {
  const pauses: number[] = [];
  const truth: WallClock = {
    nowMs: () => parts.trueMs,
    now: () => new Date(parts.trueMs),
    pause(milliseconds) {
      pauses.push(milliseconds);
      parts.trueMs += milliseconds;
      return Promise.resolve();
    },
  };
  const parts = { skew, trueMs: 0, pauses };
  return Object.assign(parts, { clock: skewedClock(truth, () => parts.skew) });
}

describe("a clock without skew", () => {
  it("is the machine's", async () => {
    const one = bench();
    one.trueMs = 250;
    expect([one.clock.nowMs(), one.clock.now().getTime()]).toEqual([250, 250]);
    await one.clock.pause(20);
    expect(one.pauses).toEqual([20]);
  });
});

describe("a clock with a skew", () => {
  it("jumps in the time of day, and not in what it counts", () => {
    const one = bench();
    one.trueMs = 1000;
    one.skew = { aheadMs: hourMs, rate: 1 };
    expect([one.clock.nowMs(), one.clock.now().getTime()]).toEqual([1000, 1000 + hourMs]);
    one.skew = { aheadMs: -500, rate: 1 };
    expect([one.clock.nowMs(), one.clock.now().getTime()]).toEqual([1000, 500]);
  });

  it("drifts in both while it lasts; then the time of day is right, and what it counts goes on from where it is", () => {
    const one = bench({ aheadMs: 0, rate: 1.5 });
    one.trueMs = 1000;
    expect([one.clock.nowMs(), one.clock.now().getTime()]).toEqual([1500, 1500]);
    one.skew = undefined;
    expect([one.clock.nowMs(), one.clock.now().getTime()]).toEqual([1500, 1000]);
    one.trueMs = 2000;
    expect([one.clock.nowMs(), one.clock.now().getTime()]).toEqual([2500, 2000]);
  });

  it("never goes back in what it counts", () => {
    const one = bench();
    const rates = [2, 0.5, 1, 0.001, 1000];
    let former = -1;
    for (const rate of rates) {
      one.skew = { aheadMs: -hourMs, rate };
      for (let step = 0; step < 3; step += 1) {
        one.trueMs += 10;
        const now = one.clock.nowMs();
        expect(now).toBeGreaterThan(former);
        former = now;
      }
    }
  });

  it.each([
    [2, 500],
    [0.5, 2000],
  ])("at rate %d pauses for a second of its own in %i ms", async (rate, trueMs) => {
    const one = bench({ aheadMs: 0, rate });
    await one.clock.pause(1000);
    expect(one.trueMs).toBe(trueMs);
  });

  it("that comes in a long pause shortens it", async () => {
    const one = bench();
    const pausing = one.clock.pause(30_000);
    one.skew = { aheadMs: 0, rate: 100 };
    await pausing;
    expect(one.trueMs).toBeLessThan(2000);
  });
});

describe("a skew's file", () => {
  const folder = mkdtempSync(join(tmpdir(), "skew-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is read again when it has changed; half written, it says what it said before", () => {
    const path = join(folder, "clock.json");
    const skewNow = skewOf(path);
    expect(skewNow()).toBeUndefined();
    writeFileSync(path, encodeClockSkew({ aheadMs: 1, rate: 1 }));
    expect(skewNow()).toEqual({ aheadMs: 1, rate: 1 });
    writeFileSync(path, "");
    expect(skewNow()).toEqual({ aheadMs: 1, rate: 1 });
    writeFileSync(path, encodeClockSkew({ aheadMs: 22, rate: 2 }));
    expect(skewNow()).toEqual({ aheadMs: 22, rate: 2 });
    rmSync(path);
    expect(skewNow()).toBeUndefined();
  });
});
