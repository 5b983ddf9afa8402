/** What every reporter offers: what it says while the run goes on, and what it says at the end. */
import type { Happening } from "./event.ts";
import type { RunResult } from "./result.ts";

export interface Reporter {
  readonly name: string;
  /** To be written at once; absent: nothing is said before the end. Each call's text ends with a line feed. */
  happened?(happening: Happening): string;
  /** Ends with a line feed. */
  report(result: RunResult): string;
}
