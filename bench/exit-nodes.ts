/** Exit nodes as farms grow: what deriving, planning and changing cost where NRs are counted in thousands. Each part alone, one after the other. */
import { derivationFigures } from "./exit-nodes/derivation.ts";
import { fullFarmFigures } from "./exit-nodes/full-farm.ts";
import { growthFigures } from "./exit-nodes/growth.ts";
import type { BenchFigure, BenchReport } from "./figures.ts";

type Part = (say: (line: string) => void) => Promise<readonly BenchFigure[]>;

const parts: readonly (readonly [name: string, part: Part])[] = [
  ["derivation", derivationFigures],
  ["a full farm", fullFarmFigures],
  ["growth", growthFigures],
];

export async function exitNodes(say: (line: string) => void): Promise<BenchReport> {
  const figures: BenchFigure[] = [];
  for (const [name, part] of parts) {
    say(`${name} ...`);
    figures.push(...(await part(say)));
  }
  return { schema: "farmlab.bench/1", name: "exit-nodes", figures, dominates: [] };
}
