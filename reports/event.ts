/**
 * What a run says while it goes on, as scripts read it: one JSON object a line, `farmlab.event/1`. The result comes last, so that who
 * followed the events needs no other report. Changes only add: kinds that a reader does not know are to be passed over.
 */
import type { Counterexample, LawResult, RunResult, Verdict } from "./result.ts";

export type ReportEvent = Happening & {
  readonly schema: "farmlab.event/1";
  /** From 1, without a gap. */
  readonly id: number;
  /** Milliseconds since the run began. */
  readonly atMs: number;
};

/** What can happen; of a farm or scenario in the order in which it does, several of them side by side. */
export type Happening =
  | { readonly kind: "run-started"; readonly seed: number; readonly farmlab: string; readonly farms: readonly string[] }
  | { readonly kind: "farm-started"; readonly farm: string; readonly properties: number }
  | { readonly kind: "farm-step"; readonly farm: string; readonly step: string }
  | { readonly kind: "farm-ready"; readonly farm: string; readonly readyMs: number }
  | { readonly kind: "law-judged"; readonly farm: string; readonly result: LawResult }
  | { readonly kind: "farm-ended"; readonly farm: string; readonly durationMs: number }
  | {
      readonly kind: "scenario-judged";
      readonly farm: string;
      readonly seed: number;
      readonly verdict: Verdict;
      readonly durationMs: number;
      /** How many were judged by now. */
      readonly count: number;
      /** Properties that broke or are not known, each with what the first line says of why. */
      readonly troubles: readonly string[];
      /** The command that judges what broke there again; null where nothing did. */
      readonly reproduce: string | null;
      /** What it exercised, as `kind:what`. */
      readonly coverage: readonly string[];
    }
  | { readonly kind: "counterexample"; readonly counterexample: Counterexample }
  | { readonly kind: "run-ended"; readonly result: RunResult };
