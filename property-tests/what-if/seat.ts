/** Where failures are tried: a lab that is used for one after the other as long as it is as it was, and then made anew. */
import { FaultError } from "../../emulator/faults/index.ts";
import { BuildError } from "../../emulator/image/index.ts";
import { LabError } from "../../emulator/lab-error.ts";
import { HarnessError } from "../laws/index.ts";
import type { OpenSession } from "../run/open-session.ts";
import type { Session } from "../run/session.ts";
import type { Failure } from "./failures.ts";
import type { Seen } from "./judge-expectations.ts";
import { judgeFailure } from "./judge-failure.ts";
import type { FailureResult } from "./result.ts";
import { TrialError } from "./try-failure.ts";
import type { Trial } from "./try-failure.ts";

/** A place for one lab at a time. */
export class Seat {
  readonly #make: () => Promise<OpenSession>;
  readonly #signal: AbortSignal;
  #open: OpenSession | undefined;
  /** How many failures the lab that is open has been through. */
  used = 0;

  constructor(make: () => Promise<OpenSession>, signal: AbortSignal) {
    this.#make = make;
    this.#signal = signal;
  }

  /** The lab that is there, or another one. Throws a TrialError where none comes up, but what makes labs and what a host lacks as it is. */
  async open(): Promise<OpenSession> {
    if (this.#open !== undefined) return this.#open;
    this.used = 0;
    try {
      this.#open = await this.#make();
      return this.#open;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof BuildError || error instanceof LabError) throw error;
      throw new TrialError(`the lab did not come up: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  /** The next who opens gets another lab. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
  }
}

export interface Tried extends Seen {
  readonly result: FailureResult;
}

export type Try = (session: Session) => Promise<Trial>;

export const unknownResult = (failure: Failure, why: string): FailureResult => ({
  failure: failure.name,
  parts: failure.parts.map(({ kind, name }) => ({ kind, name })),
  ...{ verdict: "unknown", stoodMs: null, lost: [], cutOff: [], onlyTogether: null, why },
});

/** What a trial may throw for want of a farm that works or a harness that sees; all else is thrown on. */
export const isUnseen = (error: unknown): error is Error => [TrialError, FaultError, HarnessError].some((kind) => error instanceof kind);

/**
 * Tries a failure. After one from which not everything came back the lab is given up, and the result says so. Where not everything works
 * before it in a lab that has been through others, that is theirs: it is tried in another lab, once.
 */
export async function tryInSeat(seat: Seat, failure: Failure, run: Try): Promise<Tried> {
  for (;;) {
    let isFresh = true;
    try {
      const { session } = await seat.open();
      isFresh = seat.used === 0;
      seat.used += 1;
      const trial = await run(session);
      const result = judgeFailure(session.world, failure, trial);
      if (trial.recovered) return { failure, trial, result };
      await seat.close();
      return { failure, trial, result: { ...result, why: "not everything came back by itself: the lab was made anew" } };
    } catch (error) {
      await seat.close();
      if (!isUnseen(error)) throw error;
      if (isFresh || !(error instanceof TrialError)) return { failure, trial: undefined, result: unknownResult(failure, error.message) };
    }
  }
}
