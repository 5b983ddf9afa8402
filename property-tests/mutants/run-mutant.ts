/** Runs one mutant on a farm and tells which laws caught it. */
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { LawResult, RunResult } from "../../reports/index.ts";
import { runFarms, selectProperties } from "../run/index.ts";
import type { Mutant } from "./catalogue.ts";

export interface MutantRun {
  readonly result: RunResult;
  /** Laws with a failed property. */
  readonly killedBy: readonly string[];
  readonly failures: readonly LawResult[];
}

/** The farm file with the mutant's edit; throws where the edit does not fit. */
export function mutatedText(mutant: Mutant, text: string): string {
  if (mutant.farmEdit === undefined) return text;
  const { find, replace } = mutant.farmEdit;
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`mutant ${mutant.id}: ${places} places of the farm file read ${JSON.stringify(find)}, not one`);
  return text.replace(find, () => replace);
}

/** `laws` empty judges by all laws. Throws when the farm does not load. */
export async function runMutant(
  mutant: Mutant,
  file: string,
  text: string,
  options: { readonly laws: readonly string[]; readonly seed: number },
): Promise<MutantRun> {
  const edited = mutatedText(mutant, text);
  const { farm } = expectValue(loadFarm(edited, file));
  const result = await runFarms([{ file, text: edited, farm, intents: expectValue(intentsOf(farm)) }], {
    properties: selectProperties(options.laws),
    seed: options.seed,
    backend: "netns",
    jobs: 1,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    version: "mutant",
    patches: mutant.patches,
  });
  const failures = result.results.flatMap((one) => one.laws).filter((law) => law.verdict === "failed");
  return { result, failures, killedBy: [...new Set(failures.map((law) => law.law))] };
}
