/** How long it takes, and how many labs, until a law sees a seeded fault: of the last whole matrix where there is one, else of a sample. */
import { cacheDirectory } from "../../emulator/image/index.ts";
import { lastMatrix, mutants, runMatrix } from "../../property-tests/mutants/index.ts";
import type { KillMatrix } from "../../property-tests/mutants/index.ts";
import { sourcesHash } from "../../property-tests/run/index.ts";
import { partOf } from "../../reports/index.ts";
import type { BenchFigure } from "../figures.ts";

/** Every eleventh mutant: some of every subject. */
const sampleParts = 11;
const jobs = 2;
/** Of the whole matrix on 2 cores, and of the part of it that CI runs. */
const wholeMinutes = 20;

/** Seconds that all mutants take, side by side as they were. */
function wholeSeconds({ rows, durationMs }: KillMatrix): number {
  return ((durationMs / 1000) * mutants.length) / rows.length;
}

export async function killMatrixFigures(say: (line: string) => void): Promise<readonly BenchFigure[]> {
  const kept = lastMatrix(cacheDirectory(), sourcesHash());
  const isWhole = kept?.rows.length === mutants.length;
  const signal = new AbortController().signal;
  const onRow = ({ mutant, killedBy }: { readonly mutant: string; readonly killedBy: readonly string[] }): void =>
    say(`${mutant}: ${killedBy.length === 0 ? "lives" : `caught by ${killedBy.join(", ")}`}`);
  const matrix = isWhole ? kept : await runMatrix(partOf(mutants, { index: 1, count: sampleParts }), { seed: 42, jobs, signal, onRow });
  const caught = matrix.rows.filter(({ killedBy }) => killedBy.length > 0).length;
  return [
    { name: "mutants tried", value: matrix.rows.length, unit: "", target: null },
    { name: "mutants that live", value: matrix.rows.length - caught, unit: "", target: 0 },
    { name: "until a law fails, middle", value: (matrix.medianKillMs ?? Number.NaN) / 1000, unit: "s", target: null },
    { name: "labs until a law fails, middle", value: matrix.medianEmulations ?? Number.NaN, unit: "", target: 1 },
    { name: `the whole matrix${isWhole ? "" : ", by this sample"}`, value: wholeSeconds(matrix) / 60, unit: "min", target: wholeMinutes },
  ];
}
