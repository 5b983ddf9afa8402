import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue, formatPrefix } from "../core/common/index.ts";
import { loadFarm } from "../core/farm/index.ts";
import type { Farm } from "../core/farm/index.ts";

const ending = ".farm.yml";
const files = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(ending));
const load = (name: string): Farm => expectValue(loadFarm(readFileSync(new URL(name, import.meta.url), "utf8"), name)).farm;

describe("the farms to run", () => {
  it.each(files)("%s loads, is named like its file and says what it shows", (name) => {
    const farm = load(name);
    expect(farm.name).toBe(name.slice(0, -ending.length));
    expect(farm.about).toMatch(/\.$/);
  });

  it("EX-6 the upstream routers have one static /52 route per exit node", () => {
    const partsOf = (name: string): string[] =>
      load(name).upstreams.flatMap(({ routes }) => routes.flatMap(({ prefix }) => (prefix.length === 52 ? [formatPrefix(prefix)] : [])));
    expect(partsOf("exit-node.farm.yml")).toEqual(["2a02:1802:5e:1000::/52"]);
    expect(partsOf("three-exit-nodes.farm.yml")).toEqual(["2a10:c0de:7:1000::/52", "2a10:c0de:7:2000::/52", "2a10:c0de:7:a000::/52"]);
  });
});
