import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { LawResult, RunResult, Verdict } from "../../reports/index.ts";
import { keepVerdicts, lastVerdicts, lawIds, meaningOf, reproduceCommand, selectProperties, sourcesHash } from "./index.ts";

const law = (id: string, verdict: Verdict, needs: readonly string[] = []): LawResult => ({
  law: id,
  property: `${id} holds`,
  verdict,
  runs: 1,
  needs,
  why: null,
  figures: [],
});

const result = (...laws: readonly LawResult[]): RunResult => ({
  schema: "farmlab.run/1",
  seed: 1,
  farmlab: "0",
  commit: null,
  host: { choices: {} },
  results: [{ farm: "one", backend: "netns", laws, coverage: {} }],
  counterexamples: [],
  durationMs: 1,
});

const lenient = { require: [], noSkips: false };

describe("the meaning of a run", () => {
  it("holds, fails, is unknown, cannot, or has nothing to judge", () => {
    expect(meaningOf(result(law("EX-1", "passed")), lenient)).toBe("holds");
    expect(meaningOf(result(law("EX-1", "passed"), law("EX-2", "failed"), law("EX-3", "unknown")), lenient)).toBe("failed");
    expect(meaningOf(result(law("EX-1", "passed"), law("EX-2", "flaky")), lenient)).toBe("failed");
    expect(meaningOf(result(law("EX-1", "passed"), law("EX-2", "unknown")), lenient)).toBe("unknown");
    expect(meaningOf(result(law("EX-1", "skipped", ["bonding"])), lenient)).toBe("hostCannot");
    expect(meaningOf(result(law("EX-1", "skipped")), lenient)).toBe("nothingSelected");
    expect(meaningOf(result(), lenient)).toBe("nothingSelected");
  });

  it("a required law must have passed; a skip for want of something counts with --no-skips", () => {
    const skipped = result(law("EX-1", "passed"), law("EX-2", "skipped", ["bonding"]));
    expect(meaningOf(skipped, lenient)).toBe("holds");
    expect(meaningOf(skipped, { require: ["EX-2"], noSkips: false })).toBe("failed");
    expect(meaningOf(skipped, { require: ["EX-3"], noSkips: false })).toBe("failed");
    expect(meaningOf(skipped, { require: ["EX-1"], noSkips: true })).toBe("failed");
    expect(meaningOf(result(law("EX-2", "unknown")), { require: ["EX-2"], noSkips: false })).toBe("unknown");
  });
});

describe("choosing laws", () => {
  it("takes them in the registry's order, and names the nearest of one that does not exist", () => {
    const chosen = selectProperties(["EX-10", "EX-8"]).map((property) => property.law);
    expect([...new Set(chosen)]).toEqual(["EX-8", "EX-10"]);
    expect(lawIds(["ex-8"])).toMatchObject({ ok: true, value: ["EX-8"] });
    expect(lawIds(["EX-80"])).toMatchObject({
      ok: false,
      problems: [{ code: "unknown-law", hint: "the nearest is EX-8; farmlab laws lists them all" }],
    });
  });
});

describe("the command that reproduces a failure", () => {
  it("can be pasted into a shell whatever the file is called", () => {
    expect(reproduceCommand("topologies/exit-node.farm.yml", "EX-10", 7)).toBe(
      "farmlab run topologies/exit-node.farm.yml --law EX-10 --seed 7",
    );
    expect(reproduceCommand("it's $(mine).farm.yml", "EX-1", 0)).toBe("farmlab run 'it'\\''s $(mine).farm.yml' --law EX-1 --seed 0");
  });
});

describe("last verdicts", () => {
  const cache = mkdtempSync(join(tmpdir(), "farmlab-verdicts-"));
  afterAll(() => rmSync(cache, { recursive: true }));

  it("are of the sources they were judged with, and those of other sources are forgotten", () => {
    keepVerdicts(cache, "one", result(law("EX-1", "passed")));
    keepVerdicts(cache, "one", result(law("EX-2", "failed"), law("EX-2", "passed")));
    expect(lastVerdicts(cache, "one")).toEqual({ "EX-1 holds": { netns: "passed" }, "EX-2 holds": { netns: "failed" } });
    expect(lastVerdicts(cache, "two")).toEqual({});
    keepVerdicts(cache, "two", result(law("EX-1", "passed")));
    expect(lastVerdicts(cache, "one")).toEqual({});
  });

  it("the sources' hash is the same until a source changes", () => {
    expect(sourcesHash()).toBe(sourcesHash());
  });
});
