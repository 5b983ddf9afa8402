/** Carries a timeline out in a lab: its faults on schedule, and beside them who comes and goes. */
import type { Clock } from "../../../core/common/index.ts";
import { lasts } from "../../../core/farm/index.ts";
import type { Change, ScheduledFault, Timeline } from "../../../core/farm/index.ts";
import { wishesAt } from "../../../core/intents/index.ts";
import { withFaults } from "../../../emulator/faults/index.ts";
import type { Happened } from "../../../emulator/faults/index.ts";
import { faultContext } from "../fault-context.ts";
import { HarnessError } from "../../laws/law.ts";
import type { Session } from "../session.ts";
import { lastMsOf } from "./settling.ts";

export interface CarriedOut {
  readonly happened: Timeline;
  readonly onsetMs: number;
  readonly doneMs: number;
  readonly changeMs: number;
  readonly healedMs: number;
}

interface MadeChange {
  readonly changes: readonly Change[];
  readonly begunMs: number;
  /** Undefined where the store or an agent did not take it: nobody knows when it will have. */
  readonly endedMs: number | undefined;
}

/** For packets that are on their way when something happens. */
const marginMs = 20;

/** The changes of each moment together, one moment after the other: agents that cannot hear of one hold up the next. */
async function makeChanges(session: Session, clock: Clock, zeroMs: number): Promise<MadeChange[]> {
  const { farm } = session;
  const moments = [...Map.groupBy(farm.timeline.changes, ({ atMs }) => atMs)].toSorted(([one], [other]) => one - other);
  const made: MadeChange[] = [];
  for (const [atMs, changes] of moments) {
    const restMs = atMs - (clock.nowMs() - zeroMs);
    if (restMs > 0) await clock.pause(restMs);
    const begunMs = clock.nowMs() - zeroMs;
    let isTaken = true;
    try {
      await session.changeIntents(wishesAt(farm, atMs));
    } catch (error) {
      // A node that is cut off hears of it when it is back, and so does a store that is away: both are waited for at the end.
      if (!(error instanceof HarnessError)) throw error;
      isTaken = false;
    }
    made.push({ changes, begunMs, endedMs: isTaken ? clock.nowMs() - zeroMs : undefined });
  }
  return made;
}

function happenedFault(scheduled: ScheduledFault, steps: readonly Happened[], healedMs: number): ScheduledFault[] {
  const begin = steps.find(({ act }) => act === "begin");
  const heal = steps.find(({ act }) => act === "heal");
  if (begin === undefined) return [];
  const { fault } = scheduled;
  return [{ fault, atMs: begin.begunMs - marginMs, ...(lasts(fault) ? { healAtMs: (heal?.begunMs ?? healedMs) - marginMs } : {}) }];
}

/** From the zero point on; resolves when everything is done and healed. Throws a FaultError where the lab cannot be put through it. */
export async function carryOut(session: Session, clock: Clock, zeroMs: number): Promise<CarriedOut> {
  const { farm, lab, seed } = session;
  const { faults } = farm.timeline;
  const context = { ...faultContext(lab, clock), zeroMs };
  const { value: made, timeline } = await withFaults({ seed, faults }, context, async ({ allDone }) => {
    const [changes] = await Promise.all([makeChanges(session, clock, zeroMs), allDone]);
    const restMs = lastMsOf(farm) - (clock.nowMs() - zeroMs);
    if (restMs > 0) await clock.pause(restMs);
    return changes;
  });
  const healedMs = clock.nowMs() - zeroMs;
  const took = (steps: readonly { readonly begunMs: number; readonly endedMs: number | undefined }[]): number =>
    Math.max(0, ...steps.map(({ begunMs, endedMs = healedMs }) => endedMs - begunMs));
  return {
    happened: {
      faults: faults.flatMap((scheduled, position) =>
        happenedFault(
          scheduled,
          timeline.filter((step) => step.position === position),
          healedMs,
        ),
      ),
      changes: made.flatMap(({ changes, begunMs }) => changes.map((change) => ({ ...change, atMs: begunMs }))),
    },
    onsetMs: took(timeline.filter(({ act, fault }) => act === "begin" && lasts(fault))) + 3 * marginMs,
    doneMs: took(timeline.filter(({ act, fault }) => act === "heal" || !lasts(fault))) + 3 * marginMs,
    changeMs: took(made) + 3 * marginMs,
    healedMs,
  };
}
