/** The property engine: how fast it looks, drives, reduces, and notices. Each part alone, one after the other. */
import { emulationFigures } from "./engine/emulation.ts";
import { killMatrixFigures } from "./engine/kill-matrix.ts";
import { modelFigures } from "./engine/model.ts";
import { reductionFigures } from "./engine/reduction.ts";
import { searchFigures } from "./engine/search.ts";
import { reportOf } from "./figures.ts";
import type { BenchReport, Part } from "./figures.ts";

const parts: readonly (readonly [name: string, part: Part])[] = [
  ["model", modelFigures],
  ["search", searchFigures],
  ["scenarios in labs", emulationFigures],
  ["seeded faults", killMatrixFigures],
  ["reduction", reductionFigures],
];

export async function engine(say: (line: string) => void): Promise<BenchReport> {
  return await reportOf("engine", parts, say);
}
