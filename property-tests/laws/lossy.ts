/**
 * Links that lose packets by chance: a law that speaks of one probe says nothing then. So as many are sent, one after the other, that chance
 * alone would not lose them all, and of flows of which that takes too many, or of which nobody knows the chance, nothing is said.
 */
import type { Farm } from "../../core/farm/index.ts";
import { predictAtRest } from "../oracle/index.ts";
import type { Flow, World } from "../oracle/index.ts";
import type { SendRequest, Sent, Session } from "../run/session.ts";

/** What happens less often than this was not chance. */
export const improbable = 1e-6;
/** More probes of one flow no law waits for; enough where half of all round trips are lost. */
const mostProbes = 20;

/** How many probes have to go unanswered, each of them answered with this probability at least; undefined: too many. */
export function probesFor(chance: number): number | undefined {
  if (chance >= 1) return 1;
  const probes = Math.ceil(Math.log(improbable) / Math.log(1 - chance));
  return chance > 0 && probes <= mostProbes ? probes : undefined;
}

/** Whether any link of the farm loses packets all the time. */
export const losesPackets = ({ conditions }: Farm): boolean =>
  conditions.some(({ up, down, edits }) => (up?.loss ?? 0) > 0 || (down?.loss ?? 0) > 0 || edits !== undefined);

/** Whether nothing that the farm's links do to packets all the time can change what becomes of one probe, as far as its way is known. */
export function isSure(world: World, flow: Flow): boolean {
  const timed = predictAtRest(world, flow);
  if (timed === undefined) return !losesPackets(world.farm);
  return timed.mode === "must" || (timed.mode === "must not" && timed.because === "");
}

/** Probes one after the other until one is answered, at most so many: the last of them, and how many there were. */
export async function sendUntilAnswered(
  send: Session["send"],
  request: SendRequest,
  most: number,
): Promise<{ readonly sent: Sent; readonly probes: number }> {
  for (let probes = 1; ; probes += 1) {
    const sent = await send(request);
    if (sent.answer.kind !== "timeout" || probes >= most) return { sent, probes };
  }
}

/** How often a probe that has to be answered is sent in this farm before it counts as unanswered, whatever way it takes. */
export const probesIn = (farm: Farm): number => (losesPackets(farm) ? mostProbes : 1);
