/** Events as they happen, one JSON object a line; the result is the last. */
import type { Happening, ReportEvent } from "./event.ts";
import type { Reporter } from "./reporter.ts";

export interface NdjsonOptions {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

export function ndjsonReporter({ nowMs }: NdjsonOptions): Reporter {
  const began = nowMs();
  let id = 0;
  const line = (happening: Happening): string => {
    id += 1;
    const event: ReportEvent = { schema: "farmlab.event/1", id, atMs: Math.round(nowMs() - began), ...happening };
    return `${JSON.stringify(event)}\n`;
  };
  return {
    name: "ndjson",
    happened: line,
    report: (result) =>
      [
        ...result.counterexamples.map((counterexample) => line({ kind: "counterexample", counterexample })),
        line({ kind: "run-ended", result }),
      ].join(""),
  };
}
