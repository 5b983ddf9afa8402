/** Keeps a run's verdicts for `farmlab laws`. */
import { cacheDirectory } from "../../emulator/image/index.ts";
import { keepVerdicts, sourcesHash } from "../../property-tests/run/index.ts";
import type { RunResult } from "../../reports/index.ts";

/** Last verdicts are a convenience: without a cache the run counts all the same. */
export function rememberVerdicts(result: RunResult): void {
  try {
    keepVerdicts(cacheDirectory(), sourcesHash(), result);
  } catch (error) {
    process.stderr.write(`the verdicts are not kept for \`farmlab laws\`: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
