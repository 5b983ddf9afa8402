/** Pieces of a node plan, and how the pieces that a node's roles ask for become one plan. */
import { forgetful } from "./memory.ts";
import type { PlanMemory } from "./memory.ts";
import type { AddressPlan, LinkPlan, NamespacePlan, NodePlan, NftTablePlan, PolicyPlan, RoutePlan, ServicePlan } from "./node-plan.ts";
import { setWithinNode } from "./sysctls.ts";

/** What one role wants of one namespace; several roles may name the same one. */
export interface NamespacePart {
  readonly name: string;
  readonly links?: readonly LinkPlan[];
  readonly addresses?: readonly AddressPlan[];
  readonly routes?: readonly RoutePlan[];
  readonly policies?: readonly PolicyPlan[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly tables?: readonly NftTablePlan[];
}

const refuseTwice = (what: string, names: readonly string[]): void => {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Error(`${what} ${name} is planned twice`);
    seen.add(name);
  }
};

const mergeSettings = (name: string, parts: readonly NamespacePart[], links: readonly LinkPlan[]): Readonly<Record<string, string>> => {
  const [first, ...rest] = parts.flatMap((part) => (part.sysctls === undefined ? [] : [part.sysctls]));
  // One without a prototype is a table from the start: the names of a namespace's links are its own, and no shape fits two of them.
  const merged: Record<string, string> = Object.assign(Object.create(null) as Record<string, string>, first);
  for (const [path, value] of rest.flatMap((settings) => Object.entries(settings))) {
    if (merged[path] !== undefined && merged[path] !== value)
      throw new Error(`${name}: ${path} is planned as ${merged[path]} and as ${value}`);
    merged[path] = value;
  }
  // The host's own links are not all farmlab's.
  if (name !== "host") for (const link of links) if (link.kind === "veth") setWithinNode(merged, link.name);
  return merged;
};

const mergeNamespace = (name: string, parts: readonly NamespacePart[]): NamespacePlan => {
  const links = parts.flatMap((part) => part.links ?? []);
  const merged: NamespacePlan = {
    name,
    links,
    addresses: parts.flatMap((part) => part.addresses ?? []),
    routes: parts.flatMap((part) => part.routes ?? []),
    policies: parts.flatMap((part) => part.policies ?? []),
    sysctls: mergeSettings(name, parts, links),
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
export function mergeParts(
  node: string,
  parts: readonly NamespacePart[],
  memory: PlanMemory = forgetful,
  services: readonly ServicePlan[] = [],
): NodePlan {
  const byName = new Map<string, NamespacePart[]>([["host", []]]);
  for (const part of parts) {
    const others = byName.get(part.name);
    if (others === undefined) byName.set(part.name, [part]);
    else others.push(part);
  }
  const namespaces = [...byName].map(([name, own]): NamespacePlan => {
    const [first] = own;
    const merge = (): NamespacePlan => mergeNamespace(name, own);
    return memory.keep(first === undefined ? merge() : memory.recall(first, () => own, merge));
  });
  return { node, namespaces, services };
}
