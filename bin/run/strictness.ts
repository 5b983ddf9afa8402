/** What a run must have judged to count as good: `--require` and `--no-skips`. */
import type { Command } from "commander";
import type { RunResult } from "../../reports/index.ts";
import { printProblem } from "../output.ts";
import { gather } from "./option-values.ts";

export interface StrictnessOptions {
  readonly require?: readonly string[];
  readonly skips: boolean;
}

export function addStrictnessOptions(command: Command): Command {
  return command
    .option("--require <law>", "fail unless this law was judged and holds (may be given several times)", gather)
    .option("--no-skips", "fail when anything was skipped for want of something on this host");
}

/** Why a run fails whose every verdict reads well: a law that was required and not judged, or skips that were not allowed. */
export function sayWhatIsMissing(result: RunResult, require: readonly string[], { skips }: StrictnessOptions): void {
  const judged = result.results.flatMap((farm) => farm.laws);
  const say = (code: string, message: string, hint: string): void => printProblem({ severity: "error", code, message, hint });
  for (const law of new Set(require)) {
    if (judged.some((one) => one.law === law && one.verdict !== "skipped")) continue;
    say("required-law", `${law} is required and was not judged`, "leave --law out, or name a farm that it can be judged on");
  }
  const skipped = judged.filter((one) => one.verdict === "skipped" && one.needs.length > 0).map((one) => one.property);
  if (skipped.length > 0 && judged.every((one) => one.verdict === "skipped")) {
    const needs = [...new Set(judged.flatMap((one) => one.needs))].join(", ");
    say(
      "all-skipped",
      `nothing can be judged on this host: everything needs ${needs}`,
      "farmlab doctor shows how to get what this host lacks",
    );
  }
  if (!skips && skipped.length > 0)
    say("skipped", `with --no-skips nothing may be skipped: ${skipped.join(", ")}`, "farmlab doctor shows how to get what this host lacks");
}
