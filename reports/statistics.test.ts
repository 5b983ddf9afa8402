import { describe, expect, it } from "vitest";
import { boundText, failureBound } from "./index.ts";

/** Binomial tail by hand, in another way than the code's: the sum of the exact terms. */
function tail(failures: number, runs: number, rate: number): number {
  let sum = 0;
  for (let count = 0; count <= failures; count += 1) {
    let ways = 1;
    for (let index = 0; index < count; index += 1) ways = (ways * (runs - index)) / (index + 1);
    sum += ways * rate ** count * (1 - rate) ** (runs - count);
  }
  return sum;
}

describe("what repeats exclude", () => {
  it("is 1 - 0.05^(1/N) where none failed, just under three in N", () => {
    for (const runs of [1, 10, 59, 200, 1000, 100_000]) {
      expect(failureBound(0, runs)).toBeCloseTo(1 - 0.05 ** (1 / runs), 12);
      expect(failureBound(0, runs)).toBeLessThan(3 / runs);
    }
    expect(boundText(failureBound(0, 59))).toBe("0.050");
    expect(boundText(failureBound(0, 200))).toBe("0.015");
  });

  it("is the rate at which so few failures have a chance of 5 %", () => {
    for (const [failures, runs] of [
      [1, 10],
      [1, 200],
      [3, 200],
      [99, 100],
      [40, 80],
    ] as const)
      expect(tail(failures, runs, failureBound(failures, runs))).toBeCloseTo(0.05, 9);
  });

  it("agrees with published tables of Clopper and Pearson (95 %, one side)", () => {
    expect(failureBound(1, 10)).toBeCloseTo(0.3942, 4);
    expect(failureBound(5, 10)).toBeCloseTo(0.7776, 4);
    expect(failureBound(2, 20)).toBeCloseTo(0.2826, 4);
  });

  it("excludes nothing where nothing ran or everything failed, and grows with failures, shrinks with runs", () => {
    expect(failureBound(0, 0)).toBe(1);
    expect(failureBound(7, 7)).toBe(1);
    expect(failureBound(2, 50)).toBeGreaterThan(failureBound(1, 50));
    expect(failureBound(1, 51)).toBeLessThan(failureBound(1, 50));
    expect(() => failureBound(3, 2)).toThrow(RangeError);
    expect(() => failureBound(-1, 2)).toThrow(RangeError);
  });

  it("is written with two digits, never rounded down", () => {
    expect(boundText(0.014_867)).toBe("0.015");
    expect(boundText(0.0141)).toBe("0.015");
    expect(boundText(0.5)).toBe("0.50");
    expect(boundText(0.000_029_9)).toBe("0.000030");
    expect(boundText(0.9951)).toBe("1.00");
    expect(boundText(1)).toBe("1");
  });
});
