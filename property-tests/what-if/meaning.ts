/** What a result means as a whole. */
import type { WhatIfResult } from "./result.ts";

export type WhatIfMeaning = "holds" | "failed" | "unknown" | "nothingSelected";

/**
 * `failed`: an expectation is broken. That a failure takes something is no fault of its own: only the farmer knows what has to survive.
 * `unknown`: something could not be looked at, or did not work before anything failed.
 */
export function whatIfMeaning({
  failures,
  expectations,
  silent,
}: Pick<WhatIfResult, "failures" | "expectations" | "silent">): WhatIfMeaning {
  if (failures.length === 0) return "nothingSelected";
  const verdicts = [...failures, ...expectations].map(({ verdict }) => verdict);
  if (verdicts.includes("failed")) return "failed";
  return verdicts.includes("unknown") || silent.length > 0 ? "unknown" : "holds";
}
