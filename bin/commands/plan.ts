/** `farmlab plan FILE`: everything derived, node by node, or the configuration of the router above; without running anything. */
import { Command, Option } from "commander";
import type { LoadedFarm } from "../../core/farm/index.ts";
import { dialects } from "../../core/plan/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { complain } from "../output.ts";
import { printNodePlans, type NodePlanOptions } from "../plan/node-plans.ts";
import { upstreamObject, upstreamPlanOf, upstreamText, usualInterface, type UpstreamOptions } from "../plan/upstream-plan.ts";
import { readFarm } from "../read-farm.ts";

interface Options extends NodePlanOptions, UpstreamOptions {
  readonly for?: "upstream";
}

function printUpstream(file: string, loaded: LoadedFarm, options: Options): void {
  const outcome = upstreamPlanOf(file, loaded, options);
  for (const problem of outcome.problems) complain(problem, exitCodes.wrongInput);
  if (!outcome.ok) return;
  const { plan, dialect } = outcome.value;
  const json = (): string => `${JSON.stringify(upstreamObject(plan, dialect), undefined, 2)}\n`;
  process.stdout.write(options.format === "json" ? json() : upstreamText(plan, dialect));
}

/** What only the router's configuration has: elsewhere it would be taken and do nothing. */
function strayOption(command: Command): string | undefined {
  return ["dialect", "interface", "nextHop"].find((name) => command.getOptionValueSource(name) === "cli");
}

async function plan(file: string, options: Options, command: Command): Promise<void> {
  const stray = options.for === undefined ? strayOption(command) : undefined;
  if (stray !== undefined) {
    const flag = command.options.find((option) => option.attributeName() === stray)?.long ?? stray;
    const message = `${flag} is of the router's configuration`;
    complain({ severity: "error", code: "only-for-upstream", message, hint: "add --for upstream, or leave it out" }, exitCodes.wrongInput);
    return;
  }
  const loaded = await readFarm(file);
  for (const problem of loaded.problems) complain(problem, loaded.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!loaded.ok) return;
  if (options.for === undefined) printNodePlans(file, loaded.value, options);
  else printUpstream(file, loaded.value, options);
}

export function planCommand(): Command {
  return new Command("plan")
    .argument("<file>", "farm file")
    .option("--node <name>", "this node only; of several upstream routers, this one")
    .option("--rules", "show sysctls and nft rules too")
    .addOption(new Option("--for <what>", "the configuration of the router that the farmer owns").choices(["upstream"]))
    .addOption(new Option("--dialect <language>", "what that router speaks").choices(Object.keys(dialects)))
    .addOption(new Option("--interface <name>", "what that router calls its interface on PrefixZero").default(usualInterface))
    .addOption(
      new Option("--next-hop <kind>", "by which of their addresses it reaches exit nodes")
        .choices(["link-local", "prefix-zero"])
        .default("link-local"),
    )
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
Keys are made by the nodes, so the plan names them instead.

The router's configuration is what it has to hold for the farm's exit nodes: its addresses on PrefixZero, a /52 route
for every exit node, and one that ends what no exit node has. Its default routes are left alone. The forms for linux
and frr were pasted into such routers in a lab; those for routeros and ios were not tried on a device.

Examples:
  farmlab plan topologies/exit-node.farm.yml --node node-1
  farmlab plan topologies/exit-node.farm.yml --format json
  farmlab plan topologies/exit-node.farm.yml --for upstream --dialect frr --interface eth1
`,
    )
    .action(plan);
}
