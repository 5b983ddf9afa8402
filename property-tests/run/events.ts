/** What a run says while it goes on, for progress on a terminal or plain lines in CI. */
import type { LawResult, Verdict } from "../../reports/index.ts";

export type RunEvent =
  | { readonly kind: "farm-started"; readonly farm: string; readonly properties: number }
  | { readonly kind: "farm-step"; readonly farm: string; readonly step: string }
  | { readonly kind: "farm-ready"; readonly farm: string; readonly readyMs: number }
  | { readonly kind: "law-judged"; readonly farm: string; readonly result: LawResult }
  | { readonly kind: "farm-ended"; readonly farm: string; readonly durationMs: number }
  /** Of a search, in place of all of the above. */
  | {
      readonly kind: "scenario-judged";
      readonly farm: string;
      readonly seed: number;
      readonly verdict: Verdict;
      readonly durationMs: number;
      /** How many were judged by now. */
      readonly count: number;
      /** What it exercised, as `kind:what`. */
      readonly coverage: readonly string[];
    };

export type OnEvent = (event: RunEvent) => void;
