/** The shape of a run's result: `farmlab.run/1`. Changes only add. */

export type Verdict = "passed" | "failed" | "flaky" | "skipped" | "unknown";

export interface RunResult {
  readonly schema: "farmlab.run/1";
  readonly seed: number;
  /** When it began, ISO 8601. */
  readonly begun?: string;
  /** Version of farmlab. */
  readonly farmlab: string;
  /** Commit of the checkout, or null outside one. */
  readonly commit: string | null;
  readonly host: HostChoices;
  readonly results: readonly FarmResult[];
  readonly counterexamples: readonly Counterexample[];
  /** Present where scenarios were searched for, not only given. */
  readonly search?: SearchResult;
  /** Present where an earlier result was given to hold this one against. */
  readonly baseline?: Comparison;
  readonly durationMs: number;
}

/** What got worse and what got better against an earlier result; what changed within its noise is in neither. */
export interface Comparison {
  readonly worse: readonly Change[];
  readonly better: readonly Change[];
}

export interface Change {
  /** Of what: a property on a farm, a figure, a kind of coverage. */
  readonly what: string;
  readonly before: string;
  readonly now: string;
}

/** How far a search went, and what its passing excludes (XC-8). */
export interface SearchResult {
  /** Scenarios that the model looked at. */
  readonly modelled: number;
  /** Scenarios that ran in a lab; `unguided` of them were drawn without looking at coverage, and only those count for statistics. */
  readonly emulated: number;
  readonly unguided: number;
  readonly unguidedFailed: number;
  /** Less than this is the probability that a scenario drawn at random fails, at 95 %; null where an unguided one failed or none ran. */
  readonly excludes: number | null;
  /** By kind of coverage (`layout`, `clause`, `route`, `rule`, `drop`): how many were exercised, of how many known; null: nobody knows how many there are. */
  readonly covered: Readonly<Record<string, { readonly count: number; readonly known: number | null }>>;
  /**
   * What was exercised, as `kind:what`, sorted: so that shards can be joined, and another run can be held against it. Counts of `covered`
   * are of these. Absent: nobody kept them.
   */
  readonly keys?: readonly string[];
  /** What was exhausted, in a sentence each, such as that no graph of up to 5 nodes is a counterexample. */
  readonly exhausted: readonly string[];
}

/** What was used of what this host has, by capability: e.g. wireguard -> "wireguard-go". */
export interface HostChoices {
  readonly choices: Readonly<Record<string, string>>;
}

export interface FarmResult {
  readonly farm: string;
  /** The farm file's path as the user gave it. */
  readonly file?: string;
  readonly backend: "netns" | "containerlab";
  readonly laws: readonly LawResult[];
  readonly coverage: Readonly<Record<string, number>>;
}

export interface LawResult {
  /** e.g. `EX-8`. */
  readonly law: string;
  /** e.g. `EX-8 keeps the workload's own IPv6 address`. */
  readonly property: string;
  readonly verdict: Verdict;
  /** How many flows, cases or repeats were judged. */
  readonly runs: number;
  /** What the host lacks, for `skipped`. */
  readonly needs: readonly string[];
  /** Why the verdict is not `passed`: which packet did what, and what should have happened. */
  readonly why: string | null;
  readonly figures: readonly Figure[];
  /** How often it broke of how often it was judged with the same seed; present where it was judged more than once. */
  readonly repeats?: { readonly broken: number; readonly of: number };
  /** What was found when the first flows that broke it were sent once more, a text of several lines each. */
  readonly evidence?: readonly string[];
  readonly durationMs?: number;
}

export interface Figure {
  readonly name: string;
  /** Where it was measured several times, the middle one. */
  readonly value: number;
  readonly unit: string;
  /** It should not be over this. */
  readonly bound: number | null;
  /** Which way is better; absent: `lower` where there is a bound, else neither. */
  readonly better?: "lower" | "higher";
  /** Standard deviation of repeats, in the same unit: what noise alone does to it. Absent: it was measured once. */
  readonly spread?: number;
}

export interface Counterexample {
  readonly law: string;
  /** The farm that it was found on, by its name; absent: its law names it. */
  readonly farm?: string;
  /** File that replays it, or null where none was written. */
  readonly capsule: string | null;
  /** One command that reproduces it. */
  readonly reproduce: string;
  /** Number of flows (later: nodes, links, faults) in it. */
  readonly size: number;
}
