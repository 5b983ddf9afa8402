/** The property engine: how fast it looks, drives, reduces, and notices. Each part alone, one after the other. */
import { emulationFigures } from "./engine/emulation.ts";
import { killMatrixFigures } from "./engine/kill-matrix.ts";
import { modelFigures } from "./engine/model.ts";
import { reductionFigures } from "./engine/reduction.ts";
import { searchFigures } from "./engine/search.ts";
import type { BenchFigure, BenchReport } from "./figures.ts";

type Part = (say: (line: string) => void) => Promise<readonly BenchFigure[]>;

const parts: readonly (readonly [name: string, part: Part])[] = [
  ["model", modelFigures],
  ["search", searchFigures],
  ["scenarios in labs", emulationFigures],
  ["seeded faults", killMatrixFigures],
  ["reduction", reductionFigures],
];

export async function engine(say: (line: string) => void): Promise<BenchReport> {
  const figures: BenchFigure[] = [];
  for (const [name, part] of parts) {
    say(`${name} ...`);
    figures.push(...(await part(say)));
  }
  return { schema: "farmlab.bench/1", name: "engine", figures, dominates: [] };
}
