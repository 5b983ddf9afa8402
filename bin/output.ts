/** What every command does alike on its output: colours, quiet, closed pipes, and mistakes in the command line as problems with a hint. */
import type { Command } from "commander";
import { formatProblem, safeText } from "../core/common/index.ts";
import type { Problem } from "../core/common/index.ts";
import { exitCodes } from "./exit-codes.ts";

/** Options that every command has besides its own. */
export interface OutputOptions {
  readonly quiet?: boolean;
}

/** Whether a stream gets colours: a terminal, and neither NO_COLOR (no-color.org: set and not empty) nor --no-color. */
export function hasColour(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";
}

/** Prints a problem to standard error; of a message in several lines, as the last ones of a build, each stays a line. */
export function printProblem(problem: Problem): void {
  const [message = "", ...lines] = problem.message.split("\n");
  const { hint, ...withoutHint } = problem;
  const color = hasColour(process.stderr);
  const text =
    lines.length === 0
      ? formatProblem(problem, { color })
      : [
          formatProblem({ ...withoutHint, message }, { color }),
          ...lines.map(safeText),
          ...(hint === undefined ? [] : [`hint: ${safeText(hint)}`]),
        ].join("\n");
  process.stderr.write(`${text}\n`);
}

/** Prints a problem to standard error and sets the exit code. */
export function complain(problem: Problem, exitCode: number): void {
  printProblem(problem);
  process.exitCode = exitCode;
}

/** Adds `--quiet` and `--no-color` to a command and its subcommands. */
export function addOutputOptions(command: Command): void {
  const known = new Set(command.options.map((option) => option.long));
  if (command.commands.length === 0) {
    if (!known.has("--quiet")) command.option("--quiet", "nothing but results and problems");
    if (!known.has("--no-color")) command.option("--no-color", "no colours, as NO_COLOR in the environment");
    command.on("option:no-color", () => {
      process.env["NO_COLOR"] = "1";
    });
  }
  for (const subcommand of command.commands) addOutputOptions(subcommand);
}

const pathOf = (command: Command): string => (command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`);

/** A mistake in the command line, from commander's words for it. */
export function usageProblem(text: string, command: Command): Problem {
  const [, message = text.replace(/^error: /, ""), nearest] =
    /^(?:error: )?([^\n]*?)\.?(?:\n\(Did you mean (?:one of )?(.*)\?\))?\s*$/.exec(text) ?? [];
  const path = pathOf(command);
  // Without --, what is meant for the program is read as ours.
  const forProgram = command.name() === "exec" && message.startsWith("unknown option");
  const hint = forProgram
    ? "put -- before the program: farmlab exec LAB NODE -- PROGRAM ARGUMENTS"
    : nearest === undefined
      ? `${path} --help shows what there is`
      : `did you mean ${nearest}?`;
  return { severity: "error", code: "usage", message, hint };
}

/** Mistakes in the command line are told as any other problem, and thrown as a CommanderError instead of ending the process. */
export function takeUsageErrors(command: Command): void {
  command.exitOverride().configureOutput({ outputError: (text) => printProblem(usageProblem(text.trim(), command)) });
  for (const subcommand of command.commands) takeUsageErrors(subcommand);
}

/** A reader that closes early, as `| head` does, is no fault of anybody's; what else keeps results from being written is said. */
export function guardStreams(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? exitCodes.holds);
    const message = `cannot write to standard output: ${error.message}`;
    printProblem({ severity: "error", code: "cannot-write", message, hint: "look for a full disk" });
    process.exit(exitCodes.hostCannot);
  });
  // Where nobody can be told, the exit code still says it.
  process.stderr.on("error", () => undefined);
}
