/** What a law was over many scenarios: the worst, and the first that was so. Pure. */
import { joinedLaws } from "../../reports/index.ts";
import type { LawResult } from "../../reports/index.ts";

export interface LawsOf {
  /** Which scenario, in words. */
  readonly scenario: string;
  readonly laws: readonly LawResult[];
}

const told = (scenario: string, law: LawResult): LawResult =>
  law.why === null || law.verdict === "skipped" ? law : { ...law, why: `${scenario}: ${law.why}` };

/** A result for each property that was judged in any of the scenarios, in the order in which they first appear. */
export function mergeLaws(all: readonly LawsOf[]): LawResult[] {
  return joinedLaws(all.flatMap(({ scenario, laws }) => laws.map((law) => told(scenario, law))));
}
