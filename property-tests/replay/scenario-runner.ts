/** Runs scenarios one at a time each in a lab of its own. */
import type { LawResult, Verdict } from "../../reports/index.ts";
import { runFarms } from "../run/index.ts";
import type { RunOptions, ScenarioRunner } from "../run/index.ts";

const worstFirst: readonly Verdict[] = ["failed", "flaky", "unknown", "passed"];

const worst = (laws: readonly LawResult[]): Verdict =>
  worstFirst.find((verdict) => laws.some((law) => law.verdict === verdict)) ?? "passed";

export function coldRunner(options: Omit<RunOptions, "properties" | "seed" | "jobs">): ScenarioRunner {
  return {
    async run(scenario, properties) {
      const { results, durationMs } = await runFarms([scenario], { ...options, properties, seed: scenario.seed, jobs: 1 });
      const laws = results.flatMap((result) => result.laws);
      return { laws, verdict: worst(laws), coverage: [], evidence: [], lab: "cold", durationMs };
    },
    close: async () => undefined,
  };
}
