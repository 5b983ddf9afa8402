import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { lawNamed, laws } from "../laws/index.ts";
import { mutants, mutatedText } from "./index.ts";

const root = new URL("../../", import.meta.url).pathname;
const farmFile = `${root}topologies/exit-node.farm.yml`;
const farmText = readFileSync(farmFile, "utf8");

describe("the mutants", () => {
  it("have ids of their own and name laws that have properties", () => {
    expect(new Set(mutants.map((mutant) => mutant.id)).size).toBe(mutants.length);
    for (const mutant of mutants)
      for (const id of mutant.laws) expect(lawNamed(id)?.properties.length, `${mutant.id}: ${id}`).toBeGreaterThan(0);
  });

  it("there is one for every law that a lab checks", () => {
    const caught = new Set(mutants.flatMap((mutant) => mutant.laws));
    const checked = laws.filter((law) => law.kind === "lab" && law.properties.length > 0).map((law) => law.id);
    expect(checked.filter((id) => !caught.has(id))).toEqual([]);
  });

  it.each(mutants)("$id fits its source: every text to replace is there once", (mutant) => {
    for (const patch of mutant.patches) {
      expect(readFileSync(root + patch.file, "utf8").split(patch.find).length - 1, patch.find).toBe(1);
      expect(patch.replace).not.toBe(patch.find);
    }
    expect(() => expectValue(loadFarm(mutatedText(mutant, farmText), farmFile))).not.toThrow();
  });
});
