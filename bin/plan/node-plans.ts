/** `farmlab plan FILE`: what every node, or one of them, has to have. */
import { intentsOf } from "../../core/intents/index.ts";
import type { LoadedFarm } from "../../core/farm/index.ts";
import { expectedFacts, planNode, planText } from "../../core/plan/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { complain } from "../output.ts";

export interface NodePlanOptions {
  readonly node?: string;
  readonly rules?: boolean;
  readonly format: "text" | "json";
}

/** Prints the plans of a farm's nodes; complains where it has no such node. */
export function printNodePlans(file: string, { farm }: LoadedFarm, options: NodePlanOptions): void {
  const intents = intentsOf(farm);
  for (const problem of intents.problems) complain(problem, intents.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!intents.ok) return;
  const names = farm.nodes.map((node) => node.name);
  if (options.node !== undefined && !names.includes(options.node)) {
    const hint = `nodes: ${names.join(", ")}`;
    complain({ severity: "error", code: "no-such-node", message: `${file} has no node ${options.node}`, hint }, exitCodes.wrongInput);
    return;
  }
  const chosen = options.node === undefined ? names : [options.node];
  const facts = expectedFacts(intents.value);
  const plans = chosen.map((name) => planNode(name, intents.value, facts));
  if (options.format === "json") process.stdout.write(`${JSON.stringify({ schema: "farmlab.plan/1", nodes: plans }, undefined, 2)}\n`);
  else process.stdout.write(`${plans.map((plan) => planText(plan, options.rules === true)).join("\n\n")}\n`);
}
