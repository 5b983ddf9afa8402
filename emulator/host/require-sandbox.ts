import { failure, success } from "../../core/common/index.ts";
import type { Outcome, Problem } from "../../core/common/index.ts";
import type { HostReport } from "./report.ts";

const needsRoot: Problem = {
  severity: "error",
  code: "needs-root",
  message: "labs are made as root, and this user is not root",
  hint: "run it with sudo; init, check, plan, derive and laws need no root",
};

/**
 * Whether a lab can run here: an error for every required part that is missing (not for what could not be looked at); the first is
 * `no-namespaces` where that is one of them, and `needs-root` stands alone.
 */
export function requireSandbox(report: HostReport): Outcome<void> {
  const missing = report.capabilities.filter((one) => one.required && one.tried && !one.present);
  // Without namespaces no other attempt could be made: their answers say nothing.
  const shown = missing.some((one) => one.capability === "namespaces") ? missing.filter((one) => one.capability === "namespaces") : missing;
  if (!report.root && !shown.some((one) => one.capability === "namespaces")) return failure(needsRoot);
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
