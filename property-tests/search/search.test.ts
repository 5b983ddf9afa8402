import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { failureBound } from "../../reports/index.ts";
import { scenarioOf } from "../run/scenario.ts";
import { createSearch } from "./index.ts";
import type { Proposal, Search, SearchOptions } from "./index.ts";

const file = new URL("../../topologies/three-exit-nodes.farm.yml", import.meta.url).pathname;
const base = expectValue(loadFarm(readFileSync(file, "utf8"), file)).document;

/** Runs proposals that all pass and cover what the model says. */
function passing(search: Search, count: number): Proposal[] {
  return Array.from({ length: count }, () => {
    const proposal = search.next();
    search.learn(proposal, { coverage: proposal.predicted, failed: false });
    return proposal;
  });
}

const farmPart = (part: unknown): string => JSON.stringify(part);

const options = (more: Partial<SearchOptions> = {}): SearchOptions => ({ seed: 1, unguidedShare: 0.25, lookedAt: 60, ...more });

describe("a search", () => {
  it("proposes the same again for the same seed and answers", () => {
    const texts = (): string[] => passing(createSearch(options({ timelines: true })), 12).map(({ document }) => farmText(document));
    expect(texts()).toEqual(texts());
  });

  it("draws its share unguided, and the same whatever was learnt", () => {
    const unguided = (search: Search, learn: boolean): FarmFile[] =>
      Array.from({ length: 16 }, () => {
        const proposal = search.next();
        if (learn) search.learn(proposal, { coverage: ["route:something-new"], failed: true });
        return proposal;
      }).flatMap(({ arm, document }) => (arm === "unguided" ? [document] : []));
    const first = unguided(createSearch(options()), false);
    expect(first).toHaveLength(4);
    expect(unguided(createSearch(options({ lookedAt: 30 })), true)).toEqual(first);
  });

  it("follows what kernels have shown later than the rest: much of such a farm stays", () => {
    let [alike, different] = [0, 0];
    const seeds = [1, 2, 3, 4, 5, 6];
    for (const seed of seeds) {
      const search = createSearch(options({ seed }));
      const proposals = Array.from({ length: 6 }, () => search.next());
      for (const [index, proposal] of proposals.entries()) {
        const coverage = ["rule:gateway/of-every-farm", ...(index === 4 ? ["drop:gateway/of-one-alone"] : [])];
        search.learn(proposal, { coverage, failed: false });
      }
      const parent = proposals[4]?.document;
      const followers = Array.from({ length: 12 }, (_, index) => search.follow(index));
      const isLike = ({ document }: Proposal): boolean =>
        [document.nodes, document.networks].some((part, index) => farmPart(part) === farmPart([parent?.nodes, parent?.networks][index]));
      alike += followers.filter(isLike).length;
      expect(proposals.filter(isLike)).toEqual([proposals[4]]);
      different += new Set(followers.map(({ document }) => farmText(document))).size;
      expect(followers.map(({ arm }) => arm)).toEqual(followers.map(() => "followed"));
    }
    // How much of one farm stays hangs on it: where little is new in a change of its nodes, nearly all.
    expect(alike).toBeGreaterThan(3 * seeds.length);
    expect(different).toBeGreaterThan(9 * seeds.length);
  });

  it("has something to follow from the beginning, and goes on beside it as if nothing was learnt or followed", () => {
    const quiet = createSearch(options());
    const search = createSearch(options());
    for (let count = 0; count < 12; count += 1) {
      const proposal = search.next();
      expect(farmText(proposal.document)).toBe(farmText(quiet.next().document));
      const followed = search.follow(count);
      for (const one of [proposal, followed]) search.learn(one, { coverage: [`route:new-${count}`, ...one.predicted], failed: false });
    }
  });

  it("proposes farms that can run", () => {
    for (const { document, seed } of passing(createSearch(options({ timelines: true })), 20)) {
      expect(scenarioOf(document, seed, "proposed.farm.yml").problems.filter(({ severity }) => severity === "error")).toEqual([]);
    }
  });

  it("keeps nodes and surroundings of the farm it is given", () => {
    const { networks: _, ...ground } = base;
    const proposals = passing(createSearch(options({ base })), 12);
    for (const { document, seed } of proposals) {
      const { networks: __, ...rest } = document;
      expect(rest).toEqual(ground);
      expect(scenarioOf(document, seed, file).ok).toBe(true);
    }
    const guided = proposals.filter(({ arm }) => arm === "guided");
    expect(new Set(guided.map(({ document }) => farmText(document))).size).toBe(guided.length);
  });

  it("covers more in a few labs than farms drawn unguided do in many", () => {
    const guided = createSearch(options({ unguidedShare: 0, lookedAt: 200 }));
    const unguided = createSearch(options({ unguidedShare: 1 }));
    passing(guided, 10);
    passing(unguided, 30);
    expect(guided.result().keys?.length).toBeGreaterThan(unguided.result().keys?.length ?? 0);
  });

  it("says what it excludes of the unguided alone, and nothing once one of them failed", () => {
    const search = createSearch(options());
    expect(search.result()).toMatchObject({ modelled: 0, emulated: 0, unguided: 0, excludes: null, keys: [] });
    const proposals = Array.from({ length: 8 }, () => search.next());
    for (const proposal of proposals) search.learn(proposal, { coverage: ["drop:kernel-says"], failed: proposal.arm === "guided" });
    const result = search.result();
    expect(result).toMatchObject({ emulated: 8, unguided: 2, unguidedFailed: 0, excludes: failureBound(0, 2) });
    expect(result.covered["drop"]).toEqual({ count: 1, known: null });
    expect(result.covered["clause"]?.count).toBe(0);
    expect(result.covered["layout"]?.count).toBeGreaterThan(10);
    const more = Array.from({ length: 4 }, () => search.next());
    for (const proposal of more) search.learn(proposal, { coverage: [], failed: true });
    expect(search.result()).toMatchObject({ unguided: 3, unguidedFailed: 1, excludes: null });
  });

  it("refuses what is no share, a farm without an exit node, and to learn twice", () => {
    expect(() => createSearch(options({ unguidedShare: 1.5 }))).toThrow("no share");
    const { networks: _, nodes, ...rest } = base;
    const { hidden } = nodes;
    if (hidden === undefined) throw new Error("the farm has a hidden node");
    expect(() => createSearch(options({ base: { ...rest, nodes: { hidden } } }))).toThrow("no exit node");
    const search = createSearch(options());
    const [proposal] = passing(search, 1);
    expect(() => search.learn(proposal!, { coverage: [], failed: false })).toThrow("twice");
  });
});
