/**
 * Reduces a farm that shows a failure to a smallest one that still does: parts in halving chunks, stage by stage, then one by one until no
 * single part can go.
 */
import type { FarmFile } from "../../core/farm/index.ts";
import { BudgetSpent, Candidates, documentKey, triesFor } from "./candidates.ts";
import type { Fires, FiringRate } from "./candidates.ts";
import { withDecisions } from "./decisions.ts";
import type { DecidedPacket } from "./decisions.ts";
import { partName, partsOf } from "./parts.ts";
import type { Part } from "./parts.ts";
import { simplerFarms } from "./simpler-farms.ts";
import { sizeOf } from "./size.ts";
import type { Size } from "./size.ts";
import { stages } from "./stages.ts";
import type { Stage } from "./stages.ts";
import { isSound, takeOut } from "./take-out.ts";

export interface ReductionStep {
  readonly stage: string;
  /** Parts that have gone, or what has become simpler. */
  readonly gone: readonly string[];
  readonly size: Size;
  readonly emulations: number;
}

export interface ReduceOptions {
  /** Candidates looked at side by side; 1 where it is left out. */
  readonly parallel?: number;
  /** How often `fires` may be asked for a failure that always shows (60); for another, as many times more as each candidate takes tries. */
  readonly emulations?: number;
  /** Whether the time is over. */
  readonly isOver?: () => boolean;
  readonly onStep?: (step: ReductionStep) => void;
  /** What links did to packets when this very farm fired last; without it what hangs on chance is left to chance. */
  readonly decided?: (document: FarmFile) => readonly DecidedPacket[];
}

export interface Reduction {
  /** The smallest farm found that fires. */
  readonly document: FarmFile;
  readonly from: Size;
  readonly to: Size;
  /**
   * `minimal`: every removal of a single part that leaves a valid farm was run, and passed. `unsure`: so, but in some of these runs nobody
   * could look. `budget`: it ended first. `does not fire`: not once, so that nothing could be reduced.
   */
  readonly end: "minimal" | "unsure" | "budget" | "does not fire";
  /** Of removals of a single part from the result: how many leave a valid farm, were run, and left nobody the wiser. */
  readonly removals: { readonly possible: number; readonly tried: number; readonly unknown: number };
  /** How often the result fired when it was run again. */
  readonly firing: FiringRate;
  /** How often each candidate was run before it counted as one that passes. */
  readonly tries: number;
  readonly emulations: number;
}

export const usualEmulations = 60;
const timesAtFirst = 3;
/** Where it has not fired by then, it does not. */
const timesUntilGivenUp = 10;
const timesAtLast = 5;

interface Candidate {
  readonly document: FarmFile;
  readonly gone: readonly string[];
}

const everything: Stage = { name: "single parts", partsOf, allAtOnce: false, keeps: [] };

const sameFarm = (one: FarmFile, other: FarmFile): boolean => documentKey(one) === documentKey(other);

class Reducer {
  document: FarmFile;
  readonly #candidates: Candidates;
  readonly #onStep: (step: ReductionStep) => void;
  readonly #decided: NonNullable<ReduceOptions["decided"]>;

  constructor(document: FarmFile, candidates: Candidates, { onStep, decided }: Pick<ReduceOptions, "onStep" | "decided">) {
    this.document = document;
    this.#candidates = candidates;
    this.#onStep = onStep ?? (() => undefined);
    this.#decided = decided ?? (() => []);
  }

