/** Makes the kill matrix: every chosen mutant on its farm, a few side by side and those that need quiet after them, judged by the laws that must catch it, and the laws' witnesses by every law. */
import { basename } from "node:path";
import type { MatrixRow } from "./kill-matrix.ts";
import { matrixOf, rowOf } from "./kill-matrix.ts";
import type { KillMatrix } from "./kill-matrix.ts";
import { needsQuiet } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";
import { farmOf, runMutant } from "./run-mutant.ts";
import { isWitness } from "./witnesses.ts";

export interface MatrixOptions {
  readonly seed: number;
  /** Mutants at once. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Those that every law is asked about, and not only the laws that must catch them; default: each law's witness. */
  readonly everyLaw?: (mutant: Mutant) => boolean;
  /** After each mutant, in the order in which they end. */
  readonly onRow: (row: MatrixRow, done: number, of: number) => void;
}

/** The rows are in the order of the mutants. Rejects with the signal's reason when interrupted; no lab is left then. */
export async function runMatrix(mutants: readonly Mutant[], options: MatrixOptions): Promise<KillMatrix> {
  const { seed, jobs, signal, onRow, everyLaw = isWitness } = options;
  const started = performance.now();
  const rows: MatrixRow[] = [];
  let done = 0;
  const entries = [...mutants.entries()];
  const beside = entries.filter(([, mutant]) => !needsQuiet(mutant));
  const alone = entries.filter(([, mutant]) => needsQuiet(mutant)).values();
  const isLong = ([, mutant]: [number, Mutant]): boolean => everyLaw(mutant);
  const [long, short] = [beside.filter(isLong).values(), beside.filter((one) => !isLong(one)).values()];
  const worker = async (waiting: Iterable<[number, Mutant]>): Promise<void> => {
    for (const [index, mutant] of waiting) {
      const row = rowOf(mutant, basename(farmOf(mutant).file), await runMutant(mutant, { seed, signal, everyLaw: everyLaw(mutant) }));
      rows[index] = row;
      done += 1;
      onRow(row, done, mutants.length);
    }
  };
  // Who is judged by every law keeps a processor busy; the others mostly wait for what does not come: some of each at once.
  const each = Array.from({ length: Math.max(1, Math.min(jobs, mutants.length)) }, async (_, index) => {
    for (const waiting of index % 2 === 0 ? [long, short] : [short, long]) await worker(waiting);
  });
  const workers = await Promise.allSettled(each);
  for (const one of workers) if (one.status === "rejected") throw one.reason;
  await worker(alone);
  return matrixOf(rows, seed, performance.now() - started);
}
