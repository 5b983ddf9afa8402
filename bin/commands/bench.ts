/** `farmlab bench [NAME]`: measures farmlab itself. */
import { Command, Option } from "commander";
import { emulator, engine, exitNodes, figureText, firstFarm, wire } from "../../bench/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCanRun } from "../host-problem.ts";
import { complain, type OutputOptions } from "../output.ts";

const benchmarks = { "first-farm": firstFarm, emulator, engine, "exit-nodes": exitNodes, wire } as const;

export function benchCommand(): Command {
  return new Command("bench")
    .argument("[name]", `one of: ${Object.keys(benchmarks).join(", ")}`, "first-farm")
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText("after", "\nExample:\n  farmlab bench first-farm --format json\n")
    .action(async (name: string, options: OutputOptions & { format: "text" | "json" }) => {
      const benchmark = Object.entries(benchmarks).find(([known]) => known === name)?.[1];
      if (benchmark === undefined) {
        const hint = `there is: ${Object.keys(benchmarks).join(", ")}`;
        complain({ severity: "error", code: "no-such-benchmark", message: `no benchmark is named ${name}`, hint }, exitCodes.wrongInput);
        return;
      }
      if (!(await hostCanRun())) return;
      const report = await benchmark((line) => void (options.quiet === true || process.stderr.write(`${line}\n`)));
      process.stdout.write(options.format === "json" ? `${JSON.stringify(report, undefined, 2)}\n` : `${figureText(report)}\n`);
    });
}
