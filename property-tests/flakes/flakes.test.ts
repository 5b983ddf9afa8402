import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { LawResult, RunResult, Verdict } from "../../reports/index.ts";
import { flakeLine, flakyRepeats, measureFlakes, quickFarms, readFlakes } from "./index.ts";
import type { FlakeRecord, MeasureOptions } from "./index.ts";

const law = (id: string, verdict: Verdict): LawResult => {
  const why = verdict === "passed" ? null : "no answer";
  return { law: id, property: `${id} holds`, verdict, runs: 1, needs: [], why, figures: [] };
};

const result = (seed: number, ...laws: readonly LawResult[]): RunResult => ({
  ...{ schema: "farmlab.run/1", seed, farmlab: "0", commit: "0123abcdef", host: { choices: {} } },
  ...{ results: [{ farm: "one", backend: "netns", laws, coverage: {} }], counterexamples: [], durationMs: 10 },
});

const nothing: FlakeRecord = { schema: "farmlab.flakes/1", measurements: [] };

interface Watched {
  readonly options: MeasureOptions;
  readonly seeds: readonly number[];
  readonly kept: readonly FlakeRecord[];
}

/** `broken` says of a seed how many of its runs break, from the first. */
function watched(repeats: number, broken: Readonly<Record<number, number>> = {}, sources = "s1"): Watched {
  const seeds: number[] = [];
  const kept: FlakeRecord[] = [];
  return {
    ...{ seeds, kept },
    options: {
      ...{ repeats, sources, host: "Linux 6", farms: ["one"], load: () => seeds.length, now: () => "2026-01-01T00:00:00.000Z" },
      async run(seed) {
        seeds.push(seed);
        const breaks = seeds.filter((one) => one === seed).length <= (broken[seed] ?? 0);
        return result(seed, law("EX-1", "passed"), law("EX-2", breaks ? "failed" : "passed"), law("EX-3", "skipped"));
      },
      keep: (record) => void kept.push(record),
      say: () => undefined,
    },
  };
}

describe("measuring flakes", () => {
  it("runs every seed once, keeps the record after each, and says how sure it is", async () => {
    const { options, seeds, kept } = watched(59);
    const record = await measureFlakes(nothing, options);
    expect(seeds).toEqual(Array.from({ length: 59 }, (_, index) => index + 1));
    expect(kept).toHaveLength(59);
    expect(kept.at(-1)).toEqual(record);
    expect(record.measurements).toMatchObject([
      { properties: 2, repeats: 59, load: { least: 0, greatest: 59 }, durationMs: 590, flakes: [] },
    ]);
    expect(flakeLine(record)).toBe("quick lab suite: 0 flakes in 59 repeats, rate below 0.050 at 95 % (commit 0123abc, Linux 6)");
  });

  it("keeps what broke with its story, and tells a flake from a failure by running its seed again, which takes nothing back", async () => {
    const { options, seeds } = watched(4, { 2: 1, 3: 4 });
    const record = await measureFlakes(nothing, options);
    expect(seeds).toEqual([1, 2, 2, 2, 2, 3, 3, 3, 3, 4]);
    const [measurement] = record.measurements;
    expect(measurement?.repeats).toBe(4);
    const flake = { farm: "one", property: "EX-2 holds", verdict: "failed", story: "no answer", cause: null, mended: null };
    expect(measurement?.flakes).toEqual([
      { seed: 2, again: { runs: 3, broken: 0 }, ...flake },
      { seed: 3, again: { runs: 3, broken: 3 }, ...flake },
    ]);
    expect(flakyRepeats(measurement!)).toBe(2);
    expect(flakeLine(record)).toContain("2 flakes in 4 repeats, rate below 0.91 at 95 %");
  });

  it("goes on where it was, but not with what other sources gave", async () => {
    const begun = await measureFlakes(nothing, watched(3, { 1: 1 }).options);
    const more = watched(5);
    const record = await measureFlakes(begun, more.options);
    expect(more.seeds).toEqual([4, 5]);
    expect(record.measurements).toMatchObject([{ repeats: 5, flakes: [{ seed: 1 }] }]);
    const other = await measureFlakes(record, watched(2, {}, "s2").options);
    expect(other.measurements.map(({ sources, repeats }) => [sources, repeats])).toEqual([
      ["s1", 5],
      ["s2", 2],
    ]);
  });

  it("keeps what was measured when it is interrupted", async () => {
    const { options, kept } = watched(5);
    const interrupted = { ...options, run: (seed: number) => (seed < 3 ? options.run(seed) : Promise.reject(new Error("interrupted"))) };
    await expect(measureFlakes(nothing, interrupted)).rejects.toThrow("interrupted");
    expect(kept.at(-1)?.measurements).toMatchObject([{ repeats: 2 }]);
  });
});

describe("the record that is kept", () => {
  const record = readFlakes();

  it("names of every flake what it was and what mended it", () => {
    const unexplained = record.measurements.flatMap((one) => one.flakes).filter(({ cause, mended }) => cause === null || mended === null);
    expect(unexplained).toEqual([]);
  });

  it("is of farms that there are", () => {
    for (const name of quickFarms) expect(() => readFileSync(new URL(`../../topologies/${name}.farm.yml`, import.meta.url))).not.toThrow();
  });
});
