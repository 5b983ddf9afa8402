/**
 * Two tiers: many scenarios are looked at in the model, and those proposed for a lab that cover most of what no lab has covered yet. Beside
 * them goes an unguided arm, drawn by the generators without a look at coverage: statistics may speak of it alone. A third arm follows what
 * kernels have shown: it changes scenarios that exercised rules, routes or reasons to drop packets which no other had.
 */
import { hash32, seededRandom } from "../../core/common/index.ts";
import type { Random } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { excludedBy } from "../../reports/index.ts";
import type { SearchResult } from "../../reports/index.ts";
import type { FarmOptions } from "../generate/index.ts";
import { singleNames } from "./evaluate.ts";
import { forEachKey, keyCount, knownOfKind } from "./keys.ts";
import type { Coverage } from "./keys.ts";
import { networksIn, wholeFarms } from "./space.ts";
import type { Space } from "./space.ts";

export interface SearchOptions extends FarmOptions {
  readonly seed: number;
  /** Which part of the proposals of `next` is drawn without a look at coverage, from 0 to 1. */
  readonly unguidedShare: number;
  /** The farm in which other networks are searched for; absent: whole farms are. */
  readonly base?: FarmFile;
  /** How many scenarios the model looks at for each that is proposed; default 400. */
  readonly lookedAt?: number;
}

export type Arm = "guided" | "unguided" | "followed";

export interface Proposal {
  readonly document: FarmFile;
  readonly seed: number;
  readonly arm: Arm;
  /** Coverage keys that the model expects, pairs of layout features apart. */
  readonly predicted: readonly string[];
}

export interface Learnt {
  /** Keys that were really covered, `kind:what`. */
  readonly coverage: readonly string[];
  readonly failed: boolean;
}

export interface Search {
  /** The next scenario to run, which follows from the seed and from how many came before. Several may be on their way at once. */
  next(): Proposal;
  /** A scenario made from those that have shown something new, which so hangs on all that was learnt, and changes nothing of `next`. */
  follow(position: number): Proposal;
  /** What became of a proposal. */
  learn(proposal: Proposal, learnt: Learnt): void;
  /** What a scenario of somebody else's covered: it is nothing new then. */
  met(coverage: readonly string[]): void;
  /** How far the search went. A proposal counts once it has been learnt of. */
  result(): SearchResult;
}

const usualLookedAt = 400;
/** Scenarios that wait for a lab. */
const poolSize = 200;
/** Scenarios that others are made from. */
const corpusSize = 500;

/** How many changes of one scenario are looked at before one of them follows it. */
const followersLookedAt = 20;
const changesMax = 3;
/** So finely a choice in proportion is made. */
const chances = 2 ** 30;

/** Kinds of keys that kernels count in labs. */
const kernelKinds = ["route", "rule", "drop"];
const isOfKernels = (key: string): boolean => kernelKinds.some((kind) => key.startsWith(`${kind}:`));

/** A scenario that has shown something new in a lab, and how much following it still promises. */
interface Lit<T> {
  readonly value: T;
  energy: number;
}

interface Candidate<T> {
  readonly value: T;
  readonly coverage: Coverage;
}

class TwoTierSearch<T> implements Search {
  readonly #space: Space<T>;
  readonly #options: SearchOptions;
  readonly #random;
  /** How often each key was in a scenario proposed, and in one that the model looked at. */
  readonly #proposed = new Uint32Array(keyCount);
  readonly #met = new Uint32Array(keyCount);
  readonly #covered = new Set<string>();
  readonly #values = new Map<Proposal, T>();
  #pool: Candidate<T>[] = [];
  #corpus: T[] = [];
  #lit: Lit<T>[] = [];
  #modelled = 0;
  /** Apart from those, by which `next` tells how rare something is. */
  #followersModelled = 0;
  #count = 0;
  #unguidedDrawn = 0;
  #emulated = 0;
  #unguided = 0;
  #unguidedFailed = 0;

  constructor(space: Space<T>, options: SearchOptions) {
    this.#space = space;
    this.#options = options;
    this.#random = seededRandom(options.seed, "search");
  }

