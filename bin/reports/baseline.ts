/** `--baseline RESULT`: a run fails by what got worse against an earlier result. */
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { compareResults } from "../../reports/index.ts";
import type { FarmResult, RunResult } from "../../reports/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { complain } from "../output.ts";
import { readResult } from "./read-report.ts";

export interface BaselineOptions {
  readonly baseline?: string;
}

export const addBaselineOption = (command: Command): Command =>
  command.option(
    "--baseline <result>",
    "fail by what is worse than in this earlier result: a verdict, coverage, a figure beyond its noise",
  );

/** What of the earlier result is to be found again: what was not chosen now cannot have got worse. */
export interface Selection {
  /** Ids of laws; none: all. */
  readonly laws: readonly string[];
  /** Farm files or folders; none: all. */
  readonly paths: readonly string[];
}

const isChosen = ({ file }: FarmResult, paths: readonly string[]): boolean =>
  paths.length === 0 || file === undefined || paths.some((path) => !relative(resolve(path), resolve(file)).startsWith(".."));

/** The part of a result that a selection would give; a part of a search cannot be told from the whole of it. */
function selected(before: RunResult, { laws, paths }: Selection): RunResult {
  const results = before.results
    .filter((farm) => isChosen(farm, paths))
    .map((farm) => (laws.length === 0 ? farm : { ...farm, laws: farm.laws.filter(({ law }) => laws.includes(law)), coverage: {} }));
  return { ...before, results };
}

/** Undefined after complaining of a baseline that cannot be read: then nothing is started. */
export async function openBaseline(
  { baseline }: BaselineOptions,
  selection: Selection,
): Promise<((now: RunResult) => RunResult) | undefined> {
  if (baseline === undefined) return (now) => now;
  const before = await readResult(baseline);
  for (const problem of before.problems) complain(problem, exitCodes.wrongInput);
  if (!before.ok) return undefined;
  const wanted = selected(before.value, selection);
  return (now) => ({ ...now, baseline: compareResults(wanted, now) });
}
