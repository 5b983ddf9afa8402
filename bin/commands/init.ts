/** `farmlab init`: writes a farm file to start from, one of those in `topologies/`. */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { nearestHint } from "../../core/common/reading/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { complain, type OutputOptions } from "../output.ts";

const topologies: URL = new URL("../../topologies/", import.meta.url);
const ending = ".farm.yml";
const defaultLayout = "exit-node";

interface InitOptions extends OutputOptions {
  readonly layout: string;
  readonly stdout?: boolean;
}

async function layouts(): Promise<readonly string[]> {
  const names = await readdir(topologies);
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .toSorted();
}

function refuse(code: string, message: string, hint: string): void {
  complain({ severity: "error", code, message, hint }, exitCodes.wrongInput);
}

async function init(options: InitOptions): Promise<void> {
  const known = await layouts();
  if (!known.includes(options.layout)) {
    refuse("unknown-layout", `there is no layout "${options.layout}"`, nearestHint(options.layout, known, "layouts"));
    return;
  }
  const text = await readFile(new URL(`${options.layout}${ending}`, topologies), "utf8");
  if (options.stdout === true) {
    process.stdout.write(text);
    return;
  }
  const name = `${options.layout}${ending}`;
  try {
    await writeFile(name, text, { flag: "wx" });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const exists = code === "EEXIST";
    const message = exists ? `${name} is here already, and is left as it is` : `cannot write ${name}: ${code}`;
    refuse(exists ? "file-exists" : "cannot-write", message, "go to another folder, or use --stdout");
    return;
  }
  if (options.quiet !== true) process.stderr.write(`wrote ${name}; next: farmlab check ${name}\n`);
}

export function initCommand(): Command {
  return new Command("init")
    .option("--layout <name>", "the layout to start from", defaultLayout)
    .option("--stdout", "print the file instead of writing it")
    .addHelpText(
      "after",
      `
Writes NAME.farm.yml into the current folder and never overwrites one. Layouts are the farms in topologies/.

Examples:
  farmlab init
  farmlab init --layout three-exit-nodes --stdout
`,
    )
    .action(init);
}
