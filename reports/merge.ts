/** Joins the results of a run's shards into the result of the whole. */
import { failure, success } from "../core/common/index.ts";
import type { Outcome, Problem } from "../core/common/index.ts";
import type { Blob } from "./blob.ts";
import type { FarmResult, Figure, LawResult, RunResult, SearchResult } from "./result.ts";
import { excludedBy } from "./search-text.ts";
import { worstVerdict } from "./verdict.ts";

export interface NamedBlob {
  readonly file: string;
  readonly blob: Blob;
}

export interface Merged {
  readonly result: RunResult;
  /** Shards of which no blob was given. */
  readonly missing: readonly number[];
}

/** A count of what was sent adds up over shards of one farm; of what the farm is made of, and of times, the greatest stands. */
const addsUp = (what: string): boolean => what === "flows" || what === "scenarios";

function unequal(other: NamedBlob, { file, blob }: NamedBlob): Problem[] {
  const refuse = (code: string, what: string, own: string | number | null, theirs: string | number | null, hint: string): Problem[] =>
    own === theirs
      ? []
      : [{ severity: "error", code, message: `${file} has ${what} ${own ?? "unknown"}, and ${other.file} ${theirs ?? "unknown"}`, hint }];
  const [one, two] = [blob, other.blob];
  const sources = "the shards of a run are of the same sources: run them from one commit";
  return [
    ...refuse("mixed-seeds", "seed", one.result.seed, two.result.seed, "give every shard of a run the same --seed"),
    ...refuse("mixed-versions", "version", one.result.farmlab, two.result.farmlab, sources),
    ...refuse("mixed-versions", "commit", one.result.commit, two.result.commit, sources),
    ...refuse(
      "mixed-shards",
      "this number of shards:",
      one.shard.count,
      two.shard.count,
      "give every shard of a run the same count in --shard INDEX/COUNT",
    ),
  ];
}

function shardProblems(blobs: readonly NamedBlob[]): Problem[] {
  const [first, ...others] = blobs;
  if (first === undefined) return [];
  const seen = new Map<number, string>();
  const wrong = blobs.flatMap(({ file, blob: { shard } }): Problem[] => {
    const before = seen.get(shard.index);
    seen.set(shard.index, file);
    if (shard.index > shard.count)
      return [
        {
          severity: "error",
          code: "no-such-shard",
          message: `${file} is shard ${shard.index} of ${shard.count}`,
          hint: "it was edited; run the shard again",
        },
      ];
    if (before === undefined) return [];
    return [
      {
        severity: "error",
        code: "overlapping-shards",
        message: `${before} and ${file} are both shard ${shard.index}`,
        hint: "give one blob of each shard",
      },
    ];
  });
  return [...others.flatMap((other) => unequal(other, first)), ...wrong];
}

const byKey = <Item>(items: readonly Item[], keyOf: (item: Item) => string, join: (one: Item, other: Item) => Item): Item[] => {
  const joined = new Map<string, Item>();
  for (const item of items) {
    const before = joined.get(keyOf(item));
    joined.set(keyOf(item), before === undefined ? item : join(before, item));
  }
  return [...joined.values()];
};

/** The one that is worse; of a figure without a better way, the greater. */
function joinFigures(one: Figure, other: Figure): Figure {
  const better = one.better ?? "lower";
  return (better === "lower" ? other.value > one.value : other.value < one.value) ? other : one;
}

function joinLaws(one: LawResult, other: LawResult): LawResult {
  const verdict = worstVerdict([one.verdict, other.verdict]);
  // The story of the verdict that counts, of the first shard where both say the same.
  const { repeats, evidence, durationMs, ...told } = verdict === one.verdict ? one : other;
  const duration = durationMs === undefined ? {} : { durationMs: (one.durationMs ?? 0) + (other.durationMs ?? 0) };
  return {
    ...told,
    ...(repeats === undefined ? {} : { repeats }),
    ...(evidence === undefined ? {} : { evidence }),
    ...duration,
    verdict,
    runs: one.runs + other.runs,
    needs: [...new Set([...one.needs, ...other.needs])],
    figures: byKey([...one.figures, ...other.figures], (figure) => `${figure.name} ${figure.unit}`, joinFigures),
  };
}

/** One of each property: the worst verdict with its first story, figures and runs of all. In the order in which they first appear. */
export const joinedLaws = (laws: readonly LawResult[]): LawResult[] => byKey(laws, (law) => law.property, joinLaws);

