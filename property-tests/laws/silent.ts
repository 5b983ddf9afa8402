import type { Farm } from "../../core/farm/index.ts";

/** Why a property is silent on a farm whose file has none of what the property is about. */
export const noTimeline = "this farm has no timeline";
export const noExpectations = "this farm file expects nothing of its own";
export const noStandby = "this farm has no exit node with a standby";

export const noPartners = "this farm has no exit nodes that are partners";

export const noTables = "no gateway of this farm has a routing table for each network";

export const onlyMeshes = "all networks of this farm are WireGuard meshes";
export const noVxlan = "this farm has no VXLAN and stranger to it";

/** Whether a property was skipped since the file has nothing of the kind, which is no want of the host or of the harness. */
export const isSilent = (why: string | null): boolean =>
  why === noTimeline ||
  why === noExpectations ||
  why === noStandby ||
  why === noPartners ||
  why === noTables ||
  why === onlyMeshes ||
  why === noVxlan;

/** What properties of a farm may say of it, by what its file has. */
export function silencesOf({ timeline, expectations, nodes, networks }: Farm): readonly string[] {
  return [
    ...(timeline.faults.length + timeline.changes.length === 0 ? [noTimeline] : []),
    ...(expectations.length === 0 ? [noExpectations] : []),
    ...(nodes.every(({ exitNode }) => exitNode?.standbys === undefined) ? [noStandby] : []),
    ...(nodes.every(({ exitNode }) => exitNode?.partner === undefined) ? [noPartners] : []),
    ...(nodes.every(({ exitNode }) => exitNode?.isolation !== "vrf") ? [noTables] : []),
    ...(networks.every(({ overlay }) => overlay === undefined) ? [onlyMeshes] : []),
    ...(networks.every(({ overlay }) => overlay?.kind !== "vxlan") ? [noVxlan] : []),
  ];
}
