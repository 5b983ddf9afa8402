import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm, namedConditions, plugName, plugsOf, type Farm } from "../../core/farm/index.ts";
import { wireOf } from "../../emulator/wire/index.ts";
import { compileFarm } from "./compile-farm.ts";
import { conditionRules } from "./conditions.ts";

const load = (file: string): Farm => expectValue(loadFarm(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"), file)).farm;
const farm = load("mobile-uplink.farm.yml");

describe("the plugs of a farm", () => {
  it("are its topology's links", () => {
    for (const file of ["exit-node.farm.yml", "three-exit-nodes.farm.yml"]) {
      const links = compileFarm(load(file), { seed: 1 }).links.map(({ name }) => name);
      expect(plugsOf(load(file)).map(plugName).toSorted()).toEqual(links.toSorted());
    }
  });
});

describe("a farm's conditions", () => {
  it("become rules of the links named, in the directions named, by their names and with what changes them", () => {
    const { up, down } = namedConditions["4g"];
    expect(conditionRules(farm, 7).map(({ link, direction, name, rule }) => [link, direction, name, { ...rule, seed: 0 }])).toEqual([
      ["home-a:wan", 0, "condition-1", { ...up, loss: 0, seed: 0 }],
      ["home-a:wan", 1, "condition-1", { ...down, loss: 0, seed: 0 }],
      ...["home-b:lan", "node-3:eth0"].flatMap((link) => [
        [link, 0, "condition-2", { ...namedConditions.wifi.up, loss: 0, seed: 0 }],
        [link, 1, "condition-2", { ...namedConditions.wifi.down, loss: 0, seed: 0 }],
      ]),
      ["node-1:eth1", 1, "condition-3", { delayMs: 3, seed: 0 }],
    ]);
  });

  it("have their decisions by hand in each direction that they are about", () => {
    const edits = [{ flow: "*", index: 3, action: "drop" }] as const;
    const byHand = { ...farm, conditions: [{ on: { kind: "link", link: "home-a:wan" }, up: {}, down: { delayMs: 1 }, edits }] } as const;
    expect(conditionRules(byHand, 7).map(({ direction, rule }) => [direction, { ...rule, seed: 0 }])).toEqual([
      [0, { edits, seed: 0 }],
      [1, { delayMs: 1, edits, seed: 0 }],
    ]);
  });

  it("follow from the seed, and differ between two conditions", () => {
    const seeds = (seed: number): number[] => [...new Set(conditionRules(farm, seed).map(({ rule }) => rule.seed))];
    expect(seeds(7)).toHaveLength(3);
    expect(seeds(7)).toEqual(seeds(7));
    expect(seeds(8)).not.toEqual(seeds(7));
  });

  it("wire exactly the links that they are of, and those asked for", () => {
    const wired = (options: { wired?: string[] }, of = farm): string[] | undefined =>
      wireOf(compileFarm(of, { seed: 1, ...options }))
        ?.links.map(({ name }) => name)
        .toSorted();
    const conditioned = ["home-a:wan", "home-b:lan", "node-1:eth1", "node-3:eth0"];
    expect(wired({})).toEqual(conditioned);
    expect(wired({ wired: ["grid:wan", "home-a:wan"] })).toEqual(["grid:wan", ...conditioned]);
    expect(wired({}, { ...farm, conditions: [] })).toBeUndefined();
  });
});
