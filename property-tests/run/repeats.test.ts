import { describe, expect, it } from "vitest";
import { worstVerdict } from "../../reports/index.ts";
import type { LawResult, Verdict } from "../../reports/index.ts";
import { withRepeats } from "./repeats.ts";

const law = (verdict: Verdict, why: string | null = null): LawResult => ({
  law: "EX-1",
  property: "EX-1 holds",
  verdict,
  runs: 1,
  needs: [],
  why,
  figures: [],
});

describe("a law that failed", () => {
  it("has failed where it does so every time, and is flaky where it does not", () => {
    expect(withRepeats(law("failed", "a story"), [law("failed"), law("failed")], "cold")).toMatchObject({
      verdict: "failed",
      why: "a story",
      repeats: { broken: 3, of: 3 },
    });
    expect(withRepeats(law("failed", "a story"), [law("failed"), law("passed")], "cold")).toMatchObject({
      verdict: "flaky",
      why: "broken 2 of 3 times with the same seed\na story",
      repeats: { broken: 2, of: 3 },
    });
  });

  it("is not made a pass by a repeat that could not look, nor a failure by one", () => {
    const failed = law("failed", "a story");
    expect(withRepeats(failed, [law("unknown"), law("skipped")], "cold")).toBe(failed);
    expect(withRepeats(failed, [law("unknown"), law("passed")], "cold").repeats).toEqual({ broken: 1, of: 2 });
  });

  it("says that only a used lab showed it", () => {
    expect(withRepeats(law("failed", "a story"), [law("passed"), law("passed")], "warm")).toMatchObject({
      verdict: "flaky",
      why: "broken 1 of 3 times with the same seed, in a lab that other scenarios had been judged in, and never in a fresh one\na story",
    });
  });
});

it("a scenario is what its worst law is", () => {
  expect(worstVerdict(["passed", "skipped"])).toBe("passed");
  expect(worstVerdict(["passed", "unknown", "flaky"])).toBe("flaky");
  expect(worstVerdict(["flaky", "failed"])).toBe("failed");
  expect(worstVerdict(["skipped"])).toBe("skipped");
  expect(worstVerdict([])).toBe("skipped");
});
