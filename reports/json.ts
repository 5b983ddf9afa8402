/** The result as one JSON object, as scripts depend on it. */
import type { Reporter } from "./reporter.ts";

export const jsonReporter: Reporter = {
  name: "json",
  report: (result) => `${JSON.stringify(result, null, 2)}\n`,
};
