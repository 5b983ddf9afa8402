import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue, formatPrefix } from "../core/common/index.ts";
import { loadFarm } from "../core/farm/index.ts";
import type { Farm } from "../core/farm/index.ts";
import { imageName } from "../emulator/image/index.ts";
import { readClab, splitWords } from "../emulator/topology/index.ts";
import { compileFarm, exportClab } from "./index.ts";

const ending = ".farm.yml";
const files = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(ending));
const load = (name: string): Farm => expectValue(loadFarm(readFileSync(new URL(name, import.meta.url), "utf8"), name)).farm;

describe("the farms to run", () => {
  it.each(files)("%s loads, is named like its file and says what it shows", (name) => {
    const farm = load(name);
    expect(farm.name).toBe(name.slice(0, -ending.length));
    expect(farm.about).toMatch(/\.$/);
  });

  it.each(files)("%s is exported beside it as it is; `npx vitest run --project unit topologies -u` exports it anew", async (name) => {
    const exported = new URL(name.replace(ending, ".clab.yml"), import.meta.url).pathname;
    await expect(exportClab(load(name), imageName())).toMatchFileSnapshot(exported);
  });

  it.each(files)("%s as exported reads as the nodes and links of its lab, and holds no key", (name) => {
    const lab = compileFarm(load(name), { seed: 1 });
    const text = exportClab(load(name), imageName());
    const { nodes, links } = expectValue(readClab(text, name, { environment: {}, folder: "/", seed: 2 }));
    expect(nodes.map((node) => [node.name, node.role])).toEqual(lab.nodes.map((node) => [node.name, node.role]));
    expect(links.map((link) => [link.name, link.mtu])).toEqual(lab.links.map((link) => [link.name, link.mtu]));
    expect(JSON.stringify(lab)).not.toContain("keySeed");
    const written = nodes.flatMap((node) => node.container?.exec ?? []).map((line) => splitWords(line) ?? []);
    const contents = written.filter(([, command]) => command === "write").map((words) => Buffer.from(words[5] ?? "", "base64").toString());
    expect(contents.some((content) => content.includes("/etc/farmlab") || content.includes('"store"'))).toBe(true);
    expect(contents.filter((content) => content.includes("keySeed"))).toEqual([]);
  });

  it("EX-6 the upstream routers have one static /52 route per exit node", () => {
    const partsOf = (name: string): string[] =>
      load(name).upstreams.flatMap(({ routes }) => routes.flatMap(({ prefix }) => (prefix.length === 52 ? [formatPrefix(prefix)] : [])));
    expect(partsOf("exit-node.farm.yml")).toEqual(["2a02:1802:5e:1000::/52"]);
    expect(partsOf("three-exit-nodes.farm.yml")).toEqual(["2a10:c0de:7:1000::/52", "2a10:c0de:7:2000::/52", "2a10:c0de:7:a000::/52"]);
  });
});
