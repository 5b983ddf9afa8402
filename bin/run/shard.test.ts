import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partOf } from "../../reports/index.ts";
import { readShard, shardProblems } from "./shard.ts";

describe("shards of a run", () => {
  it("are disjoint and together the whole", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), fc.integer({ min: 1, max: 9 }), (items, count) => {
        const parts = Array.from({ length: count }, (_, index) => partOf(items, { index: index + 1, count }));
        expect(parts.flat().toSorted()).toEqual(items.toSorted());
        expect(Math.max(...parts.map((part) => part.length)) - Math.min(...parts.map((part) => part.length))).toBeLessThan(2);
        expect(partOf(items, undefined)).toEqual(items);
      }),
    );
  });

  it("are read from INDEX/COUNT alone", () => {
    expect(readShard("2/7")).toEqual({ index: 2, count: 7 });
    for (const text of ["5/4", "0/4", "1/0", "1", "1/", "-1/2", "1/2/3", "a/b", "01/2", "1/99999"])
      expect(() => readShard(text)).toThrow("like 2/7");
  });

  it("need the seed of the whole, and no baseline", () => {
    const shard = { index: 1, count: 2 };
    const codes = (given: Parameters<typeof shardProblems>[1]): string[] => shardProblems({ shard }, given).map(({ code }) => code);
    expect(codes({})).toEqual(["shard-without-seed"]);
    expect(codes({ seed: 0, baseline: "result.json" })).toEqual(["shard-with-baseline"]);
    expect(codes({ seed: 1 })).toEqual([]);
    expect(shardProblems({}, { baseline: "result.json" })).toEqual([]);
  });
});
