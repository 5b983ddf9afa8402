/** The kept measurements of the quick lab suite, and what they say in one line. */
import { boundText, failureBound } from "../../reports/index.ts";
import type { Verdict } from "../../reports/index.ts";

export interface FlakeRecord {
  readonly schema: "farmlab.flakes/1";
  /** The newest last. */
  readonly measurements: readonly Measurement[];
}

export interface Measurement {
  readonly commit: string | null;
  /** Hash of the sources that were run: several measurements of one hash are one. */
  readonly sources: string;
  /** System, processors and memory, not the machine's name. */
  readonly host: string;
  readonly farms: readonly string[];
  /** Properties judged in one repeat, over all farms; those that this host lacks something for are not among them. */
  readonly properties: number;
  /** The machine's load average over a minute (as in /proc/loadavg), as it was between repeats. */
  readonly load: { readonly least: number; readonly greatest: number };
  /** ISO 8601 date of the first repeat. */
  readonly begun: string;
  /** Repeat i ran with seed i, from 1. */
  readonly repeats: number;
  readonly durationMs: number;
  readonly flakes: readonly Flake[];
}

/** A property that did not hold in a repeat; the system had no fault, or its fault is written down as the cause. */
export interface Flake {
  readonly seed: number;
  readonly farm: string;
  readonly property: string;
  readonly verdict: Verdict;
  readonly story: string;
  /** How often the repeat with the same seed broke again when it was run so many times more, to tell a flake from a failure. */
  readonly again: { readonly runs: number; readonly broken: number };
  /** What it was that did it, and the change that mended it: written by whoever finds it. */
  readonly cause: string | null;
  readonly mended: string | null;
}

/** Repeats in which anything flaked: what the rate is of. */
export const flakyRepeats = (measurement: Measurement): number => new Set(measurement.flakes.map((flake) => flake.seed)).size;

/** `quick lab suite: 0 flakes in 200 repeats, rate below 0.015 at 95 % (commit 0123abc, Linux ...)`. */
export function flakeLine(record: FlakeRecord): string {
  const last = record.measurements.at(-1);
  if (last === undefined) return "quick lab suite: its flake rate was not measured yet";
  const flaky = flakyRepeats(last);
  const bound = boundText(failureBound(flaky, last.repeats));
  const flakes = flaky === 1 ? "1 flake" : `${flaky} flakes`;
  return `quick lab suite: ${flakes} in ${last.repeats} repeats, rate below ${bound} at 95 % (commit ${last.commit?.slice(0, 7) ?? "unknown"}, ${last.host})`;
}