  /** Without these parts, or without as many of them as can go together; undefined where none can. */
  #without(parts: readonly Part[]): Candidate | undefined {
    const all = takeOut(this.document, parts);
    if (all !== undefined) return sameFarm(all, this.document) ? undefined : { document: all, gone: parts.map(partName) };
    let going: readonly Part[] = [];
    let document: FarmFile | undefined;
    for (const part of parts.length > 1 ? parts : []) {
      const more = takeOut(this.document, [...going, part]);
      if (more === undefined) continue;
      document = more;
      going = [...going, part];
    }
    return document === undefined ? undefined : { document, gone: going.map(partName) };
  }

  /** What of a stage can go alone, and takes along nothing that the stage keeps: the rest takes part in no chunk. */
  #removable(stage: Stage): readonly Part[] {
    const { keeps } = stage;
    const size = sizeOf(this.document);
    return stage.partsOf(this.document).filter((part) => {
      const document = takeOut(this.document, [part]);
      if (document === undefined) return false;
      const left = keeps.length === 0 ? size : sizeOf(document);
      return keeps.every((kind) => left[kind] === size[kind]);
    });
  }

  /** The first of these that fires, with its position; looks at as many at once as may be, of which the first counts. */
  async #firstThatFires(possible: Iterable<Candidate | undefined>): Promise<[number, Candidate] | undefined> {
    let batch: [number, Candidate][] = [];
    const judge = async (): Promise<[number, Candidate] | undefined> => {
      const answers = await this.#candidates.judge(batch.map(([, { document }]) => document));
      const found = batch.find((_, order) => answers[order] === "fires");
      batch = [];
      return found;
    };
    let position = -1;
    for (const candidate of possible) {
      position += 1;
      if (candidate === undefined || this.#candidates.known(candidate.document) === "passes") continue;
      batch.push([position, candidate]);
      if (batch.length < this.#candidates.parallel) continue;
      const found = await judge();
      if (found !== undefined) return found;
    }
    return batch.length === 0 ? undefined : await judge();
  }

  #accept(stage: string, { document, gone }: Candidate): void {
    this.document = document;
    this.#onStep({ stage, gone, size: sizeOf(document), emulations: this.#candidates.emulations });
  }

  *#chunksFrom(parts: readonly Part[], from: number, size: number): Generator<Candidate | undefined> {
    for (let start = from; start < parts.length; start += size) yield this.#without(parts.slice(start, start + size));
  }

  /** Goes once through the stage's parts in chunks of one size; whether any went. */
  async #pass(stage: Stage, size: number): Promise<boolean> {
    let isSmaller = false;
    let from = 0;
    for (;;) {
      const found = await this.#firstThatFires(this.#chunksFrom(this.#removable(stage), from, size));
      if (found === undefined) return isSmaller;
      const [position, candidate] = found;
      this.#accept(stage.name, candidate);
      isSmaller = true;
      // What came after the chunk stands in its place now.
      from += position * size;
    }
  }

  async #chunks(stage: Stage): Promise<void> {
    const count = this.#removable(stage).length;
    let size = stage.allAtOnce ? count : Math.ceil(count / 2);
    while (size >= 1) {
      await this.#pass(stage, size);
      size = size === 1 ? 0 : Math.ceil(size / 2);
    }
  }

  async #simplify(): Promise<void> {
    for (;;) {
      const found = await this.#firstThatFires(simplerFarms(this.document));
      if (found === undefined) return;
      this.#accept("simpler", found[1]);
    }
  }

  /** Before anything goes: what is drawn hangs on the place of a fault among the others, and on what passes beside. */
  async #writeDecisions(): Promise<void> {
    const document = withDecisions(this.document, this.#decided(this.document));
    if (document === undefined || !isSound(document, this.document)) return;
    const found = await this.#firstThatFires([{ document, gone: ["chance"] }]);
    if (found !== undefined) this.#accept("decisions about packets", found[1]);
  }

  async #inChunks(): Promise<void> {
    for (const stage of stages) await this.#chunks(stage);
  }

  /** Simpler values, then part by part, until nothing changes any more. */
  async #oneByOne(): Promise<void> {
    for (;;) {
      const before = this.document;
      await this.#simplify();
      while (await this.#pass(everything, 1));
      if (sameFarm(before, this.document)) return;
    }
  }

  /** Whether it came to its end; false: the budget ended first. */
  async run(): Promise<boolean> {
    try {
      await this.#writeDecisions();
      await this.#inChunks();
      await this.#oneByOne();
      return true;
    } catch (error) {
      if (error instanceof BudgetSpent) return false;
      throw error;
    }
  }

  removals(): Reduction["removals"] {
    const candidates = partsOf(this.document).flatMap((part) => this.#without([part]) ?? []);
    const distinct = new Map(candidates.map(({ document }) => [documentKey(document), document]));
    const answers = [...distinct.values()].map((document) => this.#candidates.known(document));
    return {
      possible: distinct.size,
      tried: answers.filter((answer) => answer !== undefined).length,
      unknown: answers.filter((answer) => answer === "unknown").length,
    };
  }
}

/** How often a failure shows, as far as a few looks tell. */
async function firstRate(document: FarmFile, candidates: Candidates): Promise<FiringRate> {
  const first = await candidates.measure(document, timesAtFirst);
  if (first.fired > 0) return first;
  const more = await candidates.measure(document, timesUntilGivenUp - timesAtFirst);
  return { fired: more.fired, of: first.of + more.of };
}

/**
 * The smallest farm found for which `fires` still answers so. Candidates are valid farms. Given the same answers, the same reduction.
 * Throws what `fires` throws.
 */
export async function reduce(document: FarmFile, fires: Fires, options: ReduceOptions = {}): Promise<Reduction> {
  const candidates = new Candidates({
    fires,
    parallel: options.parallel ?? 1,
    emulations: options.emulations ?? usualEmulations,
    reserved: timesAtLast,
    isOver: options.isOver ?? (() => false),
  });
  const from = sizeOf(document);
  const { about: _, ...toReduce } = document;
  const reducer = new Reducer(toReduce, candidates, options);
  const reduction = (end: Reduction["end"], firing: FiringRate): Reduction => ({
    ...{ document: reducer.document, from, to: sizeOf(reducer.document), end, removals: reducer.removals(), firing },
    ...{ tries: candidates.tries, emulations: candidates.emulations },
  });

  const first = await firstRate(reducer.document, candidates);
  if (first.fired === 0) return reduction("does not fire", first);
  candidates.raiseTries(triesFor(first));
  let firing = first;
  let isWhole = false;
  for (;;) {
    isWhole = await reducer.run();
    const measured = await candidates.measure(reducer.document, timesAtLast);
    // Without time for that, what is known is that it fired when it was taken for the smallest.
    if (measured.of > 0) firing = measured;
    else if (!sameFarm(reducer.document, toReduce)) firing = { fired: 1, of: 1 };
    if (triesFor(firing) <= candidates.tries) break;
    // It shows more seldom than was thought: what was taken for a candidate that passes has to be looked at again.
    candidates.raiseTries(triesFor(firing));
  }
  const end = !isWhole ? "budget" : reducer.removals().unknown > 0 ? "unsure" : "minimal";
  return reduction(end, firing);
}
