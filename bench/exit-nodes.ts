/** Exit nodes as farms grow: what deriving, planning and changing cost where NRs are counted in thousands. What a BAR of that size costs in a lab, too. Each part alone, one after the other. */
import { derivationFigures } from "./exit-nodes/derivation.ts";
import { fullFarmFigures } from "./exit-nodes/full-farm.ts";
import { growthFigures } from "./exit-nodes/growth.ts";
import { liveGatewayFigures, requireGatewayRoom } from "./exit-nodes/live-gateway.ts";
import { partnerFigures } from "./exit-nodes/partners.ts";
import { reportOf } from "./figures.ts";
import type { BenchReport, Part } from "./figures.ts";

const parts: readonly (readonly [name: string, part: Part])[] = [
  ["derivation", derivationFigures],
  ["a full farm", fullFarmFigures],
  ["growth", growthFigures],
  ["a live gateway", liveGatewayFigures],
  ["partners", partnerFigures],
];

/** Throws a LabError where this machine has no room for the largest of its labs. */
export async function exitNodes(say: (line: string) => void): Promise<BenchReport> {
  requireGatewayRoom();
  return await reportOf("exit-nodes", parts, say);
}
