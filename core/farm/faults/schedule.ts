/** Faults in time, and what undoes them. */
import type { Problem } from "../../common/index.ts";
import { lasts, type Fault } from "./fault.ts";

export interface ScheduledFault {
  /** Milliseconds from the schedule's zero point. */
  readonly atMs: number;
  readonly fault: Fault;
  /** Absent: it lasts until everything is healed at the end. */
  readonly healAtMs?: number;
}

export interface Schedule {
  /** Every decision about a packet follows from it. */
  readonly seed: number;
  readonly faults: readonly ScheduledFault[];
}

/** One thing to do: a fault begins, or is healed. */
export interface Step {
  readonly atMs: number;
  readonly act: "begin" | "heal";
  /** Which of the schedule's faults, from 0. */
  readonly position: number;
}

/** The schedule's steps in the order of time; at one time what is healed comes first, else the order is the schedule's. */
export function stepsOf(schedule: Schedule): readonly Step[] {
  const steps = schedule.faults.flatMap(({ atMs, healAtMs }, position): Step[] => [
    { atMs, act: "begin", position },
    ...(healAtMs === undefined ? [] : [{ atMs: healAtMs, act: "heal" as const, position }]),
  ]);
  const rank = (step: Step): number => (step.act === "heal" ? 0 : 1);
  return steps.toSorted((one, other) => one.atMs - other.atMs || rank(one) - rank(other) || one.position - other.position);
}

/** What undoes these steps, a beginning of the schedule's: the faults that last and are not healed, the latest first. */
export function healing(schedule: Schedule, done: readonly Step[]): readonly number[] {
  const standing: number[] = [];
  for (const { act, position } of done) {
    const fault = schedule.faults[position]?.fault;
    if (act === "heal") standing.splice(standing.indexOf(position), standing.includes(position) ? 1 : 0);
    else if (fault !== undefined && lasts(fault)) standing.push(position);
  }
  return standing.toReversed();
}

function mistakeOf({ atMs, healAtMs, fault }: ScheduledFault): string | undefined {
  if (!(atMs >= 0) || !Number.isFinite(atMs)) return `begins at ${atMs} ms`;
  if (healAtMs === undefined) return undefined;
  if (!lasts(fault)) return "is over when it has happened, and cannot be healed";
  if (!(healAtMs > atMs) || !Number.isFinite(healAtMs)) return `begins at ${atMs} ms and is healed at ${healAtMs} ms`;
  return undefined;
}

/** What is wrong with the schedule's times. */
export function scheduleProblems(schedule: Schedule): readonly Problem[] {
  return schedule.faults.flatMap((scheduled, position): Problem[] => {
    const mistake = mistakeOf(scheduled);
    if (mistake === undefined) return [];
    const message = `fault ${position + 1} (${scheduled.fault.kind}) ${mistake}`;
    return [{ severity: "error", code: "bad-schedule", message, hint: "a fault begins at 0 ms or later, and is healed after that" }];
  });
}
