import { describe, expect, it } from "vitest";
import { decodeClockSkew, encodeClockSkew, isClockSkew } from "./index.ts";

describe("a clock's skew", () => {
  it("is read as it was written", () => {
    for (const skew of [
      { aheadMs: 3_600_000, rate: 1 },
      { aheadMs: -0.5, rate: 1.1 },
    ]) {
      expect(decodeClockSkew(encodeClockSkew(skew))).toEqual(skew);
    }
  });

  it.each([
    "",
    "{",
    "7",
    "null",
    "{}",
    '{"aheadMs":0}',
    '{"aheadMs":"0","rate":1}',
    '{"aheadMs":0,"rate":0}',
    '{"aheadMs":1e300,"rate":1}',
  ])("is not %j", (text) => expect(decodeClockSkew(text)).toBeUndefined());

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 0, -1])("counts no %d seconds in one", (rate) =>
    expect(isClockSkew({ aheadMs: 0, rate })).toBe(false),
  );
});
