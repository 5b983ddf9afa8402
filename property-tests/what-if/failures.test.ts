import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { chosenFailures, failurePairs, failureWords, isTunnelDaemon, partsOf, singleFailures } from "./failures.ts";
import type { Part } from "./failures.ts";

const path = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const { farm } = expectValue(loadFarm(readFileSync(path, "utf8"), path));
const tunnel = { node: "node-2", service: "wg-1b2c-1" };
const parts = partsOf(farm, [tunnel]);
const named = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

describe("the failures of a farm", () => {
  it("are those of its links, nodes and daemons, and of the store's host, but of no other host of the internet", () => {
    expect(named(singleFailures(parts))).toEqual([
      ...["grid:wan", "upstream:wan", "upstream:swp1", "home-a:wan", "home-a:lan", "home-b:wan", "home-b:lan"].map(
        (name) => `link ${name}`,
      ),
      ...["node-1:eth0", "node-1:eth1", "node-2:eth0", "node-3:eth0"].map((name) => `link ${name}`),
      ...["prefix-zero", "lan-a", "lan-b", "upstream", "home-a", "home-b", "grid", "node-1", "node-2", "node-3"].map(
        (name) => `node ${name}`,
      ),
      ...["upstream/mgmtd", "upstream/zebra", "upstream/staticd", "grid/reflector", "grid/store", "grid/allocator"].map(
        (name) => `process ${name}`,
      ),
      ...["node-1/agent", "node-2/agent", "node-3/agent", "node-2/wg-1b2c-1"].map((name) => `process ${name}`),
    ]);
  });

  it("come in pairs of which neither is part of the other", () => {
    const pairs = failurePairs(farm, parts);
    const names = named(pairs);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("link home-a:wan + node home-b");
    expect(names).toContain("node home-a + process node-2/wg-1b2c-1");
    for (const within of ["link home-a:lan + node home-a", "link home-a:lan + node lan-a", "node node-2 + process node-2/agent"]) {
      expect(names).not.toContain(within);
    }
    const all = (parts.length * (parts.length - 1)) / 2;
    // Each link has two nodes that may be without power, but those that lead to the internet one; each daemon has one.
    const isIn = (kind: Part["kind"]): number => parts.filter((part) => part.kind === kind).length;
    expect(pairs).toHaveLength(all - (2 * isIn("link") - 4) - isIn("process"));
  });

  it("are chosen by kind or by name", () => {
    const all = [...singleFailures(parts), ...failurePairs(farm, parts)];
    expect(chosenFailures(all, [])).toBe(all);
    expect(named(chosenFailures(all, ["node lan-a", "process grid/store", "node lan-b + node lan-a"]))).toEqual([
      ...["node lan-a", "process grid/store", "node lan-a + node lan-b"],
    ]);
    const links = chosenFailures(all, ["link"]);
    expect(links.every(({ parts: those }) => those.every(({ kind }) => kind === "link"))).toBe(true);
    expect(links).toHaveLength(11 + 55);
  });

  it("have words that are known before there is a lab", () => {
    expect(failureWords(farm)).toEqual(["link", "node", "process", ...named(singleFailures(partsOf(farm)))]);
    expect(isTunnelDaemon(farm, "process node-2/wg-1b2c-1")).toBe(true);
    expect(isTunnelDaemon(farm, "process home-a/wg-1b2c-1")).toBe(false);
  });
});
