#!/usr/bin/env node
/** farmlab's command line: chooses the command, turns what goes wrong into a message and an exit code of the contract. */
import { Command, CommanderError } from "commander";
import { version } from "./version.ts";
import { enterFailedCode, exitCodes } from "./exit-codes.ts";
import { addOutputOptions, complain, guardStreams, takeUsageErrors } from "./output.ts";

interface Entry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** Loaded when chosen: a command that lists labs need not wait for the YAML parser. */
const entries: readonly Entry[] = [
  { name: "init", summary: "write a farm file to start from", load: async () => (await import("./commands/init.ts")).initCommand() },
  { name: "check", summary: "read and judge farm files without running anything", load: async () => (await import("./commands/check.ts")).checkCommand() },
  { name: "plan", summary: "show everything that is derived for a farm's nodes", load: async () => (await import("./commands/plan.ts")).planCommand() },
  { name: "derive", summary: "one derivation, for a person who checks by hand", load: async () => (await import("./commands/derive.ts")).deriveCommand() },
  { name: "up", summary: "bring a farm up and leave it running", load: async () => (await import("./commands/up.ts")).upCommand() },
  { name: "down", summary: "end a running lab", load: async () => (await import("./commands/down.ts")).downCommand() },
  { name: "ls", summary: "list running labs", load: async () => (await import("./commands/ls.ts")).lsCommand() },
  { name: "exec", summary: "run a program in a node of a running lab", load: async () => (await import("./commands/exec.ts")).execCommand() },
  { name: "shell", summary: "open a shell in a node of a running lab", load: async () => (await import("./commands/shell.ts")).shellCommand() },
  { name: "run", summary: "bring farms up, drive them with packets, judge by the laws", load: async () => (await import("./commands/run.ts")).runCommand() },
  { name: "laws", summary: "the laws, what checks them, last verdicts", load: async () => (await import("./commands/laws.ts")).lawsCommand() },
  { name: "doctor", summary: "what this machine can do", load: async () => (await import("./commands/doctor.ts")).doctorCommand() },
  { name: "bench", summary: "measure farmlab itself", load: async () => (await import("./commands/bench.ts")).benchCommand() },
];

const examples = `
Examples:
  farmlab check topologies/exit-node.farm.yml
  farmlab run topologies/exit-node.farm.yml --law EX-8
  farmlab up topologies/exit-node.farm.yml && farmlab exec exit-node node-1 -- ip netns && farmlab down exit-node
`;

/** Commands whose own failures must not be taken for those of the program that they run. */
const entering: readonly string[] = ["exec", "shell"];

async function build(chosen: Entry | undefined): Promise<Command> {
  const program = new Command("farmlab")
    .description("Runs a network farm on one Linux machine before anyone deploys it, and judges every packet.")
    .version(version)
    .addHelpText("after", examples);
  for (const entry of entries) {
    if (entry === chosen) program.addCommand((await entry.load()).description(entry.summary));
    else if (chosen === undefined)
      // Only where the first word is no command: they are listed and suggested, and not carried out.
      program
        .command(entry.name)
        .description(entry.summary)
        .allowUnknownOption()
        .allowExcessArguments()
        .action((_, stub: Command) => stub.error(`the command comes first: farmlab ${entry.name} ...`));
  }
  if (chosen !== undefined) addOutputOptions(program);
  takeUsageErrors(program);
  return program;
}

/** `farmlab help run` is `farmlab run --help`. */
function argumentsOf([first, second, ...rest]: readonly string[]): readonly string[] {
  if (first === "help" && second !== undefined) return [second, ...rest, "--help"];
  return [first, second, ...rest].filter((word) => word !== undefined);
}

async function main(): Promise<void> {
  const given = argumentsOf(process.argv.slice(2));
  const chosen = entries.find((entry) => entry.name === given[0]);
  let failed = false;
  const enters = entering.includes(chosen?.name ?? "");
  try {
    const program = await build(chosen);
    if (given.length === 0) program.outputHelp();
    // Of what is no command, the rest is not read: its --help would be taken for ours.
    else await program.parseAsync(chosen === undefined ? given.slice(0, 1) : given, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0) process.exitCode = enters ? enterFailedCode : exitCodes.wrongInput;
      return;
    }
    failed = true;
    // Loaded when something went wrong only.
    const { mendable } = await import("./host-problem.ts");
    const known = mendable(error);
    if (known !== undefined) return complain(known.problem, enters ? enterFailedCode : known.exitCode);
    const message = error instanceof Error ? error.message : String(error);
    const hint = "this is a fault of farmlab; FARMLAB_DEBUG=1 shows where it happened";
    complain({ severity: "error", code: "internal", message, hint }, enters ? enterFailedCode : exitCodes.internal);
    if (process.env["FARMLAB_DEBUG"] === "1" && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
  } finally {
    // What still waits for a lab that did not come up must not keep this process.
    if (failed) process.exit();
  }
}

guardStreams();
await main();
