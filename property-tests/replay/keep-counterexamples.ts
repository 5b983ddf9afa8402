/** Keeps every failure of a run in a capsule, as small a farm as can be found in time, and says in the result how to replay it. */
import { hash32 } from "../../core/common/index.ts";
import type { Counterexample, FarmResult, RunResult } from "../../reports/index.ts";
import type { Property } from "../laws/index.ts";
import { totalOf, sizeOf } from "../reduce/index.ts";
import type { ReduceOptions } from "../reduce/index.ts";
import { scenarioOf, shellWord } from "../run/index.ts";
import type { Scenario, ScenarioRunner } from "../run/index.ts";
import { asFound, brokenOf, reduced, seenIn } from "./counterexample.ts";
import type { BrokenScenario } from "./counterexample.ts";
import { answerOf } from "./replay.ts";
import { makeCapsule } from "./make-capsule.ts";
import type { FailureToKeep, FoundWith } from "./make-capsule.ts";
import { capsuleText } from "./seal.ts";

export interface KeepOptions {
  /** What was run, in the order of the result's farms. */
  readonly scenarios: readonly Scenario[];
  readonly properties: readonly Property[];
  /** Absent: farms are kept as they were found. */
  readonly reducer?: ReduceOptions & { readonly runner: ScenarioRunner; readonly isOver: () => boolean };
  /** Runs the farm that is kept once more, and looks at the flows that break the law from all sides; absent: as it was seen. */
  readonly witness?: ScenarioRunner;
  readonly foundWith: FoundWith;
  /** Writes a file of this name; resolves with the path by which the user knows it, or null where it could not be written. */
  readonly write: (name: string, text: string) => Promise<string | null>;
  readonly onFailure?: (broken: BrokenScenario) => void;
}

/** `ex-8-exit-node-1f0c2a9b.capsule.json`: the same failure on the same farm has the same name. */
function nameOf({ result, seed }: FailureToKeep, farm: string, text: string): string {
  const mark = hash32(`${result.property}\0${seed}\0${text}`).toString(16).padStart(8, "0");
  return `${result.law.toLowerCase()}-${farm}-${mark}.capsule.json`;
}

/** With what a last look at the farm tells, where it fails in it once more. */
async function witnessed(kept: FailureToKeep, { scenario, property }: BrokenScenario, witness: ScenarioRunner): Promise<FailureToKeep> {
  const smallest = scenarioOf(kept.document, scenario.seed, scenario.file);
  if (!smallest.ok) return kept;
  const run = await witness.run(smallest.value, [property]);
  const result = run.laws.find((one) => one.property === property.name);
  return result !== undefined && answerOf(result) === "fires" ? { ...kept, result, ...seenIn(run) } : kept;
}

async function keep(
  broken: BrokenScenario,
  options: KeepOptions,
): Promise<{ readonly capsule: string; readonly size: number } | undefined> {
  const { reducer, foundWith, write } = options;
  options.onFailure?.(broken);
  const isInTime = reducer !== undefined && !reducer.isOver();
  const small = isInTime ? await reduced(broken, reducer.runner, reducer) : asFound(broken);
  const kept = options.witness === undefined ? small : await witnessed(small, broken, options.witness);
  const name = nameOf(kept, broken.scenario.farm.name, broken.scenario.text);
  const path = await write(name, capsuleText(makeCapsule(kept, foundWith, `farmlab replay ${name}`)));
  return path === null ? undefined : { capsule: path, size: totalOf(sizeOf(kept.document)) };
}

const isOf = (example: Counterexample, { law, farm }: { readonly law: string; readonly farm: string }): boolean =>
  example.law === law && (example.farm === undefined || example.farm === farm);

/** The result with a capsule for each counterexample. Rejects when interrupted. */
export async function keepCounterexamples(result: RunResult, options: KeepOptions): Promise<RunResult> {
  let { counterexamples } = result;
  const keepOf = async (farmResult: FarmResult, scenario: Scenario): Promise<void> => {
    for (const broken of brokenOf(scenario, { laws: farmResult.laws, evidence: [] }, options.properties)) {
      const kept = await keep(broken, options);
      if (kept === undefined) continue;
      const place = { law: broken.result.law, farm: farmResult.farm };
      counterexamples = counterexamples.map((example) =>
        example.capsule === null && isOf(example, place)
          ? { ...example, ...kept, reproduce: `farmlab replay ${shellWord(kept.capsule)}` }
          : example,
      );
    }
  };
  for (const [index, farmResult] of result.results.entries()) {
    const scenario = options.scenarios[index];
    if (scenario !== undefined) await keepOf(farmResult, scenario);
  }
  return { ...result, counterexamples };
}