function joinFarms(one: FarmResult, other: FarmResult): FarmResult {
  const keys = new Set([...Object.keys(one.coverage), ...Object.keys(other.coverage)]);
  const join = (key: string): number => {
    const amounts = [one.coverage[key] ?? 0, other.coverage[key] ?? 0] as const;
    return addsUp(key) ? amounts[0] + amounts[1] : Math.max(...amounts);
  };
  return {
    ...one,
    laws: joinedLaws([...one.laws, ...other.laws]),
    coverage: Object.fromEntries([...keys].map((key) => [key, join(key)])),
  };
}

/** What each covered is joined key by key; without keys, what one shard covered is known to be covered, and not more. */
function joinSearches(searches: readonly SearchResult[], isWhole: boolean): SearchResult {
  const sum = (amount: (search: SearchResult) => number): number => searches.reduce((total, search) => total + amount(search), 0);
  const kinds = [...new Set(searches.flatMap((search) => Object.keys(search.covered)))];
  const allKeys = searches.every((search) => search.keys !== undefined);
  const keys = [...new Set(searches.flatMap((search) => search.keys ?? []))].toSorted();
  const covered = kinds.map((kind) => {
    const counts = searches.flatMap((search) => search.covered[kind] ?? []);
    const count = allKeys ? keys.filter((key) => key.startsWith(`${kind}:`)).length : Math.max(...counts.map((one) => one.count));
    const known = counts.flatMap((one) => one.known ?? []);
    return [kind, { count, known: known.length === 0 ? null : Math.max(...known) }] as const;
  });
  const unguided = { unguided: sum((search) => search.unguided), unguidedFailed: sum((search) => search.unguidedFailed) };
  // What was exhausted in parts was exhausted only where every part was.
  const [first, ...others] = searches;
  const exhausted = isWhole ? (first?.exhausted.filter((text) => others.every((search) => search.exhausted.includes(text))) ?? []) : [];
  return {
    ...{
      modelled: sum((search) => search.modelled),
      emulated: sum((search) => search.emulated),
      ...unguided,
      excludes: excludedBy(unguided),
    },
    ...{ covered: Object.fromEntries(covered), ...(allKeys ? { keys } : {}), exhausted },
  };
}

/** What every shard used, and where they differ, each of it. */
function joinChoices(results: readonly RunResult[]): Record<string, string> {
  const names = [...new Set(results.flatMap(({ host }) => Object.keys(host.choices)))];
  return Object.fromEntries(
    names.map((name) => [name, [...new Set(results.flatMap(({ host }) => host.choices[name] ?? []))].join(" or ")]),
  );
}

/**
 * The whole run's result, from the blobs of its shards in any order. Errors: `mixed-seeds`, `mixed-versions`, `mixed-shards`,
 * `overlapping-shards`, `no-such-shard`. Shards side by side took as long as the slowest of them.
 */
export function mergeBlobs(blobs: readonly NamedBlob[]): Outcome<Merged> {
  const wrong = shardProblems(blobs);
  const sorted = blobs.map(({ blob }) => blob).toSorted((one, other) => one.shard.index - other.shard.index);
  const [first] = sorted;
  if (first === undefined || wrong.length > 0) return failure(...wrong);
  const results = sorted.map(({ result }) => result);
  const given = new Set(sorted.map(({ shard }) => shard.index));
  const missing = Array.from({ length: first.shard.count }, (_, index) => index + 1).filter((index) => !given.has(index));
  const searches = results.flatMap(({ search }) => search ?? []);
  const begun = results.flatMap((result) => result.begun ?? []).toSorted()[0];
  const { search: _, baseline: __, ...same } = first.result;
  const result: RunResult = {
    ...same,
    ...(begun === undefined ? {} : { begun }),
    host: { choices: joinChoices(results) },
    results: byKey(
      results.flatMap((one) => one.results),
      (farm) => `${farm.farm} ${farm.backend}`,
      joinFarms,
    ),
    counterexamples: byKey(
      results.flatMap((one) => one.counterexamples),
      (example) => JSON.stringify([example.law, example.farm, example.reproduce]),
      (one) => one,
    ),
    ...(searches.length === 0 ? {} : { search: joinSearches(searches, missing.length === 0) }),
    durationMs: Math.max(...results.map(({ durationMs }) => durationMs)),
  };
  return success({ result, missing });
}
