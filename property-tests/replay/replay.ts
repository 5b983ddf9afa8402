/** Runs a capsule's scenario again and says whether its law still breaks. */
import type { LawResult } from "../../reports/index.ts";
import { triesFor } from "../reduce/index.ts";
import type { Answer } from "../reduce/index.ts";
import type { ScenarioRunner } from "../run/scenario.ts";
import type { Evidence } from "../run/evidence.ts";
import type { LoadedCapsule } from "./read-capsule.ts";

export interface Replay {
  /** `gone`: every run passed. `needs`: this host lacks something that the law needs. `unknown`: nobody could look, or there was nothing to see. */
  readonly outcome: "fires" | "gone" | "needs" | "unknown";
  readonly fired: number;
  /** Runs in which the law was judged. */
  readonly of: number;
  readonly runs: number;
  /** Of the first run that fired; else of the first that did not pass. */
  readonly story: string | null;
  readonly evidence: readonly Evidence[];
  /** What the host lacks. */
  readonly needs: readonly string[];
}

/** What a law's result says of a failure that is looked for. A law that was not judged is not known to hold. */
export function answerOf(result: LawResult | undefined): Answer {
  if (result?.verdict === "failed" || result?.verdict === "flaky") return "fires";
  return result?.verdict === "passed" ? "passes" : "unknown";
}

/** As often as it takes to see a failure again that did not always show. */
export const usualRepeats = ({ capsule }: LoadedCapsule): number => triesFor(capsule.firing ?? { fired: 1, of: 1 });

/** Runs it up to `repeats` times, until it fires; a host that lacks something is not asked twice. Rejects when interrupted. */
export async function replay(loaded: LoadedCapsule, runner: ScenarioRunner, repeats: number): Promise<Replay> {
  const { scenario, property } = loaded;
  const answers: Answer[] = [];
  let story: string | null = null;
  const replayed = (outcome: Replay["outcome"], evidence: readonly Evidence[] = [], needs: readonly string[] = []): Replay => ({
    ...{ outcome, story, evidence, needs, runs: answers.length },
    fired: answers.filter((answer) => answer === "fires").length,
    of: answers.filter((answer) => answer !== "unknown").length,
  });
  for (let run = 0; run < repeats; run += 1) {
    const { laws, evidence } = await runner.run(scenario, [property]);
    const result = laws.find((one) => one.property === property.name);
    if (result !== undefined && result.needs.length > 0) return replayed("needs", [], result.needs);
    const answer = answerOf(result);
    answers.push(answer);
    if (answer !== "passes") story ??= result?.why ?? null;
    if (answer !== "fires") continue;
    story = result?.why ?? null;
    return replayed("fires", evidence);
  }
  return replayed(answers.includes("unknown") ? "unknown" : "gone");
}
