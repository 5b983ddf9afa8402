import { failure, success } from "../../core/common/index.ts";
import type { Outcome, Problem } from "../../core/common/index.ts";
import type { HostReport } from "./report.ts";

/** Whether a lab can run here: an error for every required part that is missing; the first is `no-namespaces` where that is one of them. */
export function requireSandbox(report: HostReport): Outcome<void> {
  const missing = report.capabilities.filter((one) => one.required && !one.present);
  // Without namespaces no other attempt could be made: their answers say nothing.
  const shown = missing.some((one) => one.capability === "namespaces") ? missing.filter((one) => one.capability === "namespaces") : missing;
  if (shown.length === 0) return success(undefined);
  return failure(
    ...shown.map(({ capability, usedFor, answer, how }): Problem => {
      const who = capability === "namespaces" && !report.root ? "this user" : "this machine";
      return {
        severity: "error",
        code: `no-${capability}`,
        message: `${who} lacks ${capability}, used for ${usedFor}: ${answer ?? "no answer"}`,
        ...(how === null ? {} : { hint: how }),
      };
    }),
  );
}
