/** `farmlab ls`: the labs that run now. They are found by their holders' locks, so the list is never stale. */
import { Command, Option } from "commander";
import { listLabs } from "../../emulator/locate.ts";
import type { OutputOptions } from "../output.ts";

export function lsCommand(): Command {
  return new Command("ls")
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText("after", "\nExample:\n  farmlab ls --format json\n")
    .action(async (options: OutputOptions & { format: "text" | "json" }) => {
      const labs = await listLabs(process.getuid?.() ?? 0);
      if (options.format === "json") {
        const listed = labs.map(({ name, backend, holderPid }) => ({ name, backend, holder: holderPid }));
        process.stdout.write(`${JSON.stringify({ schema: "farmlab.ls/1", labs: listed }, undefined, 2)}\n`);
        return;
      }
      if (labs.length === 0 && options.quiet !== true) process.stderr.write("no lab is running\n");
      const width = Math.max(4, ...labs.map((lab) => lab.name.length));
      if (labs.length > 0) process.stdout.write(`${"LAB".padEnd(width)}  BACKEND       HOLDER\n`);
      for (const lab of labs) process.stdout.write(`${lab.name.padEnd(width)}  ${lab.backend.padEnd(12)}  ${lab.holderPid}\n`);
    });
}
