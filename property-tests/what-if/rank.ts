/** The worst failure first, and what only two together take. */
import type { FailureResult, LostFlow } from "./result.ts";

const countOf = (failure: FailureResult, comesBack: LostFlow["comesBack"]): number =>
  failure.lost.filter((flow) => flow.comesBack === comesBack).length;

const outagesMs = ({ lost }: FailureResult): number => lost.reduce((sum, { outageMs }) => sum + (outageMs ?? 0), 0);

/** What is worse in both comes first: what never came back, what needs a repair, what was away for how long in all. */
const measures: readonly ((failure: FailureResult) => number)[] = [
  (failure) => countOf(failure, "never"),
  (failure) => countOf(failure, "repaired"),
  outagesMs,
];

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Those that could not be looked at come last. */
export function rank(failures: readonly FailureResult[]): readonly FailureResult[] {
  const isUnknown = ({ verdict }: FailureResult): number => (verdict === "unknown" ? 1 : 0);
  return failures.toSorted((one, other) => {
    const differences = measures.map((measure) => measure(other) - measure(one));
    return isUnknown(one) - isUnknown(other) || (differences.find((difference) => difference !== 0) ?? byText(one.failure, other.failure));
  });
}

const gone = ({ lost }: FailureResult): readonly string[] => lost.filter(({ comesBack }) => comesBack !== "alone").map(({ flow }) => flow);

/** Of each pair the flows that neither of its failures takes alone for as long as it stands, where both of them were seen. */
export function withOnlyTogether(failures: readonly FailureResult[]): readonly FailureResult[] {
  const singles = new Map(failures.flatMap((one) => (one.parts.length === 1 && one.verdict !== "unknown" ? [[one.failure, one]] : [])));
  return failures.map((pair) => {
    if (pair.parts.length < 2) return pair;
    const alone = pair.parts.map(({ kind, name }) => singles.get(`${kind} ${name}`));
    if (alone.includes(undefined)) return pair;
    const taken = new Set(alone.flatMap((one) => (one === undefined ? [] : gone(one))));
    return { ...pair, onlyTogether: gone(pair).filter((flow) => !taken.has(flow)) };
  });
}
