/** Carries a schedule out beside other work, and heals everything when that ends, however it ends. */
import { hash32, type Clock } from "../../core/common/index.ts";
import type { Fault, Schedule, Step } from "../../core/farm/index.ts";
import type { Wire } from "../wire/index.ts";
import { FaultError, type FaultLab } from "./fault-lab.ts";
import { treatmentOf, type Treatment } from "./treatments.ts";

/** The rules of time, given in: this room takes only types of core/farm. */
export interface ScheduleRules {
  stepsOf(schedule: Schedule): readonly Step[];
  healing(schedule: Schedule, done: readonly Step[]): readonly number[];
}

export interface FaultContext {
  readonly lab: FaultLab;
  readonly wire: Wire | undefined;
  readonly clock: Clock;
  readonly rules: ScheduleRules;
  readonly signal?: AbortSignal;
  readonly onHappened?: (happened: Happened) => void;
  /** The schedule's zero point on the clock; default: when it is begun. */
  readonly zeroMs?: number;
}

/** What was done, and when it was done, in milliseconds from the schedule's zero point. */
export interface Happened {
  readonly act: "begin" | "heal";
  readonly fault: Fault;
  /** Which of the schedule's faults, from 0. */
  readonly position: number;
  /** When it was to begin; null: healed because the work had ended. */
  readonly plannedMs: number | null;
  readonly begunMs: number;
  readonly endedMs: number;
  /** What went wrong. */
  readonly error?: string;
}

export interface FaultRun {
  /** Every step of the schedule is done; rejects when one failed, or when the work ended before. */
  readonly allDone: Promise<void>;
  /** Aborted when a step failed or the caller's is: the work need not go on. */
  readonly signal: AbortSignal;
}

/** Waits in slices: a timer that nobody waits for any more keeps a process no longer than this. */
const sliceMs = 100;

const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class Faults {
  readonly timeline: Happened[] = [];
  readonly #done: Step[] = [];
  readonly #schedule: Schedule;
  readonly #context: FaultContext;
  readonly #treatments: readonly Treatment[];
  readonly #zeroMs: number;

  constructor(schedule: Schedule, context: FaultContext) {
    this.#schedule = schedule;
    this.#context = context;
    const { lab, wire } = context;
    this.#treatments = schedule.faults.map(({ fault }, position) => {
      const name = `fault-${position + 1}`;
      // Of its own seed each, so that overlapping ones decide apart.
      return treatmentOf(fault, { lab, wire, name, seed: hash32(`${name}:${schedule.seed}`) });
    });
    this.#zeroMs = context.zeroMs ?? context.clock.nowMs();
  }

  #nowMs(): number {
    return this.#context.clock.nowMs() - this.#zeroMs;
  }

  async #do(act: "begin" | "heal", position: number, plannedMs: number | null): Promise<void> {
    const fault = this.#schedule.faults[position]?.fault;
    const treatment = this.#treatments[position];
    if (fault === undefined || treatment === undefined) throw new Error(`the schedule has no fault ${position}`);
    const begunMs = this.#nowMs();
    const tell = (error?: string): void => {
      const happened = { act, fault, position, plannedMs, begunMs, endedMs: this.#nowMs(), ...(error === undefined ? {} : { error }) };
      this.timeline.push(happened);
      this.#context.onHappened?.(happened);
    };
    try {
      await treatment[act]();
    } catch (error) {
      tell(inWords(error));
      throw new FaultError(`fault ${position + 1} (${fault.kind}) did not ${act}: ${inWords(error)}`, { cause: error });
    }
    tell();
  }

  async carryOut(signal: AbortSignal): Promise<void> {
    const { clock, rules } = this.#context;
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    for (const step of rules.stepsOf(this.#schedule)) {
      for (let restMs = step.atMs - this.#nowMs(); restMs > 0 && !signal.aborted; restMs = step.atMs - this.#nowMs()) {
        await Promise.race([aborted, clock.pause(Math.min(sliceMs, restMs))]);
      }
      signal.throwIfAborted();
      // Before it is tried: one that fails halfway has to be healed too.
      if (step.act === "begin") this.#done.push(step);
      await this.#do(step.act, step.position, step.atMs);
      if (step.act === "heal") this.#done.push(step);
    }
  }

  /** Whatever fails, the others are healed; the failures. */
  async healAll(): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (const position of this.#context.rules.healing(this.#schedule, this.#done)) {
      await this.#do("heal", position, null).catch((error: unknown) => failures.push(error));
    }
    return failures;
  }
}

/**
 * Runs `work` while the schedule is carried out from now on; when the work ends, fails or is aborted, what stands of the faults is healed,
 * the latest first. Throws a FaultError before anything begins where the lab cannot be put through a fault; else what the work threw,
 * or the failure of a fault.
 */
export async function withFaults<T>(
  schedule: Schedule,
  context: FaultContext,
  work: (run: FaultRun) => Promise<T>,
): Promise<{ readonly value: T; readonly timeline: readonly Happened[] }> {
  const faults = new Faults(schedule, context);
  const ended = new AbortController();
  const failed = new AbortController();
  const outside = context.signal === undefined ? [] : [context.signal];
  const carrying = faults.carryOut(AbortSignal.any([ended.signal, ...outside]));
  carrying.catch((error: unknown) => failed.abort(error));
  let outcome: { readonly value: T } | undefined;
  const failures: unknown[] = [];
  try {
    outcome = { value: await work({ allDone: carrying, signal: AbortSignal.any([failed.signal, ...outside]) }) };
  } catch (error) {
    failures.push(error);
  } finally {
    ended.abort(new FaultError("the work has ended"));
    await carrying.catch((error: unknown) => (ended.signal.reason === error ? undefined : failures.push(error)));
    failures.push(...(await faults.healAll()));
  }
  if (outcome === undefined || failures.length > 0) throw failures[0];
  return { value: outcome.value, timeline: faults.timeline };
}
