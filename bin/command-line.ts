/** One command line: chooses the command, turns what goes wrong into a message and an exit code of the contract. */
import { CommanderError } from "commander";
import { enterFailedCode, exitCodes } from "./exit-codes.ts";
import { complain } from "./output.ts";
import { buildProgram, entries } from "./program.ts";

/** Commands whose own failures must not be taken for those of the program that they run. */
const entering: readonly string[] = ["exec", "shell"];

/** `farmlab help run` is `farmlab run --help`. */
function argumentsOf([first, second, ...rest]: readonly string[]): readonly string[] {
  if (first === "help" && second !== undefined) return [second, ...rest, "--help"];
  return [first, second, ...rest].filter((word) => word !== undefined);
}

/** Runs it and sets the process's exit code. Whether it came to its end: what a command still waits for that broke off must keep no process. */
export async function runCommandLine(words: readonly string[]): Promise<boolean> {
  const given = argumentsOf(words);
  const chosen = entries.find((entry) => entry.name === given[0]);
  const enters = entering.includes(chosen?.name ?? "");
  try {
    const program = await buildProgram(chosen);
    if (given.length === 0) program.outputHelp();
    // Of what is no command, the rest is not read: its --help would be taken for ours.
    else await program.parseAsync(chosen === undefined ? given.slice(0, 1) : given, { from: "user" });
    return true;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0) process.exitCode = enters ? enterFailedCode : exitCodes.wrongInput;
      return true;
    }
    // Loaded when something went wrong only.
    const { mendable } = await import("./host-problem.ts");
    const known = mendable(error);
    if (known !== undefined) {
      complain(known.problem, enters ? enterFailedCode : known.exitCode);
      return false;
    }
    const message = error instanceof Error ? error.message : String(error);
    const hint = "this is a fault of farmlab; FARMLAB_DEBUG=1 shows where it happened";
    complain({ severity: "error", code: "internal", message, hint }, enters ? enterFailedCode : exitCodes.internal);
    if (process.env["FARMLAB_DEBUG"] === "1" && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
    return false;
  }
}
