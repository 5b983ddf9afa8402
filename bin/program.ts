/** farmlab's commands, and the program that parses their options. */
import { Command } from "commander";
import { addOutputOptions, takeUsageErrors } from "./output.ts";
import { version } from "./version.ts";

export interface Entry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** Loaded when chosen: a command that lists labs need not wait for the YAML parser. */
export const entries: readonly Entry[] = [
  { name: "init", summary: "write a farm file to start from", load: async () => (await import("./commands/init.ts")).initCommand() },
  {
    name: "check",
    summary: "read and judge farm files without running anything",
    load: async () => (await import("./commands/check.ts")).checkCommand(),
  },
  {
    name: "plan",
    summary: "show everything that is derived for a farm's nodes",
    load: async () => (await import("./commands/plan.ts")).planCommand(),
  },
  {
    name: "derive",
    summary: "one derivation, for a person who checks by hand",
    load: async () => (await import("./commands/derive.ts")).deriveCommand(),
  },
  { name: "up", summary: "bring a farm up and leave it running", load: async () => (await import("./commands/up.ts")).upCommand() },
  { name: "down", summary: "end a running lab", load: async () => (await import("./commands/down.ts")).downCommand() },
  { name: "ls", summary: "list running labs", load: async () => (await import("./commands/ls.ts")).lsCommand() },
  {
    name: "exec",
    summary: "run a program in a node of a running lab",
    load: async () => (await import("./commands/exec.ts")).execCommand(),
  },
  {
    name: "shell",
    summary: "open a shell in a node of a running lab",
    load: async () => (await import("./commands/shell.ts")).shellCommand(),
  },
  {
    name: "capture",
    summary: "show or record the packets of a link of a running lab",
    load: async () => (await import("./commands/capture.ts")).captureCommand(),
  },
  {
    name: "run",
    summary: "bring farms up, drive them with packets, judge by the laws",
    load: async () => (await import("./commands/run.ts")).runCommand(),
  },
  {
    name: "what-if",
    summary: "fail every link, node and daemon: who loses what, for how long",
    load: async () => (await import("./commands/what-if.ts")).whatIfCommand(),
  },
  {
    name: "replay",
    summary: "run a failure's capsule again: does its law still break",
    load: async () => (await import("./commands/replay.ts")).replayCommand(),
  },
  {
    name: "report",
    summary: "show results of runs, join those of shards",
    load: async () => (await import("./commands/report.ts")).reportCommand(),
  },
  {
    name: "laws",
    summary: "the laws, what checks them, last verdicts",
    load: async () => (await import("./commands/laws.ts")).lawsCommand(),
  },
  {
    name: "export",
    summary: "write a farm's lab as a file for containerlab",
    load: async () => (await import("./commands/export.ts")).exportCommand(),
  },
  { name: "gc", summary: "remove what killed labs have left", load: async () => (await import("./commands/gc.ts")).gcCommand() },
  { name: "doctor", summary: "what this machine can do", load: async () => (await import("./commands/doctor.ts")).doctorCommand() },
  { name: "bench", summary: "measure farmlab itself", load: async () => (await import("./commands/bench.ts")).benchCommand() },
];

const examples = `
Examples:
  farmlab check topologies/exit-node.farm.yml
  farmlab run topologies/exit-node.farm.yml --law EX-8
  farmlab up topologies/exit-node.farm.yml && farmlab exec exit-node node-1 -- ip netns && farmlab down exit-node
`;

/** The program with the chosen command, or with all of them by name where none is chosen: to be listed and suggested. */
export async function buildProgram(chosen: Entry | undefined): Promise<Command> {
  const program = new Command("farmlab")
    .description("Runs a network farm on one Linux machine before anyone deploys it, and judges every packet.")
    .version(version)
    .addHelpText("after", examples);
  if (chosen === undefined) for (const { name, summary } of entries) program.command(name).description(summary);
  else {
    program.addCommand((await chosen.load()).description(chosen.summary));
    addOutputOptions(program);
  }
  takeUsageErrors(program);
  return program;
}
