/** What is said between who runs a mutant and the process that has the patched sources. */
import type { SourcePatch } from "../../../emulator/image/index.ts";
import type { LawResult } from "../../../reports/index.ts";

export interface JudgeRequest {
  readonly patches: readonly SourcePatch[];
  /** The farm file: what messages call it, and its text. */
  readonly file: string;
  readonly text: string;
  readonly seed: number;
  /** Ids; empty: all. */
  readonly laws: readonly string[];
  /** Laws that must fail. Once they have, what is left takes no more time: no lab is made, nothing is done to it. Absent: nothing is left out. */
  readonly enough?: readonly string[];
  /** What `labMark` gives with the sources as they are; where the patched ones give the same, no lab is made. Absent: one is made in any case. */
  readonly labMark?: string;
}

/** How a run with patched sources ended. */
export type JudgeEnd =
  /** `pure`: nothing that goes into a lab differs from what the sources give as they are, so none was made. */
  | { readonly kind: "ended"; readonly ran: "lab" | "pure" }
  /** The farm, which is a valid one, was refused before anything ran. */
  | { readonly kind: "refused"; readonly why: string }
  /** The sources did not load or bundle, or what runs in the harness's own process threw. */
  | { readonly kind: "broken"; readonly why: string };

export type JudgeAnswer = { readonly kind: "judged"; readonly result: LawResult } | JudgeEnd;
