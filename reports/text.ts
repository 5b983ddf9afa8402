/** What several reporters say in the same words: counts, and texts of the system under test made harmless. */
import { stripVTControlCharacters } from "node:util";
import type { Change, Counterexample, FarmResult, LawResult, RunResult, Verdict } from "./result.ts";

export const verdicts: readonly Verdict[] = ["passed", "failed", "flaky", "skipped", "unknown"];

export const count = (laws: readonly LawResult[], ...wanted: readonly Verdict[]): number =>
  laws.filter((law) => wanted.includes(law.verdict)).length;

export const lawsOf = (result: RunResult): LawResult[] => result.results.flatMap((farm) => farm.laws);

/** `1 farm`, `2 farms`. */
export const several = (amount: number, one: string, many = `${one}s`): string => `${amount} ${amount === 1 ? one : many}`;

/** Why a property was not judged. */
export const skipText = (law: LawResult): string =>
  law.needs.length > 0 ? `needs ${law.needs.join(", ")}` : (law.why ?? "nothing to judge");

/** Words from the system under test may hold escape sequences and control characters: only line feeds and tabs are left. */
export const harmless = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");

/** `worse than before: EX-8 ...: passed, now failed`; nothing where no earlier result was given. */
export const baselineLines = ({ baseline }: RunResult): string[] =>
  baseline === undefined
    ? []
    : baseline.worse.length + baseline.better.length === 0
      ? ["no worse and no better than before"]
      : [
          ...baseline.worse.map((change) => `worse than before: ${changeText(change)}`),
          ...baseline.better.map((change) => `better than before: ${changeText(change)}`),
        ];

export const changeText = ({ what, before, now }: Change): string => `${what}: ${before}, now ${now}`;

/** How often it broke, where that was tried. */
export const repeatsText = ({ repeats }: LawResult): string =>
  repeats === undefined ? "" : `broke in ${repeats.broken} of ${repeats.of} runs with this seed`;

/** What was found of a broken law on a farm. */
export const examplesOf = (result: RunResult, farm: FarmResult, law: LawResult): Counterexample[] =>
  result.counterexamples.filter(
    (example) =>
      example.law === law.law && (example.farm === undefined || example.farm === farm.farm) && ["failed", "flaky"].includes(law.verdict),
  );
