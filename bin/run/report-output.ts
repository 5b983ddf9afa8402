/** Which reports a run gives, and where they go. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { Option } from "commander";
import type { Command } from "commander";
import type { Problem } from "../../core/common/index.ts";
import { consoleReporter, jsonReporter, junitReporter } from "../../reports/index.ts";
import type { Reporter, RunResult } from "../../reports/index.ts";
import { hasColour } from "../output.ts";
import { gatherOneOf } from "./option-values.ts";

const reporterNames = ["console", "json", "junit"] as const;
type ReporterName = (typeof reporterNames)[number];

export interface ReportOptions {
  readonly reporter?: readonly ReporterName[];
  readonly format: "text" | "json";
  readonly output?: string;
}

export function addReportOptions(command: Command): Command {
  return command
    .option("--reporter <reporter>", "console (default), json or junit (may be given several times)", gatherOneOf(reporterNames))
    .addOption(new Option("--format <format>", "output; json is the same as --reporter json").choices(["text", "json"]).default("text"))
    .option("--output <file>", "write the report there instead of to standard output");
}

function reporters(options: ReportOptions): Reporter[] {
  const names = options.format === "json" ? ["json"] : (options.reporter ?? ["console"]);
  const colour = hasColour(process.stdout) && options.output === undefined;
  return names.map((name) => (name === "json" ? jsonReporter : name === "junit" ? junitReporter : consoleReporter({ colour })));
}

/** Whatever keeps the reports from being given, found before the labs are brought up. */
export const reportProblems = (options: ReportOptions): Problem[] =>
  [reporterProblem(options), outputProblem(options)].flatMap((problem) => problem ?? []);

/** What is wrong with the choice of reporters: only one can have standard output, or the file, to itself. */
function reporterProblem(options: ReportOptions): Problem | undefined {
  const machine = reporters(options).filter((reporter) => reporter.name !== "console");
  if (machine.length < 2) return undefined;
  const names = machine.map((reporter) => reporter.name).join(" and ");
  return {
    severity: "error",
    code: "two-reporters",
    message: `${names} cannot both be the output`,
    hint: "run with one of them; console may be added",
  };
}

function outputProblem({ output }: ReportOptions): Problem | undefined {
  if (output === undefined) return undefined;
  try {
    closeSync(openSync(output, "a"));
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return {
      severity: "error",
      code: "cannot-write",
      message: `cannot write ${output}: ${code}`,
      hint: "give a file in a folder that exists",
    };
  }
}

/** The report for machines goes alone to standard output, or into the file; the one for people beside it to standard error. */
export function printReports(result: RunResult, options: ReportOptions): void {
  const chosen = reporters(options);
  const main = chosen.find((reporter) => reporter.name !== "console") ?? chosen[0];
  for (const reporter of chosen) {
    const text = reporter.report(result);
    if (reporter !== main) process.stderr.write(text);
    else if (options.output === undefined) process.stdout.write(text);
    else writeFileSync(options.output, text);
  }
}
