import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { mutants, runMutant } from "../mutants/index.ts";

const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const text = readFileSync(file, "utf8");

it.each(mutants)("XC-5 $id is caught: $description", async (mutant) => {
  const run = await runMutant(mutant, file, text, { laws: mutant.laws, seed: 42 });
  expect(run.killedBy.toSorted()).toEqual(mutant.laws.toSorted());
  for (const failure of run.failures) expect(failure.why).toContain("expected");
  expect(run.result.counterexamples[0]?.reproduce).toContain("--seed 42");
});
