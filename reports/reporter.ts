/** What every reporter offers: the whole result as one text. */
import type { RunResult } from "./result.ts";

export interface Reporter {
  readonly name: string;
  /** Ends with a line feed. */
  report(result: RunResult): string;
}
