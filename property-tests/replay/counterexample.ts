/** From a scenario that broke a law to a capsule of the smallest farm found that still breaks it. */
import type { FarmFile } from "../../core/farm/index.ts";
import type { LawResult } from "../../reports/index.ts";
import type { Property } from "../laws/index.ts";
import { reduce } from "../reduce/index.ts";
import type { Answer, ReduceOptions, Reduction } from "../reduce/index.ts";
import { scenarioOf } from "../run/scenario.ts";
import type { Scenario, ScenarioRun, ScenarioRunner } from "../run/scenario.ts";
import type { Evidence } from "../run/evidence.ts";
import { answerOf } from "./replay.ts";
import type { FailureToKeep } from "./make-capsule.ts";

/** A scenario that was judged, and the property of a law that it broke. */
export interface BrokenScenario {
  readonly scenario: Scenario;
  readonly property: Property;
  readonly result: LawResult;
  readonly evidence: readonly Evidence[];
}

/** Every broken property of a run, the first of each law: what else breaks of one law has the same cause as a rule. */
export function brokenOf(
  scenario: Scenario,
  run: Pick<ScenarioRun, "laws" | "evidence">,
  properties: readonly Property[],
): BrokenScenario[] {
  const broken = run.laws.filter((result) => answerOf(result) === "fires");
  const firstOfLaw = broken.filter((result, index) => broken.findIndex(({ law }) => law === result.law) === index);
  return firstOfLaw.flatMap((result) => {
    const property = properties.find(({ name }) => name === result.property);
    return property === undefined ? [] : [{ scenario, property, result, evidence: run.evidence }];
  });
}

/** What is to be kept of a failure as it was found. */
export const asFound = ({ scenario, result, evidence }: BrokenScenario): FailureToKeep => ({
  ...{ document: scenario.document, seed: scenario.seed, file: scenario.file, result, evidence },
});

/** Reduces it in labs: what is to be kept, told by the smallest farm itself. Rejects when interrupted. */
export async function reduced(broken: BrokenScenario, runner: ScenarioRunner, options: ReduceOptions): Promise<FailureToKeep> {
  const { scenario, property } = broken;
  const seen = new Map<string, Pick<BrokenScenario, "result" | "evidence">>();
  const fires = async (document: FarmFile): Promise<Answer> => {
    const candidate = scenarioOf(document, scenario.seed, scenario.file);
    if (!candidate.ok) return "passes";
    const { laws, evidence } = await runner.run(candidate.value, [property]);
    const result = laws.find((one) => one.property === property.name);
    const answer = answerOf(result);
    if (result !== undefined && answer === "fires") seen.set(candidate.value.text, { result, evidence });
    // A farm in which the law has nothing to judge shows nothing of it.
    return result?.verdict === "skipped" ? "passes" : answer;
  };
  const reduction: Reduction = await reduce(scenario.document, fires, options);
  const smallest = scenarioOf(reduction.document, scenario.seed, scenario.file);
  const told = smallest.ok ? seen.get(smallest.value.text) : undefined;
  return { ...asFound(broken), ...told, document: reduction.document, reduction };
}
