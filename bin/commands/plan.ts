/** `farmlab plan FILE`: everything derived, node by node, without running anything. */
import { Command, Option } from "commander";
import { intentsOf } from "../../core/intents/index.ts";
import { expectedFacts, planNode, planText } from "../../core/plan/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { readFarm } from "../read-farm.ts";
import { complain } from "../output.ts";

interface Options {
  readonly node?: string;
  readonly rules?: boolean;
  readonly format: "text" | "json";
}

export function planCommand(): Command {
  return new Command("plan")
    .argument("<file>", "farm file")
    .option("--node <name>", "this node only")
    .option("--rules", "show sysctls and nft rules too")
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
Keys are made by the nodes, so the plan names them instead.

Examples:
  farmlab plan topologies/exit-node.farm.yml --node node-1
  farmlab plan topologies/exit-node.farm.yml --format json
`,
    )
    .action(async (file: string, options: Options) => {
      const loaded = await readFarm(file);
      for (const problem of loaded.problems) complain(problem, loaded.ok ? exitCodes.holds : exitCodes.wrongInput);
      if (!loaded.ok) return;
      const intents = intentsOf(loaded.value.farm);
      for (const problem of intents.problems) complain(problem, intents.ok ? exitCodes.holds : exitCodes.wrongInput);
      if (!intents.ok) return;
      const names = loaded.value.farm.nodes.map((node) => node.name);
      if (options.node !== undefined && !names.includes(options.node)) {
        const hint = `nodes: ${names.join(", ")}`;
        complain({ severity: "error", code: "no-such-node", message: `${file} has no node ${options.node}`, hint }, exitCodes.wrongInput);
        return;
      }
      const chosen = options.node === undefined ? names : [options.node];
      const plans = chosen.map((name) => planNode(name, intents.value, expectedFacts(intents.value)));
      if (options.format === "json") process.stdout.write(`${JSON.stringify({ schema: "farmlab.plan/1", nodes: plans }, undefined, 2)}\n`);
      else process.stdout.write(`${plans.map((plan) => planText(plan, options.rules === true)).join("\n\n")}\n`);
    });
}
