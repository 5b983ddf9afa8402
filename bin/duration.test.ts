import { describe, expect, it } from "vitest";
import { duration } from "./duration.ts";

describe("a duration", () => {
  it("is a number with its unit", () => {
    expect(["90s", "1.5s", "10m", "2h", "24h"].map(duration)).toEqual([90_000, 1500, 600_000, 7_200_000, 86_400_000]);
  });

  it.each(["", "0s", "10", "m", "-1s", "1d", "25h", "1e3s", "10 m", "Infinitys"])("is not %j", (text) => {
    expect(() => duration(text)).toThrow("such as 90s, 10m or 2h");
  });
});