  next(): Proposal {
    const { seed, unguidedShare } = this.#options;
    const position = this.#count++;
    const isUnguided = Math.floor((position + 1) * unguidedShare) > Math.floor(position * unguidedShare);
    const candidate = isUnguided ? this.#look(this.#space.drawn(seed, this.#unguidedDrawn++)) : this.#best();
    forEachKey(candidate.coverage, (key) => void (this.#proposed[key] = (this.#proposed[key] ?? 0) + 1));
    return this.#proposal(candidate, isUnguided ? "unguided" : "guided", hash32(`proposal ${seed} ${position}`));
  }

  learn(proposal: Proposal, { coverage, failed }: Learnt): void {
    const value = this.#values.get(proposal);
    if (value === undefined) throw new Error("nothing is learnt twice, or of what another search proposed");
    this.#values.delete(proposal);
    this.#emulated += 1;
    if (proposal.arm === "unguided") {
      this.#unguided += 1;
      if (failed) this.#unguidedFailed += 1;
    }
    // What a farm looks like is so once it has run; the rest counts where it was seen.
    const seen = [...proposal.predicted.filter((key) => key.startsWith("layout:")), ...coverage];
    const fresh = new Set(coverage.filter((key) => isOfKernels(key) && !this.#covered.has(key))).size;
    for (const key of seen) this.#covered.add(key);
    // The first shows everything for the first time: the later a key comes, the more is it worth.
    if (fresh > 0 && !failed) this.#lit.push({ value, energy: fresh * Math.log2(this.#emulated) });
    if (this.#lit.length > corpusSize) this.#lit.shift();
  }

  met(coverage: readonly string[]): void {
    for (const key of coverage) this.#covered.add(key);
  }

  follow(position: number): Proposal {
    const { seed } = this.#options;
    const random = seededRandom(seed, `follow ${position}`);
    const parent = this.#energetic(random);
    // With each scenario that follows, less is to be expected of the next.
    if (parent !== undefined) parent.energy /= 2;
    const start = parent?.value ?? this.#space.byChance(random);
    const others = parent === undefined ? [start] : this.#lit.map(({ value }) => value);
    const followers = Array.from({ length: followersLookedAt }, () => {
      let value = start;
      for (let count = random.below(changesMax); count >= 0; count -= 1) value = this.#space.changed(random, value, random.pick(others));
      return { value, coverage: this.#space.evaluated(value) };
    });
    this.#followersModelled += followers.length;
    const [best = { value: start, coverage: this.#space.evaluated(start) }] = followers.toSorted(
      (one, other) => this.#scoreOf(other) - this.#scoreOf(one),
    );
    return this.#proposal(best, "followed", hash32(`follow ${seed} ${position}`));
  }

  /** By chance, in proportion to what is promised; undefined where nothing has shown anything. */
  #energetic(random: Random): Lit<T> | undefined {
    const total = this.#lit.reduce((sum, { energy }) => sum + energy, 0);
    let left = (random.below(chances) / chances) * total;
    return this.#lit.find(({ energy }) => (left -= energy) < 0) ?? this.#lit.at(-1);
  }

  #proposal(candidate: Candidate<T>, arm: Arm, seed: number): Proposal {
    const document = this.#space.documentOf(candidate.value);
    const proposal: Proposal = { document, seed, arm, predicted: singleNames(candidate.coverage) };
    this.#values.set(proposal, candidate.value);
    return proposal;
  }

  result(): SearchResult {
    const keys = [...this.#covered].toSorted();
    const countOf = (kind: string): number => keys.filter((key) => key.startsWith(`${kind}:`)).length;
    return {
      modelled: this.#modelled + this.#followersModelled,
      emulated: this.#emulated,
      unguided: this.#unguided,
      unguidedFailed: this.#unguidedFailed,
      excludes: excludedBy({ unguided: this.#unguided, unguidedFailed: this.#unguidedFailed }),
      // How many routes, rules and reasons to drop a kernel may show nobody knows.
      covered: {
        layout: { count: countOf("layout"), known: knownOfKind("layout") },
        clause: { count: countOf("clause"), known: knownOfKind("clause") },
        ...Object.fromEntries(kernelKinds.map((kind) => [kind, { count: countOf(kind), known: null }] as const)),
      },
      keys,
      exhausted: [],
    };
  }

  #look(value: T): Candidate<T> {
    const coverage = this.#space.evaluated(value);
    this.#modelled += 1;
    forEachKey(coverage, (key) => void (this.#met[key] = (this.#met[key] ?? 0) + 1));
    return { value, coverage };
  }

  /** New keys count, the rarer the more; those proposed before count a little, so that something goes on when nothing is new. */
  #scoreOf({ coverage }: Candidate<T>): number {
    let score = 0;
    forEachKey(coverage, (key) => {
      const proposed = this.#proposed[key] ?? 0;
      if (proposed === 0) score += 1 + Math.log2((1 + this.#modelled) / (1 + (this.#met[key] ?? 0)));
      else if (proposed < 3) score += 0.001 / proposed;
    });
    return score;
  }

  #best(): Candidate<T> {
    const { lookedAt = usualLookedAt } = this.#options;
    const waiting = this.#pool.map(({ value }) => value);
    const looked = Array.from({ length: lookedAt }, (_, count) => this.#look(this.#candidate(count, waiting)));
    const scored = [...this.#pool, ...looked].map((candidate) => ({ candidate, score: this.#scoreOf(candidate) }));
    scored.sort((one, other) => other.score - one.score);
    const [best, ...rest] = scored;
    if (best === undefined) throw new Error("the model has to look at one scenario at least");
    this.#pool = rest.slice(0, poolSize).map(({ candidate }) => candidate);
    this.#keep(best.candidate.value);
    return best.candidate;
  }

  #keep(value: T): void {
    this.#corpus.push(value);
    if (this.#corpus.length > corpusSize) this.#corpus.shift();
  }

  /** A third by chance, the others made from what was worth a lab, or waits for one. */
  #candidate(count: number, waiting: readonly T[]): T {
    const parents = count % 3 === 1 ? this.#corpus : waiting;
    if (count % 3 === 0 || parents.length === 0) return this.#space.byChance(this.#random);
    return this.#space.changed(this.#random, this.#random.pick(parents), this.#random.pick(parents));
  }
}

/**
 * A search; all of it follows from the seed and what it is told. Throws for a share that is none, and for a base without an exit node.
 */
export function createSearch(options: SearchOptions): Search {
  const { unguidedShare, base } = options;
  if (!(unguidedShare >= 0 && unguidedShare <= 1)) throw new RangeError(`${unguidedShare} is no share: from 0 to 1`);
  return base === undefined ? new TwoTierSearch(wholeFarms(options), options) : new TwoTierSearch(networksIn(base, options), options);
}
