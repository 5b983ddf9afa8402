/** `farmlab export FILE --to containerlab`: a farm's lab as a file that other programs bring up. */
import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { imageName } from "../../emulator/image/index.ts";
import { exportClab } from "../../topologies/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { complain, type OutputOptions } from "../output.ts";
import { readFarm } from "../read-farm.ts";

interface Options extends OutputOptions {
  readonly to: "containerlab";
  readonly output?: string;
  readonly format: "text" | "json";
}

async function exportFarm(file: string, options: Options): Promise<void> {
  const loaded = await readFarm(file);
  for (const problem of loaded.problems) complain(problem, loaded.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!loaded.ok) return;
  const { farm } = loaded.value;
  const text = exportClab(farm, imageName());
  const result =
    options.format === "json"
      ? `${JSON.stringify({ schema: "farmlab.export/1", farm: farm.name, to: options.to, text }, undefined, 2)}\n`
      : text;
  if (options.output === undefined) {
    process.stdout.write(result);
    return;
  }
  try {
    await writeFile(options.output, result);
  } catch (error) {
    const message = `cannot write ${options.output}: ${(error as NodeJS.ErrnoException).code ?? ""}`;
    complain(
      { severity: "error", code: "cannot-write", message, hint: "name another file; without --output it is printed" },
      exitCodes.wrongInput,
    );
    return;
  }
  if (options.quiet !== true) process.stderr.write(`wrote ${options.output}\n`);
}

export function exportCommand(): Command {
  return new Command("export")
    .argument("<file>", "farm file")
    .addOption(new Option("--to <program>", "what is to bring the lab up").choices(["containerlab"]).makeOptionMandatory())
    .option("--output <file>", "write it there instead of printing it")
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
The file is the lab as farmlab makes it, with the state of every node; a stock containerlab deploys it (docs/topology.md).

Examples:
  farmlab export topologies/exit-node.farm.yml --to containerlab --output exit-node.clab.yml
`,
    )
    .action(exportFarm);
}
