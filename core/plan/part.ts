/** Pieces of a node plan, and how the pieces that a node's roles ask for become one plan. */
import type { AddressPlan, LinkPlan, NamespacePlan, NodePlan, NftTablePlan, RoutePlan } from "./node-plan.ts";
import { withinNodeSysctls } from "./sysctls.ts";

/** What one role wants of one namespace; several roles may name the same one. */
export interface NamespacePart {
  readonly name: string;
  readonly links?: readonly LinkPlan[];
  readonly addresses?: readonly AddressPlan[];
  readonly routes?: readonly RoutePlan[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly tables?: readonly NftTablePlan[];
}

const refuseTwice = (what: string, names: readonly string[]): void => {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${what} ${twice} is planned twice`);
};

const mergeNamespace = (name: string, parts: readonly NamespacePart[]): NamespacePlan => {
  const sysctls: Record<string, string> = {};
  const links = parts.flatMap((part) => part.links ?? []);
  const linkSysctls = name === "host" ? [] : links.filter((link) => link.kind === "veth").map((link) => withinNodeSysctls(link.name));
  for (const [path, value] of [...parts.map((part) => part.sysctls ?? {}), ...linkSysctls].flatMap((some) => Object.entries(some))) {
    if (sysctls[path] !== undefined && sysctls[path] !== value)
      throw new Error(`${name}: ${path} is planned as ${sysctls[path]} and as ${value}`);
    sysctls[path] = value;
  }
  const merged: NamespacePlan = {
    name,
    links,
    addresses: parts.flatMap((part) => part.addresses ?? []),
    routes: parts.flatMap((part) => part.routes ?? []),
    sysctls,
    tables: parts.flatMap((part) => part.tables ?? []),
  };
  refuseTwice(
    `${name}: link`,
    merged.links.map((link) => link.name),
  );
  refuseTwice(
    `${name}: table`,
    merged.tables.map((table) => `${table.family} ${table.name}`),
  );
  return merged;
};

/**
 * One node plan of the parts of all its roles. `host` comes first and is always there; the others follow in the order in which they are
 * first named. Throws where two roles contradict each other: a fault of the planner, which intents cannot cause once they are checked.
 */
export function mergeParts(node: string, parts: readonly NamespacePart[]): NodePlan {
  const names = new Set(["host", ...parts.map((part) => part.name)]);
  return {
    node,
    namespaces: [...names].map((name) =>
      mergeNamespace(
        name,
        parts.filter((part) => part.name === name),
      ),
    ),
  };
}
