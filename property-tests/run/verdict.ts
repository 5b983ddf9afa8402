/** From verdicts to the exit code of the contract. */
import type { LawResult, RunResult, Verdict } from "../../reports/index.ts";

/** The meaning of a run's end; `bin/exit-codes.ts` has the numbers. */
export type RunMeaning = "holds" | "failed" | "hostCannot" | "nothingSelected" | "unknown";

export interface Strictness {
  /** Laws of which at least one property must have passed, and none may have been skipped. */
  readonly require: readonly string[];
  /** Whether what the host lacks counts as failed. */
  readonly noSkips: boolean;
}

const has = (laws: readonly LawResult[], ...verdicts: Verdict[]): boolean => laws.some((law) => verdicts.includes(law.verdict));

/** A skip for want of something on this host; a farm that has nothing the law speaks of is another matter. */
const lacks = (law: LawResult): boolean => law.verdict === "skipped" && law.needs.length > 0;

const isMissing = (laws: readonly LawResult[], required: string): boolean => {
  const own = laws.filter((law) => law.law === required);
  return own.some(lacks) || !has(own, "passed");
};

export function meaningOf(result: RunResult, strictness: Strictness): RunMeaning {
  const laws = result.results.flatMap((farm) => farm.laws);
  if (laws.length === 0) return "nothingSelected";
  if (has(laws, "failed", "flaky") || (result.baseline?.worse.length ?? 0) > 0) return "failed";
  const required = strictness.require.filter((law) => isMissing(laws, law));
  // A required law that could not be judged is not known to be broken.
  if (
    required.some(
      (law) =>
        !has(
          laws.filter((one) => one.law === law),
          "unknown",
        ),
    )
  )
    return "failed";
  if (strictness.noSkips && laws.some(lacks)) return "failed";
  if (has(laws, "unknown")) return "unknown";
  if (!has(laws, "passed")) return laws.some(lacks) ? "hostCannot" : "nothingSelected";
  return "holds";
}
