/**
 * Holds a result against an earlier one. What counts as worse:
 *
 * - a verdict that fell, in the order passed, skipped, unknown, flaky, failed; a property that is no longer judged there;
 * - coverage that is gone, or a count of it that fell by more than a fifth: other seeds make other flows, but not so many less;
 * - a figure that moved its bad way by more than a fifth and by more than three times the spread of either run. One that was measured
 *   only once has a noise that nobody knows, and is not judged; neither is any where the hosts' choices differ.
 *
 * The same the other way round is better. A new property or farm is neither.
 */
import type { Change, Comparison, FarmResult, Figure, LawResult, RunResult, SearchResult, Verdict } from "./result.ts";

/** By which part a count or figure has to move at least. */
const partOfNoise = 0.2;
/** How many spreads a figure has to move at least. */
const spreadsOfNoise = 3;
const keysToName = 5;

const order: readonly Verdict[] = ["passed", "skipped", "unknown", "flaky", "failed"];

/** Worse where it is positive, better where it is negative; undefined where it is within its noise. */
type Judged = Change & { readonly way: number };

const judged = (what: string, before: string, now: string, way: number): Judged[] => (way === 0 ? [] : [{ what, before, now, way }]);

/** -1, 0 or 1: whether a count fell or rose by more than noise; one that is gone always counts. */
function fall(before: number, now: number): number {
  if (before > 0 && now === 0) return 1;
  return Math.abs(now - before) > partOfNoise * before ? Math.sign(before - now) : 0;
}

const nothing = "nothing";

const counted = (what: string, before: number, now: number): Judged[] =>
  judged(what, before === 0 ? nothing : String(before), now === 0 ? nothing : String(now), fall(before, now));

const figureText = (figure: Figure): string => `${figure.value} ${figure.unit}`;

function comparedFigure(place: string, before: Figure, now: Figure): Judged[] {
  const better = before.better ?? (before.bound === null ? undefined : "lower");
  if (better === undefined || before.spread === undefined || now.spread === undefined || before.unit !== now.unit) return [];
  const noise = Math.max(partOfNoise * Math.abs(before.value), spreadsOfNoise * Math.max(before.spread, now.spread));
  const moved = better === "lower" ? now.value - before.value : before.value - now.value;
  return judged(`${before.name} of ${place}`, figureText(before), figureText(now), Math.abs(moved) > noise ? Math.sign(moved) : 0);
}

function comparedLaw(farm: FarmResult, before: LawResult, now: LawResult | undefined, sameHost: boolean): Judged[] {
  const place = `${before.property}, on ${farm.farm} (${farm.backend})`;
  if (now === undefined) return judged(place, before.verdict, "not judged", before.verdict === "passed" ? 1 : 0);
  const verdict = judged(place, before.verdict, now.verdict, order.indexOf(now.verdict) - order.indexOf(before.verdict));
  if (!sameHost) return verdict;
  const figures = before.figures.flatMap((figure) => {
    const same = now.figures.find((one) => one.name === figure.name);
    return same === undefined ? [] : comparedFigure(place, figure, same);
  });
  return [...verdict, ...figures];
}

/** Times are no coverage, though they are told beside it. */
const isCount = (what: string): boolean => !what.startsWith("ms ");

function comparedFarm(before: FarmResult, now: FarmResult | undefined, sameHost: boolean): Judged[] {
  const laws = before.laws.flatMap((law) =>
    comparedLaw(
      before,
      law,
      now?.laws.find((one) => one.property === law.property),
      sameHost,
    ),
  );
  const coverage = Object.entries(before.coverage)
    .filter(([what]) => isCount(what) && now !== undefined)
    .flatMap(([what, amount]) => counted(`${what} covered on ${before.farm} (${before.backend})`, amount, now?.coverage[what] ?? 0));
  return [...laws, ...coverage];
}

/** Of a kind of which is known how many there are, each counts; of others only how many. */
function comparedKeys(kind: string, before: SearchResult, now: SearchResult): Judged[] {
  const ofKind = (keys: readonly string[]): string[] => keys.filter((key) => key.startsWith(`${kind}:`));
  if (before.keys === undefined || now.keys === undefined || (before.covered[kind]?.known ?? null) === null) return [];
  const [had, has] = [ofKind(before.keys), ofKind(now.keys)];
  const named = (keys: readonly string[]): string => `${keys.slice(0, keysToName).join(", ")}${keys.length > keysToName ? ", ..." : ""}`;
  const gone = had.filter((key) => !has.includes(key));
  const come = has.filter((key) => !had.includes(key));
  return [
    ...judged(`${kind} covered: ${named(gone)}`, "covered", "not covered", gone.length),
    ...judged(`${kind} covered: ${named(come)}`, "not covered", "covered", -come.length),
  ];
}

function comparedSearch(before: SearchResult | undefined, now: SearchResult | undefined): Judged[] {
  if (before === undefined) return [];
  if (now === undefined) return judged("search", "scenarios were searched for", "none was", 1);
  return [
    ...Object.entries(before.covered).flatMap(([kind, { count }]) => {
      const keys = comparedKeys(kind, before, now);
      return keys.length > 0 ? keys : counted(`${kind} covered by the search`, count, now.covered[kind]?.count ?? 0);
    }),
    ...counted("unguided runs of the search", before.unguided, now.unguided),
    ...before.exhausted.flatMap((statement) => judged("what was exhausted", statement, nothing, now.exhausted.includes(statement) ? 0 : 1)),
  ];
}

/** Everything in the earlier result is looked for in the new one. */
export function compareResults(before: RunResult, now: RunResult): Comparison {
  const choices = ({ host }: RunResult): string =>
    JSON.stringify(Object.entries(host.choices).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  const sameHost = choices(before) === choices(now);
  const all = [
    ...before.results.flatMap((farm) =>
      comparedFarm(
        farm,
        now.results.find((one) => one.farm === farm.farm && one.backend === farm.backend),
        sameHost,
      ),
    ),
    ...comparedSearch(before.search, now.search),
  ];
  const withoutWay = ({ what, before: was, now: is }: Judged): Change => ({ what, before: was, now: is });
  return { worse: all.filter(({ way }) => way > 0).map(withoutWay), better: all.filter(({ way }) => way < 0).map(withoutWay) };
}
