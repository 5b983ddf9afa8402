/** From a scenario that broke a law to a capsule of the smallest farm found that still breaks it. */
import type { FarmFile } from "../../core/farm/index.ts";
import type { LawResult } from "../../reports/index.ts";
import type { Property } from "../laws/index.ts";
import { reduce } from "../reduce/index.ts";
import type { Answer, DecidedPacket, ReduceOptions, Reduction } from "../reduce/index.ts";
import { scenarioOf } from "../run/scenario.ts";
import type { Scenario, ScenarioRun, ScenarioRunner } from "../run/scenario.ts";
import type { Evidence } from "../run/evidence.ts";
import type { PacketDecision, WhatHappened } from "../run/happened.ts";
import { answerOf } from "./replay.ts";
import type { FailureToKeep } from "./make-capsule.ts";

/** A scenario that was judged, and the property of a law that it broke. */
export interface BrokenScenario {
  readonly scenario: Scenario;
  readonly property: Property;
  readonly result: LawResult;
  readonly evidence: readonly Evidence[];
  readonly happened?: WhatHappened;
}

/** What a run leaves of a failure besides the law's own story. */
export const seenIn = ({
  evidence,
  happened,
}: Pick<ScenarioRun, "evidence" | "happened">): Pick<BrokenScenario, "evidence" | "happened"> => ({
  evidence,
  ...(happened === undefined ? {} : { happened }),
});

/** Every broken property of a run, the first of each law: what else breaks of one law has the same cause as a rule. */
export function brokenOf(
  scenario: Scenario,
  run: Pick<ScenarioRun, "laws" | "evidence" | "happened">,
  properties: readonly Property[],
): BrokenScenario[] {
  const broken = run.laws.filter((result) => answerOf(result) === "fires");
  const firstOfLaw = broken.filter((result, index) => broken.findIndex(({ law }) => law === result.law) === index);
  return firstOfLaw.flatMap((result) => {
    const property = properties.find(({ name }) => name === result.property);
    if (property === undefined) return [];
    return [{ scenario, property, result, ...seenIn(run) }];
  });
}

/** What is to be kept of a failure as it was found. */
export const asFound = ({ scenario, result, ...seen }: BrokenScenario): FailureToKeep => ({
  ...{ document: scenario.document, seed: scenario.seed, file: scenario.file, result, ...seenIn(seen) },
});

/** Decisions by the entries of the farm file that they are of. */
function decidedIn({ timeline = [] }: FarmFile, decisions: readonly PacketDecision[]): DecidedPacket[] {
  const faults = [...timeline.entries()].flatMap(([position, { fault }]) => (fault === undefined ? [] : [position]));
  return decisions.flatMap(({ by, position, flow, index, action }): DecidedPacket[] => {
    const entry = by === "fault" ? faults[position] : position;
    if (action === "reorder" || entry === undefined) return [];
    return [{ list: by === "fault" ? "timeline" : "conditions", position: entry, flow, index, action }];
  });
}

/** Reduces it in labs: what is to be kept, told by the smallest farm itself. Rejects when interrupted. */
export async function reduced(broken: BrokenScenario, runner: ScenarioRunner, options: ReduceOptions): Promise<FailureToKeep> {
  const { scenario, property } = broken;
  const seen = new Map<string, Pick<BrokenScenario, "result" | "evidence" | "happened">>();
  const fires = async (document: FarmFile): Promise<Answer> => {
    const candidate = scenarioOf(document, scenario.seed, scenario.file);
    if (!candidate.ok) return "passes";
    const run = await runner.run(candidate.value, [property]);
    const result = run.laws.find((one) => one.property === property.name);
    const answer = answerOf(result);
    if (result !== undefined && answer === "fires") seen.set(candidate.value.text, { result, ...seenIn(run) });
    // A farm in which the law has nothing to judge shows nothing of it.
    return result?.verdict === "skipped" ? "passes" : answer;
  };
  const seenOf = (document: FarmFile): Pick<BrokenScenario, "result" | "evidence" | "happened"> | undefined => {
    const candidate = scenarioOf(document, scenario.seed, scenario.file);
    return candidate.ok ? seen.get(candidate.value.text) : undefined;
  };
  const decided = (document: FarmFile): DecidedPacket[] => decidedIn(document, seenOf(document)?.happened?.decisions ?? []);
  const reduction: Reduction = await reduce(scenario.document, fires, { ...options, decided });
  return { ...asFound(broken), ...seenOf(reduction.document), document: reduction.document, reduction };
}
