/** Routing policy rules, told from all others by their priorities. `ip` takes those of one family at a time. */
import { remembered } from "../common/index.ts";
import type { NamespacePlan, PolicyPlan } from "../plan/index.ts";
import { isOwnPriority } from "./ownership.ts";
import type { ShownPolicy } from "./shown.ts";

const key = (family: 4 | 6, priority: number): string => `${family} ${priority}`;

const textOf = ({ mark, table, withoutDefault }: Omit<PolicyPlan, "family" | "priority">): string =>
  [
    ...(mark === undefined ? [] : [`fwmark ${mark}`]),
    `lookup ${table}`,
    ...(withoutDefault === true ? ["suppress_prefixlength 0"] : []),
  ].join(" ");

/** `family priority` -> the rest as `ip` takes it. */
export const policiesOf: (plan: NamespacePlan) => ReadonlyMap<string, string> = remembered(
  (plan) => new Map(plan.policies.map((policy) => [key(policy.family, policy.priority), textOf(policy)])),
);

/** Reads what `ip -json rule show` says of one family. */
export function readPolicies(family: 4 | 6, policies: readonly ShownPolicy[]): ReadonlyMap<string, string> {
  return new Map(
    policies
      .filter(({ priority }) => isOwnPriority(priority))
      .map(({ priority, fwmark, table, suppress_prefixlen: suppressed }) => [
        key(family, priority),
        textOf({
          ...(fwmark === undefined ? {} : { mark: Number(fwmark) }),
          table: table === "main" ? "main" : Number(table),
          ...(suppressed === 0 ? { withoutDefault: true } : {}),
        }),
      ]),
  );
}

/** Lines for `ip -4 -batch` or `ip -6 -batch` in the plan's namespace. */
export function policyLines(plan: NamespacePlan, observed: ReadonlyMap<string, string>, family: 4 | 6): readonly string[] {
  const wanted = policiesOf(plan);
  const ofFamily = (entry: string): boolean => entry.startsWith(`${family} `);
  const priorityOf = (entry: string): string => entry.split(" ")[1] ?? "";
  const gone = [...observed].filter(([entry, text]) => ofFamily(entry) && wanted.get(entry) !== text);
  const added = [...wanted].filter(([entry, text]) => ofFamily(entry) && observed.get(entry) !== text);
  return [
    ...gone.map(([entry]) => `rule del priority ${priorityOf(entry)}`),
    ...added.map(([entry, text]) => `rule add priority ${priorityOf(entry)} ${text}`),
  ];
}
