/** How long things take to be as they were. */
import type { Farm, Fault } from "../../../core/farm/index.ts";

/** WireGuard tries a handshake again after 5 s and up to a third of one more (REKEY_TIMEOUT), and neighbours are asked for within that. */
const linkSettleMs = 6000;
/** A node that has started again has lost its tunnels' sessions: the others make new ones after 15 s of silence at the latest, and try again every 5. */
const nodeSettleMs = 25_000;
/** After all agents say that they have carried a change out, for packets that were on their way. */
export const changeSettleMs = 300;
/** A node that is there again asks for its exit node after 2 s, and everything is made anew on it and opened from all sides. */
const handBackSettleMs = 15_000;
/** From the moment at which everything is healed. */
export const livenessWaitMs = 40_000;

/** Daemons that carry tunnels are called like their interfaces. */
const losesSessions = (fault: Fault): boolean =>
  fault.kind === "node-reboot" || fault.kind === "node-death" || (fault.kind === "process-kill" && fault.service.startsWith("wg-"));

/** How long a farm may take after what its timeline does. */
export function settleMsOf({ timeline, nodes }: Farm): number {
  const isStoodInFor = nodes.some(({ exitNode }) => exitNode?.standbys !== undefined);
  const settleMs = timeline.faults.some(({ fault }) => losesSessions(fault)) ? nodeSettleMs : linkSettleMs;
  return isStoodInFor ? Math.max(settleMs, handBackSettleMs) : settleMs;
}

/** When the last thing that the timeline says has been done. */
export function lastMsOf({ timeline: { faults, changes } }: Farm): number {
  return Math.max(0, ...faults.map(({ atMs, healAtMs }) => healAtMs ?? atMs), ...changes.map(({ atMs }) => atMs));
}

/** How long a timeline may take to be carried out and judged: agents have this much for each of its changes besides. */
export function timelineWaitMs(farm: Farm): number {
  const changeWaitMs = 20_000;
  return lastMsOf(farm) + (farm.timeline.changes.length + 2) * changeWaitMs + 2 * livenessWaitMs;
}
