/** Network namespaces: made and removed whole. */
import type { NodePlan } from "../plan/index.ts";
import type { ObservedNode } from "./observed.ts";

/** Lines for `ip -batch` in the host's namespace: unwanted namespaces away, missing ones made. */
export function namespaceLines(
  plan: NodePlan,
  observed: ObservedNode,
): { readonly remove: readonly string[]; readonly add: readonly string[] } {
  const wanted = new Set(plan.namespaces.map((namespace) => namespace.name));
  return {
    remove: [...observed.namespaces.keys()].filter((name) => name !== "host" && !wanted.has(name)).map((name) => `netns del ${name}`),
    add: [...wanted].filter((name) => name !== "host" && !observed.namespaces.has(name)).map((name) => `netns add ${name}`),
  };
}
