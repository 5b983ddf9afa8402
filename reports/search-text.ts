/** How much a run covered, and which probability of failure it excludes (XC-8): in the same words in every report. */
import { boundText, failureBound } from "./statistics.ts";
import { several } from "./text.ts";
import type { RunResult, SearchResult } from "./result.ts";

/**
 * The bound that a search's unguided part gives: a guided scenario was chosen for what it covers and is no sample. Null where an unguided
 * one failed, for then nothing is excluded, or where none ran.
 */
export const excludedBy = (search: Pick<SearchResult, "unguided" | "unguidedFailed">): number | null =>
  search.unguided === 0 || search.unguidedFailed > 0 ? null : failureBound(0, search.unguided);

/** `p(failure of a random scenario) < 0.05 at 95 %, from 59 unguided runs`, or why nothing is excluded. */
export function exclusionText({ search }: RunResult): string {
  if (search === undefined) return "nothing is said of other farms: no scenario was drawn at random";
  const excluded = excludedBy(search);
  const runs = several(search.unguided, "unguided run");
  if (excluded !== null) return `p(failure of a random scenario) < ${boundText(excluded)} at 95 %, from ${runs}`;
  if (search.unguided === 0) return "no failure probability is excluded: no run was unguided";
  return `no failure probability is excluded: ${search.unguidedFailed} of ${runs} failed`;
}

/** What was searched and how much of it was covered, a line each; nothing where nothing was searched for. */
export function searchLines({ search }: RunResult): string[] {
  if (search === undefined) return [];
  const covered = Object.entries(search.covered).map(([kind, { count, known }]) =>
    known === null ? `${count} ${kind}` : `${count} of ${known} ${kind}`,
  );
  return [
    `${several(search.modelled, "scenario")} modelled, ${search.emulated} emulated, ${search.unguided} of them unguided`,
    ...(covered.length === 0 ? [] : [`covered: ${covered.join(", ")}`]),
    ...search.exhausted,
  ];
}
