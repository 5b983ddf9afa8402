/** What a law was over many scenarios: the worst, and the first that was so. Pure. */
import type { Figure, LawResult } from "../../reports/index.ts";
import { worstVerdict } from "../../reports/index.ts";

export interface LawsOf {
  /** Which scenario, in words. */
  readonly scenario: string;
  readonly laws: readonly LawResult[];
}

/** Of figures of one name the one that is worse for its bound. */
function worstFigures(all: readonly Figure[]): Figure[] {
  const worst = new Map<string, Figure>();
  for (const figure of all) {
    const before = worst.get(figure.name);
    const isWorse = before === undefined || (figure.better === "higher" ? figure.value < before.value : figure.value > before.value);
    if (isWorse) worst.set(figure.name, figure);
  }
  return [...worst.values()];
}

function mergeOne(found: readonly { readonly scenario: string; readonly law: LawResult }[], first: LawResult): LawResult {
  const verdict = worstVerdict(found.map(({ law }) => law.verdict));
  const shown = found.find(({ law }) => law.verdict === verdict) ?? { scenario: "", law: first };
  const { why } = shown.law;
  return {
    ...shown.law,
    runs: found.reduce((sum, { law }) => sum + law.runs, 0),
    needs: [...new Set(found.flatMap(({ law }) => law.needs))],
    why: why === null || verdict === "skipped" ? why : `${shown.scenario}: ${why}`,
    figures: worstFigures(found.flatMap(({ law }) => law.figures)),
    durationMs: found.reduce((sum, { law }) => sum + (law.durationMs ?? 0), 0),
  };
}

/** A result for each property that was judged in any of the scenarios, in the order in which they first appear. */
export function mergeLaws(all: readonly LawsOf[]): LawResult[] {
  const found = new Map<string, { scenario: string; law: LawResult }[]>();
  for (const { scenario, laws } of all)
    for (const law of laws) found.set(law.property, [...(found.get(law.property) ?? []), { scenario, law }]);
  return [...found.values()].flatMap((ofOne) => (ofOne[0] === undefined ? [] : mergeOne(ofOne, ofOne[0].law)));
}
