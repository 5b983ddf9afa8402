import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { lawNamed, laws } from "../laws/index.ts";
import { farmOf, mutantNamed, mutants } from "./index.ts";
import { subsumed } from "./subsumed.ts";
import { witnesses } from "./witnesses.ts";

const root = new URL("../../", import.meta.url).pathname;

describe("the mutants", () => {
  it("have ids of their own and name laws that have properties", () => {
    expect(new Set(mutants.map((mutant) => mutant.id)).size).toBe(mutants.length);
    for (const mutant of mutants)
      for (const id of mutant.laws) expect(lawNamed(id)?.properties.length, `${mutant.id}: ${id}`).toBeGreaterThan(0);
  });

  it("there is one for every law that has a property, and a witness of it, or it is listed as subsumed", () => {
    const named = new Set(mutants.flatMap((mutant) => mutant.laws));
    const checked = laws.filter((law) => law.properties.length > 0).map((law) => law.id);
    expect(checked.filter((id) => !named.has(id))).toEqual([]);
    const needed = checked.filter((id) => !subsumed.some(({ law }) => law === id));
    expect(Object.keys(witnesses).toSorted()).toEqual(needed.toSorted());
    for (const [law, id] of Object.entries(witnesses)) expect(mutantNamed(id)?.laws, `${law}: ${id}`).toEqual([law]);
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
