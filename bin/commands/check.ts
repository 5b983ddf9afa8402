/** `farmlab check FILE...`: reads and judges farm files without running anything. */
import { Command, Option } from "commander";
import { checkFarm } from "../../core/check/index.ts";
import { formatProblem, sortProblems } from "../../core/common/index.ts";
import type { Problem, Severity } from "../../core/common/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { hasColour, type OutputOptions } from "../output.ts";
import { readFarm } from "../read-farm.ts";

interface CheckOptions extends OutputOptions {
  readonly format: "text" | "json";
  readonly failOn?: "warning" | "advice";
}

/** A finding as scripts see it: `farmlab.check/1`. */
export interface CheckFinding {
  readonly severity: Severity;
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}

const asFinding = (file: string, { severity, code, place, message, hint }: Problem): CheckFinding => ({
  severity,
  code,
  file: place?.file ?? file,
  line: place?.line ?? 1,
  column: place?.column ?? 1,
  message,
  hint: hint ?? "",
});

const weights: Readonly<Record<Severity, number>> = { error: 3, warning: 2, advice: 1 };

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 || word === "advice" ? "" : "s"}`;

function summary(files: number, problems: readonly Problem[]): string {
  const counts = (["error", "warning", "advice"] as const).flatMap((severity) => {
    const count = problems.filter((problem) => problem.severity === severity).length;
    return count === 0 ? [] : [plural(count, severity)];
  });
  return `${plural(files, "file")}: ${counts.length === 0 ? "nothing to say" : counts.join(", ")}`;
}

async function judge(file: string): Promise<readonly Problem[]> {
  const loaded = await readFarm(file);
  return sortProblems([...loaded.problems, ...(loaded.ok ? checkFarm(loaded.value) : [])]);
}

async function check(files: readonly string[], options: CheckOptions): Promise<void> {
  const findings: CheckFinding[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const found = await judge(file);
    problems.push(...found);
    findings.push(...found.map((problem) => asFinding(file, problem)));
  }
  if (options.format === "json") {
    process.stdout.write(`${JSON.stringify({ schema: "farmlab.check/1", findings }, undefined, 2)}\n`);
  } else {
    const found = problems.map((problem) => `${formatProblem(problem, { color: hasColour(process.stdout) })}\n`);
    const last = options.quiet === true ? [] : [`${summary(files.length, problems)}\n`];
    process.stdout.write([...found, ...last].join("\n"));
  }
  const limit = weights[options.failOn ?? "error"];
  process.exitCode = problems.some(({ severity }) => weights[severity] >= limit) ? exitCodes.wrongInput : exitCodes.holds;
}

export function checkCommand(): Command {
  return new Command("check")
    .argument("<file...>", "farm files")
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addOption(
      new Option("--fail-on <severity>", "exit with 2 on findings from this severity up, not on errors alone").choices([
        "warning",
        "advice",
      ]),
    )
    .addHelpText(
      "after",
      `
Errors stop a farm from running; warnings name what will not work as expected; advice what could be better.
Exit codes: 0 no error (or nothing from --fail-on up), 2 otherwise.

Examples:
  farmlab check topologies/exit-node.farm.yml
  farmlab check --fail-on warning --format json topologies/*.farm.yml
`,
    )
    .action(check);
}
