/** `farmlab gc`: removes what labs of the containerlab backend have left whose holder was killed. Labs of netns leave nothing. */
import { Command, Option } from "commander";
import { safeText } from "../../core/common/index.ts";
import type { Leftover } from "../../emulator/containerlab/index.ts";
import type { OutputOptions } from "../output.ts";

function describe({ lab, containers, folder }: Leftover): string {
  const parts = [
    ...(containers.length === 0 ? [] : [`containers ${containers.join(", ")}`]),
    ...(folder === null ? [] : [`folder ${folder}`]),
  ];
  return `removed of lab ${safeText(lab)}: ${safeText(parts.join("; "))}\n`;
}

export function gcCommand(): Command {
  return new Command("gc")
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
Removes containers and folders that bear farmlab's mark and whose lab nobody holds; never anything else, and nothing of a running lab.

Examples:
  farmlab gc
  farmlab gc --format json
`,
    )
    .action(async (options: OutputOptions & { format: "text" | "json" }) => {
      // Loaded when it is run only, for the engine's client is large.
      const { collectLeftovers } = await import("../../emulator/containerlab/index.ts");
      const removed = await collectLeftovers();
      if (options.format === "json") process.stdout.write(`${JSON.stringify({ schema: "farmlab.gc/1", removed }, undefined, 2)}\n`);
      else if (removed.length > 0) process.stdout.write(removed.map(describe).join(""));
      else if (options.quiet !== true) process.stderr.write("nothing to remove\n");
    });
}
