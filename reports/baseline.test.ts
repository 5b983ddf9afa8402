import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleResult } from "./example.ts";
import { compareResults } from "./index.ts";
import type { Figure, LawResult, RunResult, SearchResult, Verdict } from "./index.ts";

const law = (verdict: Verdict, figures: readonly Figure[] = []): LawResult => ({
  ...{ law: "EX-8", property: "EX-8 keep", verdict, runs: 1, needs: [], why: null, figures },
});
const run = (laws: readonly LawResult[], more: Partial<RunResult> = {}, coverage: Record<string, number> = {}): RunResult => ({
  ...{
    schema: "farmlab.run/1",
    seed: 1,
    farmlab: "0",
    commit: null,
    host: { choices: { vrf: "kernel" } },
    counterexamples: [],
    durationMs: 1,
  },
  results: [{ farm: "one", backend: "netns", laws, coverage }],
  ...more,
});
const figure = (value: number, spread: number, more: Partial<Figure> = {}): Figure => ({
  ...{ name: "outage", value, unit: "ms", bound: 250, spread },
  ...more,
});
const search = (more: Partial<SearchResult>): SearchResult => ({
  ...{ modelled: 0, emulated: 9, unguided: 9, unguidedFailed: 0, excludes: null, covered: {}, exhausted: [] },
  ...more,
});
const where = "EX-8 keep, on one (netns)";

describe("a result held against an earlier one", () => {
  it("is no worse and no better than itself, nor where only something new is judged", () => {
    const { baseline: _, ...alone } = exampleResult;
    expect(compareResults(alone, alone)).toEqual({ worse: [], better: [] });
    const more = run([law("passed"), { ...law("failed"), property: "EX-9 new" }]);
    expect(compareResults(run([law("passed")]), more)).toEqual({ worse: [], better: [] });
  });

  it("is worse by every verdict that fell, and by a property that is judged no longer", () => {
    const fell = (before: Verdict, now: Verdict): object => compareResults(run([law(before)]), run([law(now)]));
    const order = ["passed", "skipped", "unknown", "flaky", "failed"] as const;
    for (const [index, before] of order.entries())
      for (const [other, now] of order.entries()) {
        const change = [{ what: where, before, now }];
        expect(fell(before, now)).toEqual({ worse: other > index ? change : [], better: other < index ? change : [] });
      }
    expect(compareResults(run([law("passed")]), run([])).worse).toEqual([{ what: where, before: "passed", now: "not judged" }]);
    expect(compareResults(run([law("skipped")]), run([])).worse).toEqual([]);
    expect(compareResults(run([law("passed")]), run([], { results: [] })).worse).toHaveLength(1);
  });

  it("is worse by coverage that is gone or fell by more than a fifth; a time is no coverage", () => {
    const before = run([], {}, { flows: 100, nodes: 1, "ms to ready": 900 });
    const worse = (coverage: Record<string, number>): string[] =>
      compareResults(before, run([], {}, coverage)).worse.map(({ what, now }) => `${what}: ${now}`);
    expect(worse({ flows: 80, nodes: 1 })).toEqual([]);
    expect(worse({ flows: 79, nodes: 1 })).toEqual(["flows covered on one (netns): 79"]);
    expect(worse({ flows: 100 })).toEqual(["nodes covered on one (netns): nothing"]);
    expect(compareResults(before, run([], {}, { flows: 130, nodes: 1 })).better).toHaveLength(1);
  });

  it("is worse by a figure beyond its noise: a fifth, and three spreads; only where the noise is known and the host is the same", () => {
    const changed = (before: Figure, now: Figure, more: Partial<RunResult> = {}): [number, number] => {
      const { worse, better } = compareResults(run([law("passed", [before])]), run([law("passed", [now])], more));
      return [worse.length, better.length];
    };
    expect(changed(figure(100, 2), figure(119, 2))).toEqual([0, 0]);
    expect(changed(figure(100, 2), figure(121, 2))).toEqual([1, 0]);
    expect(changed(figure(100, 2), figure(79, 2))).toEqual([0, 1]);
    expect(changed(figure(100, 20), figure(159, 2))).toEqual([0, 0]);
    expect(changed(figure(100, 2), figure(159, 20))).toEqual([0, 0]);
    expect(changed(figure(100, 20), figure(161, 2))).toEqual([1, 0]);
    const { spread: _, ...once } = figure(100, 0);
    expect(changed(once, figure(900, 1))).toEqual([0, 0]);
    expect(changed(figure(100, 2, { bound: null }), figure(900, 2, { bound: null }))).toEqual([0, 0]);
    expect(changed(figure(100, 2, { better: "higher" }), figure(50, 2, { better: "higher" }))).toEqual([1, 0]);
    expect(changed(figure(100, 2), figure(900, 2), { host: { choices: { vrf: "namespaces" } } })).toEqual([0, 0]);
  });

  it("is worse by what a search no longer covers, key by key where it is known how many there are", () => {
    const known = (keys: string[]): RunResult => {
      const covered = { layout: { count: keys.length, known: 3 }, route: { count: 5, known: null } };
      return run([], { search: search({ keys: [...keys, "route:unreachable"], covered }) });
    };
    const { worse, better } = compareResults(known(["layout:a", "layout:b"]), known(["layout:a", "layout:c"]));
    expect(worse).toEqual([{ what: "layout covered: layout:b", before: "covered", now: "not covered" }]);
    expect(better).toEqual([{ what: "layout covered: layout:c", before: "not covered", now: "covered" }]);
    const routes = (count: number, unguided = 9): RunResult =>
      run([], { search: search({ unguided, covered: { route: { count, known: null } } }) });
    expect(compareResults(routes(10), routes(8)).worse).toEqual([]);
    expect(compareResults(routes(10), routes(7)).worse).toHaveLength(1);
    expect(compareResults(routes(10, 100), routes(10, 50)).worse).toMatchObject([{ what: "unguided runs of the search" }]);
    expect(compareResults(routes(10), run([])).worse).toMatchObject([{ what: "search", now: "none was" }]);
    const exhausted = ["no graph of up to 5 nodes is a counterexample"];
    expect(compareResults(run([], { search: search({ exhausted }) }), run([], { search: search({}) })).worse).toHaveLength(1);
  });

  it("is better where the other is worse: it is the same rule both ways, but for what is gone", () => {
    const verdict = fc.constantFrom<Verdict>("passed", "failed", "flaky", "skipped", "unknown");
    fc.assert(
      fc.property(verdict, verdict, (one, other) => {
        const there = compareResults(run([law(one)]), run([law(other)]));
        const back = compareResults(run([law(other)]), run([law(one)]));
        expect([there.worse.length, there.better.length]).toEqual([back.better.length, back.worse.length]);
      }),
    );
  });
});
