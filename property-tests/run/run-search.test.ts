import { describe, expect, it } from "vitest";
import type { LawResult, Shard, Verdict } from "../../reports/index.ts";
import type { Property } from "../laws/index.ts";
import { mergeLaws } from "./merge-laws.ts";
import { reproduceScenario, runSearch } from "./run-search.ts";
import type { SearchRunOptions } from "./run-search.ts";
import type { LabRunner, LateLooks } from "./scenario-runner.ts";
import type { DrawnScenario, ScenarioSource } from "./scenario-source.ts";
import { seedAt } from "./scenario-source.ts";
import type { Scenario } from "./scenario.ts";

const law = (verdict: Verdict, changes: Partial<LawResult> = {}): LawResult => ({
  ...{ law: "EX-1", property: "EX-1 holds", verdict, runs: 1, needs: [], figures: [] },
  why: verdict === "passed" ? null : "a story",
  ...changes,
});

const property: Property = { law: "EX-1", name: "EX-1 holds", needs: [], run: async () => await Promise.reject(new Error("not run")) };

/** What is judged here is which scenarios run, not what a lab makes of them: all that a scenario needs is its seed. */
const source = (length = Number.POSITIVE_INFINITY, broken: readonly number[] = []): ScenarioSource => ({
  name: "one",
  file: "one.farm.yml",
  draw(position): DrawnScenario | undefined {
    if (broken.includes(position)) throw new Error(`no farm at ${position}`);
    if (position >= length) return undefined;
    return { scenario: { seed: position } as Scenario, arm: position === 0 ? "given" : "unguided", predicted: [] };
  },
  skip: () => undefined,
});

interface Ran {
  readonly seeds: number[];
  readonly runner: (lateLooks: LateLooks) => LabRunner;
}

const runnerOf = (verdictOf: (seed: number) => Verdict = () => "passed", atEach = (): void => undefined): Ran => {
  const seeds: number[] = [];
  const runner: LabRunner = {
    async run({ seed }) {
      await Promise.resolve();
      seeds.push(seed);
      atEach();
      const verdict = verdictOf(seed);
      return { laws: [law(verdict)], verdict, coverage: [], evidence: [], lab: "cold", durationMs: 1, choices: {} };
    },
    close: async () => undefined,
  };
  return { seeds, runner: () => runner };
};

const options = (changes: Partial<SearchRunOptions>): SearchRunOptions => ({
  ...{
    properties: [property],
    seed: 7,
    backend: "netns",
    jobs: 2,
    version: "test",
    host: { capabilities: [], choices: {}, root: true } as never,
  },
  signal: new AbortController().signal,
  onEvent: () => undefined,
  ...changes,
});

