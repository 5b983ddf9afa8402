/**
 * Whether nodes are as farmlab itself would plan them: a node that is not has drifted, or its agent does not do what it is told; where all
 * are, what is wrong is planned so. It looks with the agent's own eyes, and changes nothing.
 */
import { emulatedNodes } from "../../../core/farm/index.ts";
import { difference, observe, type Changes, type System } from "../../../core/apply/index.ts";
import { planNode } from "../../../core/plan/index.ts";
import type { NodePlan } from "../../../core/plan/index.ts";
import type { Session } from "../session.ts";
import { ruleDifferences } from "./planned-rules.ts";
import type { LabTables } from "./tables/lab-tables.ts";

const linesMax = 4;

/** A node of the lab for looking only: what would change it is a fault of ours. */
function watchedNode(session: Session, node: string, tunnels: readonly string[]): System {
  const refuse = (): never => {
    throw new Error("this looks and changes nothing");
  };
  const run: System["run"] = async ({ namespace, argv, input }) =>
    await session.lab.node(node).exec(argv, {
      ...(namespace === "host" ? {} : { namespace }),
      ...(input === undefined ? {} : { input }),
    });
  return {
    run,
    // Daemons are not looked at here.
    readFile: async () => await Promise.resolve(undefined),
    ...{
      signalService: refuse,
      writeFile: refuse,
      writeSettings: refuse,
      forgetFlows: refuse,
      startService: refuse,
      stopService: refuse,
      waitForPath: refuse,
    },
    listNamespaces: async () =>
      (await run({ namespace: "host", argv: ["ls", "/run/netns"] })).stdout.split("\n").filter((name) => name !== ""),
    listServices: async () => await Promise.resolve(tunnels),
    // To be compared with what the tunnel has, which is this: nobody else's is known here.
    privateKeyOf: async (name) => (await run({ namespace: "host", argv: ["wg", "show", name, "private-key"] })).stdout.trim(),
  };
}

function changesText(node: string, plan: NodePlan, tables: LabTables, changes: Changes): string[] {
  const { namespaces, removeLinks, tunnels, hostLinks, inside } = changes;
  const whole = [
    ...namespaces.map((line) => `${node}: ${line}`),
    ...[...removeLinks.values()].flat().map((line) => `${node}: link ${line}`),
    ...tunnels.map(({ namespace, name }) => `${node}/${namespace}: tunnel ${name} is missing`),
    ...hostLinks.map((line) => `${node}: ${line}`),
  ];
  const parts = [...inside].flatMap(([name, within]) => {
    const where = name === "host" ? node : `${node}/${name}`;
    const planned = plan.namespaces.find((one) => one.name === name)?.tables ?? [];
    const rules = within.tables === "" ? [] : ruleDifferences(planned, tables.places.get(where)?.chains ?? []);
    return [
      ...(within.tables !== "" && rules.length === 0 ? [`${where}: order or number of rules`] : []),
      ...rules.map((line) => `${where}: ${line}`),
      ...[...within.ip, ...within.forwarding].map((line) => `${where}: ${line}`),
      ...within.wireguard.map(({ name: tunnel }) => `${where}: peers or port of ${tunnel}`),
      ...within.sysctls.map(({ path, value }) => `${where}: setting ${path} is not ${value}`),
    ];
  });
  return [...whole, ...parts];
}

/**
 * What would have to be done to a node to have it as planned, a line each, in the words of `ip` where it has words; empty where it is as
 * planned. Throws where it cannot be looked at.
 */
export async function differencesFromPlan(session: Session, tables: LabTables, node: string): Promise<string[]> {
  const tunnels = tables.tunnels.filter(({ where }) => where.split("/")[0] === node).map((tunnel) => tunnel.interface);
  const plan = planNode(node, session.intents, [...session.facts.values()]);
  const { node: observed } = await observe(plan, watchedNode(session, node, tunnels));
  return changesText(node, plan, tables, difference(plan, observed));
}

/** Of the farm nodes that a flow passes, in a sentence; undefined where it passes none. */
export async function planText(session: Session, tables: LabTables, path: readonly string[]): Promise<string | undefined> {
  const passed = new Set(path.map((where) => where.split("/")[0]));
  const nodes = emulatedNodes(session.farm)
    .map(({ name }) => name)
    .filter((name) => passed.has(name));
  if (nodes.length === 0) return undefined;
  const found = (await Promise.all(nodes.map(async (node) => await differencesFromPlan(session, tables, node)))).flat();
  if (found.length === 0) return `${nodes.join(", ")} ${nodes.length === 1 ? "is" : "are"} as planned`;
  const more = found.length > linesMax ? `; and ${found.length - linesMax} more` : "";
  return `not as planned: ${found.slice(0, linesMax).join("; ")}${more}`;
}
