import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { lawNamed, laws } from "../laws/index.ts";
import { farmOf, mutants } from "./index.ts";
import { subsumed } from "./subsumed.ts";

const root = new URL("../../", import.meta.url).pathname;

describe("the mutants", () => {
  it("have ids of their own and name laws that have properties", () => {
    expect(new Set(mutants.map((mutant) => mutant.id)).size).toBe(mutants.length);
    for (const mutant of mutants)
      for (const id of mutant.laws) expect(lawNamed(id)?.properties.length, `${mutant.id}: ${id}`).toBeGreaterThan(0);
  });

  it("there is one for every law that has a property, and one for which it is the only law named, or it is listed as subsumed", () => {
    const named = new Set(mutants.flatMap((mutant) => mutant.laws));
    const alone = new Set([
      ...mutants.filter((mutant) => mutant.laws.length === 1).flatMap((mutant) => mutant.laws),
      ...subsumed.map(({ law }) => law),
    ]);
    const checked = laws.filter((law) => law.properties.length > 0).map((law) => law.id);
    expect(checked.filter((id) => !named.has(id))).toEqual([]);
    expect(checked.filter((id) => !alone.has(id))).toEqual([]);
  });

  it.each(mutants)("$id fits its source: every text to replace is there once", (mutant) => {
    for (const patch of mutant.patches) {
      expect(readFileSync(root + patch.file, "utf8").split(patch.find).length - 1, patch.find).toBe(1);
      expect(patch.replace).not.toBe(patch.find);
    }
    const { file, text } = farmOf(mutant);
    expect(() => expectValue(loadFarm(text, file))).not.toThrow();
  });
});