describe("a search", () => {
  it("runs as many scenarios of each source as it is told, or as there are", async () => {
    const { seeds, runner } = runnerOf();
    const result = await runSearch([source(), source(3)], options({ runs: 5, runner }));
    expect(seeds.toSorted()).toEqual([0, 0, 1, 1, 2, 2, 3, 4]);
    expect(result.results.map(({ coverage, laws }) => [coverage["scenarios"], laws[0]?.runs])).toEqual([
      [5, 5],
      [3, 3],
    ]);
    expect(result.search).toMatchObject({ emulated: 8, unguided: 6, unguidedFailed: 0 });
  });

  it("in parts runs each scenario in one of them", async () => {
    const parts = [1, 2, 3].map((index): Shard => ({ index, count: 3 }));
    const ran = await Promise.all(
      parts.map(async (shard) => {
        const { seeds, runner } = runnerOf();
        await runSearch([source()], options({ runs: 10, shard, runner }));
        return seeds;
      }),
    );
    expect(ran.map(({ length }) => length)).toEqual([4, 3, 3]);
    expect(ran.flat().toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("begins no scenario once the budget is used up, and ends none", async () => {
    let nowMs = 0;
    const { seeds, runner } = runnerOf(undefined, () => (nowMs += 400));
    const result = await runSearch([source()], options({ budgetMs: 1000, jobs: 1, nowMs: () => nowMs, runner }));
    expect(seeds).toEqual([0, 1, 2]);
    expect(result.results[0]?.coverage).toMatchObject({ scenarios: 3 });
  });

  it("goes on where a scenario cannot be made, of which it then knows nothing", async () => {
    const { seeds, runner } = runnerOf();
    const result = await runSearch([source(4, [1])], options({ runs: 4, runner }));
    expect(seeds).toEqual([0, 2, 3]);
    expect(result.results[0]?.laws).toMatchObject([
      { verdict: "unknown", why: "scenario 1: the scenario could not be made: no farm at 1" },
    ]);
    expect(result.search).toMatchObject({ emulated: 3 });
  });

  it("tells the first scenario that breaks a law, with the command that runs it alone", async () => {
    const { runner } = runnerOf((seed) => (seed === 2 || seed === 3 ? "failed" : "passed"));
    const told: number[] = [];
    const onCounterexample = (_: ScenarioSource, { scenario }: DrawnScenario): void => void told.push(scenario.seed);
    const result = await runSearch([source()], options({ runs: 5, jobs: 1, runner, onCounterexample }));
    expect(told).toEqual([2]);
    const reproduce = "farmlab run one.farm.yml --law EX-1 --seed 7 --runs 3 --shard 3/3";
    expect(result.counterexamples).toEqual([{ law: "EX-1", farm: "one", capsule: null, reproduce, size: 1 }]);
    expect(result.results[0]?.laws).toMatchObject([{ verdict: "failed", why: "scenario 2: a story" }]);
    expect(result.search).toMatchObject({ unguidedFailed: 2, excludes: null });
    const again = runnerOf();
    await runSearch([source()], options({ runs: 3, shard: { index: 3, count: 3 }, runner: again.runner }));
    expect(again.seeds).toEqual([2]);
  });
});

it("a run that is revised counts in place of the first, and what it breaks is told", async () => {
  const { runner } = runnerOf();
  const scenarios: Parameters<LateLooks["onRevised"]>[0][] = [];
  const revised = (lateLooks: LateLooks): LabRunner => ({
    async run(scenario, properties) {
      scenarios.push(scenario);
      return await runner(lateLooks).run(scenario, properties);
    },
    async close() {
      const [, second] = scenarios;
      if (second === undefined) return;
      const run = await runnerOf(() => "failed")
        .runner(lateLooks)
        .run(second, [property]);
      lateLooks.onRevised(second, run);
    },
  });
  const told: number[] = [];
  const onCounterexample = (_: ScenarioSource, { scenario }: DrawnScenario): void => void told.push(scenario.seed);
  const result = await runSearch([source()], options({ runs: 3, jobs: 1, runner: revised, onCounterexample }));
  expect(told).toEqual([1]);
  expect(result.results[0]?.laws).toMatchObject([{ verdict: "failed", why: "scenario 1: a story", runs: 3 }]);
  expect(result.search).toMatchObject({ emulated: 3, unguided: 2, unguidedFailed: 1 });
});

it("the command of one scenario names its backend where it is not the usual one", () => {
  expect(reproduceScenario("it's.farm.yml", ["EX-1"], 0, 0, { backend: "containerlab", arm: "given" })).toBe(
    "farmlab run 'it'\\''s.farm.yml' --law EX-1 --seed 0 --runs 1 --shard 1/1 --backend containerlab",
  );
});

it("the command of a scenario that followed others has them all run before it", () => {
  expect(reproduceScenario("one.farm.yml", ["EX-1", "EX-8"], 7, 3, { backend: "netns", arm: "followed" })).toBe(
    "farmlab run one.farm.yml --law EX-1 --law EX-8 --seed 7 --runs 4",
  );
});

it("the given farm keeps the seed, and no two positions share one", () => {
  const seeds = Array.from({ length: 1000 }, (_, position) => seedAt(42, position));
  expect(seeds[0]).toBe(42);
  expect(new Set(seeds).size).toBe(1000);
});

describe("laws over many scenarios", () => {
  it("are the worst, with the first that was so, and runs add up", () => {
    const merged = mergeLaws([
      { scenario: "a", laws: [law("passed", { runs: 2, figures: [{ name: "time", value: 3, unit: "ms", bound: 9 }] })] },
      { scenario: "b", laws: [law("unknown", { why: "could not look" })] },
      { scenario: "c", laws: [law("failed"), law("skipped", { property: "EX-1 other", runs: 0, why: "nothing here" })] },
      { scenario: "d", laws: [law("failed", { why: "another", figures: [{ name: "time", value: 5, unit: "ms", bound: 9 }] })] },
    ]);
    expect(merged).toMatchObject([
      { verdict: "failed", why: "c: a story", runs: 5, figures: [{ value: 5 }] },
      { property: "EX-1 other", verdict: "skipped", why: "nothing here" },
    ]);
  });
});

describe("what a run exhausts", () => {
  const whole = { ...source(6), exhausts: { count: 6, statement: "all six hold" } };
  const exhausted = async (changes: Partial<SearchRunOptions>, verdictOf?: (seed: number) => Verdict): Promise<readonly string[]> => {
    const result = await runSearch([whole], options({ runner: runnerOf(verdictOf).runner, ...changes }));
    return result.search?.exhausted ?? [];
  };

  it("is said where every scenario of the list has passed", async () => {
    expect(await exhausted({})).toEqual(["all six hold"]);
  });

  it("is not said where one failed, was not looked at, or never ran, nor by a part of the run", async () => {
    expect(await exhausted({}, (seed) => (seed === 5 ? "failed" : "passed"))).toEqual([]);
    expect(await exhausted({}, (seed) => (seed === 0 ? "unknown" : "passed"))).toEqual([]);
    expect(await exhausted({ runs: 5 })).toEqual([]);
    expect(await exhausted({ shard: { index: 2, count: 4 } })).toEqual([]);
  });
});

describe("what a run covered", () => {
  it("of kinds that kernels count, is what they counted, of all that any lab had", async () => {
    const { runner } = runnerOf();
    const counted: Ran["runner"] = (lateLooks) => ({
      ...runner(lateLooks),
      run: async (scenario, properties) => ({
        ...(await runner(lateLooks).run(scenario, properties)),
        coverage: ["rule:nr/accept"],
        known: scenario.seed === 0 ? ["rule:nr/accept", "rule:nr/drop"] : ["rule:nr/accept", "rule:gateway/snat"],
      }),
    });
    const result = await runSearch([source(6)], options({ runner: counted, runs: 3 }));
    expect(result.search?.covered["rule"]).toEqual({ count: 1, known: 3 });
    expect(result.search?.keys).toContain("rule:nr/accept");
  });
});
