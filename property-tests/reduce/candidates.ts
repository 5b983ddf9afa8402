/** Tries candidates: bounded, several at once, none twice, and each as often as a failure that does not always show needs. */
import type { FarmFile } from "../../core/farm/index.ts";

/** `fires`: the same property of the same law fails; `unknown`: nobody could look. */
export type Answer = "fires" | "passes" | "unknown";

export type Fires = (candidate: FarmFile) => Promise<Answer>;

/** Fired so many times of so many that it was looked at. */
export interface FiringRate {
  readonly fired: number;
  readonly of: number;
}

/** A candidate that fires is overlooked at most so often. */
const overlookedShare = 0.05;
const triesMax = 8;

/** How often to look at a candidate before it counts as one that does not fire. */
export function triesFor({ fired, of }: FiringRate): number {
  if (fired === 0 || fired >= of) return 1;
  return Math.min(triesMax, Math.ceil(Math.log(overlookedShare) / Math.log(1 - fired / of)));
}

export interface CandidateOptions {
  readonly fires: Fires;
  /** Candidates looked at side by side. */
  readonly parallel: number;
  /** How often `fires` may be asked for a failure that always shows; for another, as many times more as each candidate takes tries. */
  readonly emulations: number;
  /** Of these, how many are kept for `measure`. */
  readonly reserved: number;
  /** Whether the time is over. */
  readonly isOver: () => boolean;
}

/** Tells documents apart. */
export const documentKey = (document: FarmFile): string => JSON.stringify(document);

/** Nothing may be asked any more. */
export class BudgetSpent extends Error {
  override readonly name = "BudgetSpent";
}

/** Work on all entries, so many side by side, begun in order. */
async function sideBySide<T>(list: readonly T[], parallel: number, work: (entry: T) => Promise<void>): Promise<void> {
  const waiting = list.values();
  const worker = async (): Promise<void> => {
    for (const entry of waiting) await work(entry);
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.max(1, Math.min(parallel, list.length)) }, worker));
  for (const one of workers) if (one.status === "rejected") throw one.reason;
}

export class Candidates {
  readonly parallel: number;
  emulations = 0;
  tries = 1;
  readonly #options: CandidateOptions;
  readonly #answers = new Map<string, Answer>();

  constructor(options: CandidateOptions) {
    this.parallel = Math.max(1, options.parallel);
    this.#options = options;
  }

  get #left(): number {
    return this.#options.emulations * this.tries - this.emulations;
  }

  /** The answer of before, if there was one. */
  known(candidate: FarmFile): Answer | undefined {
    return this.#answers.get(documentKey(candidate));
  }

  /** From now on every candidate is looked at so often, those of before too. */
  raiseTries(tries: number): void {
    if (tries <= this.tries) return;
    this.tries = tries;
    this.#answers.clear();
  }

  async #ask(candidate: FarmFile): Promise<Answer> {
    let answer: Answer = "passes";
    for (let count = 0; count < this.tries; count += 1) {
      this.emulations += 1;
      const one = await this.#options.fires(candidate);
      if (one === "fires") return one;
      if (one === "unknown") answer = one;
    }
    return answer;
  }

  /** The answers, in order. What is asked does not hang on how long anything takes. Throws BudgetSpent. */
  async judge(candidates: readonly FarmFile[]): Promise<readonly Answer[]> {
    const toAsk = new Map(candidates.filter((one) => this.known(one) === undefined).map((one) => [documentKey(one), one]));
    const enough = this.#left - this.#options.reserved >= toAsk.size * this.tries;
    if (toAsk.size > 0 && (!enough || this.#options.isOver())) throw new BudgetSpent();
    await sideBySide([...toAsk], this.parallel, async ([text, candidate]) => {
      this.#answers.set(text, await this.#ask(candidate));
    });
    return candidates.map((one) => this.known(one) ?? "unknown");
  }

  /** How often a document fires; looks less often where the budget or the time ends. Runs in which nobody could look do not count. */
  async measure(document: FarmFile, times: number): Promise<FiringRate> {
    const answers: Answer[] = [];
    const runs = Array.from({ length: Math.max(0, Math.min(times, this.#left)) }, (_, index) => index);
    await sideBySide(runs, this.parallel, async () => {
      if (this.#options.isOver()) return;
      this.emulations += 1;
      answers.push(await this.#options.fires(document));
    });
    const count = (wanted: Answer): number => answers.filter((answer) => answer === wanted).length;
    return { fired: count("fires"), of: count("fires") + count("passes") };
  }
}
