/** Which verdict counts where there are several: the worst, for a law holds where it holds everywhere. */
import type { Verdict } from "./result.ts";

/** From the worst. One that judged nothing says nothing, and what could not be looked at is not known to hold. */
const order: readonly Verdict[] = ["failed", "flaky", "unknown", "passed", "skipped"];

/** Of none it is `skipped`. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  return order.find((verdict) => verdicts.includes(verdict)) ?? "skipped";
}
