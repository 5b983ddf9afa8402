/** nft tables: replaced whole and at once. A mark in the table's comment says which body it was made from. */
import { hash32, remembered } from "../common/index.ts";
import type { NamespacePlan, NftTablePlan } from "../plan/index.ts";
import { tablePrefix } from "./ownership.ts";

const key = (table: { readonly family: string; readonly name: string }): string => `${table.family} ${table.name}`;

/** The body's hash, and how many rules it has: rules that were flushed or added by hand leave the hash as it was. */
const markOf = (table: NftTablePlan): string => {
  const text = table.body.join("\n");
  const hash = `${hash32(text).toString(16)}${hash32(`again ${text}`).toString(16)}`;
  const rules = table.body
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "}" && !/^(chain|set|map|type|policy|elements|flags) /.test(line));
  return `${hash} ${rules.length}`;
};

export const tablesOf: (plan: NamespacePlan) => ReadonlyMap<string, string> = remembered(
  (plan) => new Map(plan.tables.map((table) => [key(table), markOf(table)])),
);

interface ShownObject {
  readonly table?: { readonly family: string; readonly name: string; readonly comment?: string };
  readonly rule?: { readonly family: string; readonly table: string };
}

/** Reads the output of `nft -j list ruleset`; tables of others are left out. */
export function readTables(output: string): ReadonlyMap<string, string> {
  const objects = output.trim() === "" ? [] : (JSON.parse(output) as { readonly nftables: readonly ShownObject[] }).nftables;
  const rules = new Map<string, number>();
  for (const { rule } of objects) {
    if (rule === undefined) continue;
    const table = key({ family: rule.family, name: rule.table });
    rules.set(table, (rules.get(table) ?? 0) + 1);
  }
  return new Map(
    objects.flatMap(({ table }): [string, string][] => {
      if (table === undefined || !table.name.startsWith(tablePrefix)) return [];
      const hash = (table.comment ?? "").split(" ")[1] ?? "";
      return [[key(table), `${hash} ${rules.get(key(table)) ?? 0}`]];
    }),
  );
}

/**
 * A rule with a counter before what it decides: who looks at a node sees which rules packets fell under. The mark is of the rules as they
 * are planned, and of tables that are read their rules are counted alone, so that counters make no difference.
 */
const counted = (line: string): string =>
  line.replace(
    /(?<=^|\s)(?=(?:accept|drop|masquerade|(?:snat|dnat) (?:ip6? )?to .*|tcp option maxseg size set .*|iifname vmap .*)(?: comment "[^"]*")?$)/,
    "counter ",
  );

/**
 * One that is not there is created, and nothing is done where it is there after all. Whoever deletes one waits when his socket is closed until the
 * kernel has put away what was in it (RCU): 16 ms, and deleting what is not there takes as long.
 */
const definition = (table: NftTablePlan, isThere: boolean): string[] => {
  const name = `table ${key(table)}`;
  const comment = `comment "${tablePrefix} ${markOf(table).split(" ")[0]}"`;
  // Declared first, so that deleting it is no error where it has gone meanwhile.
  return [...(isThere ? [name, `delete ${name}`] : []), `create ${name} {`, comment, ...table.body.map(counted), "}"];
};

/** The text for `nft -f -` in the plan's namespace, one transaction; empty when nothing differs. */
export function tableScript(plan: NamespacePlan, observed: ReadonlyMap<string, string>): string {
  const wanted = tablesOf(plan);
  const removed = [...observed.keys()].filter((table) => !wanted.has(table)).map((table) => `delete table ${table}`);
  const made = plan.tables
    .filter((table) => observed.get(key(table)) !== wanted.get(key(table)))
    .flatMap((table) => definition(table, observed.has(key(table))));
  return [...removed, ...made].map((line) => `${line}\n`).join("");
}
