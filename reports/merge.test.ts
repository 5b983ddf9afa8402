import { describe, expect, it } from "vitest";
import { exampleResult } from "./example.ts";
import { failureBound, mergeBlobs } from "./index.ts";
import type { FarmResult, LawResult, NamedBlob, RunResult, SearchResult, Verdict } from "./index.ts";

const { baseline: _, ...whole } = exampleResult;
const blob = (index: number, count: number, result: Partial<RunResult> = {}): NamedBlob => ({
  file: `blob-${index}.json`,
  blob: { schema: "farmlab.blob/1", shard: { index, count }, result: { ...whole, ...result } },
});
const law = (verdict: Verdict, more: Partial<LawResult> = {}): LawResult => ({
  ...{ law: "EX-8", property: "EX-8 keep", verdict, runs: 3, needs: [], why: null, figures: [] },
  ...more,
});
const farm = (laws: readonly LawResult[], coverage: Record<string, number> = {}): FarmResult => ({
  farm: "one",
  backend: "netns",
  laws,
  coverage,
});
const merged = (...blobs: readonly NamedBlob[]): RunResult => {
  const outcome = mergeBlobs(blobs);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
  return outcome.value.result;
};
const refused = (...blobs: readonly NamedBlob[]): string[] => mergeBlobs(blobs).problems.map(({ code, message }) => `${code}: ${message}`);

describe("merging the blobs of shards", () => {
  it("gives back a run that was one shard", () => {
    expect(merged(blob(1, 1))).toEqual({ ...whole, search: { ...whole.search, excludes: failureBound(0, 59) } });
  });

  it("puts farms of different shards side by side, in the order of shards, whichever way they are given", () => {
    const [first, second] = whole.results;
    const blobs = [
      blob(2, 2, { results: [second!], durationMs: 5000, begun: "2026-01-02T03:04:05.000Z" }),
      blob(1, 2, { results: [first!] }),
    ];
    const { results, counterexamples, durationMs, begun } = merged(...blobs);
    expect(results).toEqual(whole.results);
    expect(counterexamples).toEqual(whole.counterexamples);
    expect([durationMs, begun]).toEqual([5000, "2026-01-02T03:04:05.000Z"]);
    expect(merged(...blobs.toReversed())).toEqual(merged(...blobs));
  });

  it("takes the worst verdict of a farm that several shards judged, with its story; what was judged adds up", () => {
    const broken = law("failed", { why: "no answer", repeats: { broken: 1, of: 3 }, runs: 2, needs: [], durationMs: 7 });
    const figures = [{ name: "outage", value: 9, unit: "ms", bound: null, better: "lower" }] as const;
    const one = blob(1, 2, {
      results: [
        farm([law("passed", { durationMs: 5, figures: [{ ...figures[0], value: 8 }] })], { flows: 10, nodes: 3, "ms to ready": 90 }),
      ],
    });
    const two = blob(2, 2, { results: [farm([{ ...broken, figures }], { flows: 4, nodes: 3, "ms to ready": 80 })] });
    const [joined] = merged(one, two).results;
    expect(joined?.laws).toEqual([{ ...broken, runs: 5, durationMs: 12, figures }]);
    expect(joined?.coverage).toEqual({ flows: 14, nodes: 3, "ms to ready": 90 });
  });

  it("counts verdicts as a run does: one that judged nothing says nothing, and unknown is worse than passed", () => {
    const verdictOf = (...verdicts: readonly Verdict[]): Verdict | undefined =>
      merged(...verdicts.map((verdict, index) => blob(index + 1, verdicts.length, { results: [farm([law(verdict)])] }))).results[0]?.laws[0]
        ?.verdict;
    expect(verdictOf("skipped", "passed")).toBe("passed");
    expect(verdictOf("passed", "unknown", "passed")).toBe("unknown");
    expect(verdictOf("unknown", "flaky")).toBe("flaky");
    expect(verdictOf("flaky", "failed")).toBe("failed");
  });

  it("joins what was covered key by key, and excludes by all unguided runs together", () => {
    const search = (unguided: number, unguidedFailed: number, keys: readonly string[]): SearchResult => ({
      ...{ modelled: 100, emulated: 10, unguided, unguidedFailed, excludes: failureBound(0, unguided), keys, exhausted: ["all of 4"] },
      covered: { layout: { count: keys.length, known: 5 } },
    });
    const searched = (...searches: readonly SearchResult[]): SearchResult | undefined =>
      merged(...searches.map((one, index) => blob(index + 1, searches.length, { search: one }))).search;
    expect(searched(search(20, 0, ["layout:a", "layout:b"]), search(39, 0, ["layout:b", "layout:c"]))).toEqual({
      ...{ modelled: 200, emulated: 20, unguided: 59, unguidedFailed: 0, excludes: failureBound(0, 59), exhausted: ["all of 4"] },
      ...{ covered: { layout: { count: 3, known: 5 } }, keys: ["layout:a", "layout:b", "layout:c"] },
    });
    expect(searched(search(20, 0, []), search(39, 1, []))?.excludes).toBeNull();
    const { keys: __, ...without } = search(20, 0, ["layout:a"]);
    expect(searched(without, search(20, 0, ["layout:b", "layout:c"]))?.covered).toEqual({ layout: { count: 2, known: 5 } });
  });

  it("names the shards that are missing, and claims nothing exhausted without them", () => {
    const outcome = mergeBlobs([blob(2, 4), blob(4, 4)]);
    expect(outcome).toMatchObject({ ok: true, value: { missing: [1, 3], result: { search: { exhausted: [] } } } });
  });

  it("refuses blobs that are not of one run, and says which", () => {
    expect(refused(blob(1, 2), blob(2, 2, { seed: 7 }))).toEqual(["mixed-seeds: blob-1.json has seed 42, and blob-2.json 7"]);
    expect(refused(blob(1, 2), blob(2, 2, { farmlab: "0.2.0" }))).toEqual([
      "mixed-versions: blob-1.json has version 0.1.0, and blob-2.json 0.2.0",
    ]);
    expect(refused(blob(1, 2), blob(2, 2, { commit: null }))).toEqual([
      `mixed-versions: blob-1.json has commit ${whole.commit}, and blob-2.json unknown`,
    ]);
    expect(refused(blob(1, 2), blob(2, 3))).toEqual(["mixed-shards: blob-1.json has this number of shards: 2, and blob-2.json 3"]);
    expect(refused(blob(1, 2), { ...blob(1, 2), file: "copy.json" })).toEqual([
      "overlapping-shards: blob-1.json and copy.json are both shard 1",
    ]);
    expect(refused(blob(3, 2))).toEqual(["no-such-shard: blob-3.json is shard 3 of 2"]);
  });

  it("says of hosts that differ what each of them used", () => {
    const on = (index: number, wireguard: string): NamedBlob => blob(index, 2, { host: { choices: { wireguard, vrf: "kernel" } } });
    expect(merged(on(1, "kernel"), on(2, "wireguard-go")).host.choices).toEqual({ wireguard: "kernel or wireguard-go", vrf: "kernel" });
  });
});
