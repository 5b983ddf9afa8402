/** A farm as loaded and judged before anything is started. */
import type { Farm } from "../../core/farm/index.ts";
import type { Intents } from "../../core/intents/index.ts";

export interface FarmToRun {
  /** Path as the user gave it, for the command that reproduces a failure. */
  readonly file: string;
  readonly text: string;
  readonly farm: Farm;
  readonly intents: Intents;
}
