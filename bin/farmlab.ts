#!/usr/bin/env node
/** farmlab's command line: chooses the command, turns what goes wrong into a message and an exit code of the contract. */
import { Command, CommanderError } from "commander";
import { version } from "./version.ts";
import { exitCodes } from "./exit-codes.ts";

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

async function build(chosen: string | undefined): Promise<Command> {
  const program = new Command("farmlab")
    .description("Runs a network farm on one Linux machine before anyone deploys it, and judges every packet.")
    .version(version)
    .addHelpText("after", examples)
    .exitOverride();
  const all = chosen === undefined || !entries.some((entry) => entry.name === chosen);
  for (const entry of entries) {
    if (entry.name === chosen) program.addCommand((await entry.load()).description(entry.summary).exitOverride());
    else if (all) program.command(entry.name).description(entry.summary).allowUnknownOption().action(() => undefined);
  }
  return program;
}

/** Closed by the reader, as `farmlab ... | head` does: no fault of ours or the user's. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? exitCodes.holds);
  throw error;
});

try {
  const chosen = process.argv[2] === "help" ? process.argv[3] : process.argv[2];
  const program = await build(chosen);
  if (process.argv.length === 2) program.outputHelp();
  else await program.parseAsync(process.argv[2] === "help" && chosen !== undefined ? [...process.argv.slice(0, 2), chosen, "--help"] : process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.holds : exitCodes.wrongInput;
  } else {
    process.stderr.write(`error[internal] ${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write("hint: this is a fault of farmlab; FARMLAB_DEBUG=1 shows where it happened\n");
    if (process.env["FARMLAB_DEBUG"] === "1" && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
    process.exitCode = exitCodes.internal;
  }
}
