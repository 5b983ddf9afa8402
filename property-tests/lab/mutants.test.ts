import { it } from "vitest";
import type { ExpectStatic } from "vitest";
import { partOf } from "../../reports/index.ts";
import { isWitness, matrixText, mutants, needsQuiet, runMutant } from "../mutants/index.ts";
import type { Mutant } from "../mutants/index.ts";
import { matrixOf, rowOf } from "../mutants/kill-matrix.ts";

/**
 * Each gate tries a seventh of the mutants, another one every day of the week, so that each is tried within seven; the deep run tries all.
 * The day is the only input that differs, so that a failure is repeated by its mutant's name: `farmlab laws --mutants --only NAME`.
 */
const parts = 7;
const today = Math.floor(Date.now() / (24 * 60 * 60 * 1000)) % parts;
const isDeep = process.env["FARMLAB_TEST_SIZE"] === "deep";

/** The deep run tries these, one by one; each takes minutes to fail. */
const [alone, beside] = [mutants.filter(needsQuiet), mutants.filter((mutant) => !needsQuiet(mutant))];
const chosen = isDeep ? beside : partOf(beside, { index: today + 1, count: parts });

/** Several at once; one alone whose every flow waits for its deadline takes a minute. */
const mutantWaitMs = 600_000;

async function tryMutant(mutant: Mutant, expect: ExpectStatic): Promise<void> {
  const everyLaw = isWitness(mutant);
  const run = await runMutant(mutant, { seed: 42, everyLaw });
  const matrix = matrixOf([rowOf(mutant, "", run)], 42, run.durationMs);
  expect(run.killedBy, matrixText(matrix)).toEqual(everyLaw ? mutant.laws : expect.arrayContaining([...mutant.laws]));
  for (const law of run.laws) if (law.verdict === "failed") expect(law.why).toContain("expected");
}

it.concurrent.for(chosen)("XC-5 $id is caught: $description", { timeout: mutantWaitMs }, async (mutant, { expect }) => {
  await tryMutant(mutant, expect);
});

if (isDeep) {
  it.for(alone)("XC-5 $id is caught: $description", { timeout: mutantWaitMs }, async (mutant, { expect }) => {
    await tryMutant(mutant, expect);
  });
}
