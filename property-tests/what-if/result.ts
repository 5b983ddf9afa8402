/** The shape of what-if's result: `farmlab.what-if/1`. Changes only add. All durations are milliseconds. */
import type { FailureKind } from "../../core/farm/index.ts";

export interface WhatIfResult {
  readonly schema: "farmlab.what-if/1";
  readonly farm: string;
  readonly seed: number;
  readonly backend: "netns" | "containerlab";
  /** Version of farmlab. */
  readonly farmlab: string;
  /** What was used of what this host has, by capability. */
  readonly host: { readonly choices: Readonly<Record<string, string>> };
  /** Every flow was probed this often all the time; no duration is known more exactly. */
  readonly probeEveryMs: number;
  /** A probe without an answer for so long is lost. */
  readonly probeWaitMs: number;
  /** How many flows that should work were watched, and how many there are. Those on which nobody should answer are watched besides. */
  readonly flows: { readonly watched: number; readonly known: number };
  /** Flows that should work and did not before anything failed; they are not watched. */
  readonly silent: readonly string[];
  /** Worst first. */
  readonly failures: readonly FailureResult[];
  readonly expectations: readonly ExpectationResult[];
  /** Failures that were not tried for want of time, by name. */
  readonly notTried: readonly string[];
  readonly durationMs: number;
}

export interface FailureResult {
  /** `link home-a:wan`, `node home-a`, `process node-1/agent`; of a pair both, with ` + ` between. */
  readonly failure: string;
  /** One, or of a pair two. */
  readonly parts: readonly { readonly kind: FailureKind; readonly name: string }[];
  /**
   * `harmless`: no probe was lost; `passing`: what was lost came back while the failure stood; `standing`: some flow came back only when it
   * was repaired; `lasting`: some flow did not come back after the repair; `unknown`: it could not be looked at.
   */
  readonly verdict: "harmless" | "passing" | "standing" | "lasting" | "unknown";
  /** How long it stood until it was repaired; null for a process, which is started again at once. */
  readonly stoodMs: number | null;
  readonly lost: readonly LostFlow[];
  /** Workloads, and the internet, that lost every flow of theirs for as long as it stood. */
  readonly cutOff: readonly string[];
  /** Of a pair: flows that neither failure alone takes for as long as it stands; null where that is not known, and of a single failure. */
  readonly onlyTogether: readonly string[] | null;
  /** Why it is unknown, or that the lab was made anew because something did not come back. */
  readonly why: string | null;
}

export interface LostFlow {
  /** In words: `icmp blue/blue-1 > blue/blue-2 IPv6`. */
  readonly flow: string;
  readonly from: string;
  readonly to: string;
  readonly family: 4 | 6;
  /** `tcp/80`, or `icmp`. */
  readonly service: string;
  /** `alone`: while the failure stood; `repaired`: only after the repair; `never`: not even then. */
  readonly comesBack: "alone" | "repaired" | "never";
  /** Of the longest outage, from the first probe that was lost to the first that was answered; null where none was any more. */
  readonly outageMs: number | null;
  /** From the repair to the first answer; null where it came back alone or never. */
  readonly afterRepairMs: number | null;
}

export interface ExpectationResult {
  /** In words: `internet reaches blue/blue-1 tcp/80`. */
  readonly expectation: string;
  readonly verdict: "passed" | "failed" | "unknown";
  /** How many failures it was held against. */
  readonly failures: number;
  /** What broke it, a sentence each; the first few. */
  readonly why: readonly string[];
}
