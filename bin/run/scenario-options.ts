/** How much is run: `--runs`, `--budget`. */
import type { Command } from "commander";
import { duration } from "../duration.ts";
import { wholeNumber } from "./option-values.ts";

export interface ScenarioOptions {
  readonly runs?: number;
  /** Milliseconds. */
  readonly budget?: number;
}

const runsMax = 1_000_000;

export function addScenarioOptions(command: Command): Command {
  return command
    .option(
      "--runs <number>",
      "search: as many scenarios around each farm, the first of them the farm itself, the others with other networks and with things that happen",
      wholeNumber(1, runsMax),
    )
    .option("--budget <time>", "search until then, e.g. 10m; what is being judged is judged to its end", duration);
}
