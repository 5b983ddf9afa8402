/** The last kill matrix, kept in the cache with a hash of the sources that it is of; parts of one add up to the whole. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mutants } from "./catalogue.ts";
import { matrixOf } from "./kill-matrix.ts";
import type { KillMatrix, MatrixRow } from "./kill-matrix.ts";

interface Kept {
  readonly sources: string;
  readonly matrix: KillMatrix;
}

const fileOf = (cache: string): string => join(cache, "verdicts", "kill-matrix.json");

/** The matrix of these sources, with whatever rows have been made so far; undefined where there are none. */
export function lastMatrix(cache: string, sources: string): KillMatrix | undefined {
  try {
    const kept = JSON.parse(readFileSync(fileOf(cache), "utf8")) as Kept;
    return kept.sources === sources ? kept.matrix : undefined;
  } catch {
    return undefined;
  }
}

/** New rows take the place of older ones of the same mutants. Answers what is kept now. */
export function keepMatrix(cache: string, sources: string, made: KillMatrix): KillMatrix {
  const before = lastMatrix(cache, sources);
  const rows = new Map([...(before?.rows ?? []), ...made.rows].map((row): [string, MatrixRow] => [row.mutant, row]));
  const ordered = mutants.flatMap(({ id }) => rows.get(id) ?? []);
  // A whole one took as long as it took; parts add up.
  const earlierMs = made.rows.length === mutants.length ? 0 : (before?.durationMs ?? 0);
  const matrix = matrixOf(ordered, made.seed, made.durationMs + earlierMs);
  mkdirSync(join(cache, "verdicts"), { recursive: true });
  const draft = `${fileOf(cache)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ sources, matrix } satisfies Kept));
  renameSync(draft, fileOf(cache));
  return matrix;
}
