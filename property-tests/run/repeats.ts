/** Failing or flaky: what the same scenario said when it was judged again in fresh labs. Pure. */
import type { LawResult } from "../../reports/index.ts";

/**
 * The result of a law that failed, with what the same property said in `again`. What could not be looked at counts for nothing. A law that
 * held in some fresh lab is flaky, also where only the lab of the first time had been used before: chance or what others left there, and
 * neither may be taken for a failure or for a pass.
 */
export function withRepeats(first: LawResult, again: readonly LawResult[], lab: "cold" | "warm"): LawResult {
  const judged = again.filter(({ verdict }) => verdict === "failed" || verdict === "passed");
  if (first.verdict !== "failed" || judged.length === 0) return first;
  const broken = 1 + judged.filter(({ verdict }) => verdict === "failed").length;
  const repeats = { broken, of: 1 + judged.length };
  if (broken === repeats.of) return { ...first, repeats };
  const where = broken === 1 && lab === "warm" ? ", in a lab that other scenarios had been judged in, and never in a fresh one" : "";
  const why = `broken ${broken} of ${repeats.of} times with the same seed${where}\n${first.why ?? ""}`.trimEnd();
  return { ...first, verdict: "flaky", why, repeats };
}
