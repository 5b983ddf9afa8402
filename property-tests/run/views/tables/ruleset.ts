/** nft rules as they stand in a namespace: in the form in which they can be followed, and in nft's own words. */
import { readRuleWords } from "./rule-words.ts";

export type Hook = "prerouting" | "input" | "forward" | "output" | "postrouting";

/** A statement or a match of `nft -j`; what it holds is looked at where it is followed. */
export type Expression = Readonly<Record<string, unknown>>;

export interface Rule {
  /** `farmlab/forward: ct state invalid drop`, without the values of counters. */
  readonly text: string;
  readonly expressions: readonly Expression[];
  /** Packets that it has counted; undefined where it has no counter. */
  readonly packets: number | undefined;
}

export interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Absent for one that is only jumped to. */
  readonly base?: { readonly type: string; readonly hook: Hook; readonly priority: number; readonly policy: string };
  readonly rules: readonly Rule[];
}

interface ShownObject {
  readonly chain?: {
    readonly family: string;
    readonly table: string;
    readonly name: string;
    readonly type?: string;
    readonly hook?: string;
    readonly prio?: number;
    readonly policy?: string;
  };
  readonly rule?: {
    readonly family: string;
    readonly table: string;
    readonly chain: string;
    readonly handle: number;
    readonly expr?: readonly Expression[];
  };
}

function countedBy(expressions: readonly Expression[]): number | undefined {
  const counter = expressions.find((expression) => "counter" in expression)?.["counter"];
  const packets = typeof counter === "object" && counter !== null && "packets" in counter ? counter.packets : undefined;
  return typeof packets === "number" ? packets : undefined;
}

/** Of `nft -j list ruleset` and `nft -a list ruleset`, of the same moment. */
export function readRuleset(json: string, text: string): Chain[] {
  if (json.trim() === "") return [];
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly ShownObject[] };
  const words = new Map(readRuleWords(text).map((rule) => [`${rule.family} ${rule.table} ${rule.chain} ${rule.handle}`, rule.words]));
  const rules = nftables.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  return nftables.flatMap(({ chain }): Chain[] => {
    if (chain === undefined) return [];
    const { family, table, name, type, hook, prio, policy } = chain;
    const own = rules.filter((rule) => rule.family === family && rule.table === table && rule.chain === name);
    const base = type === undefined ? {} : { base: { type, hook: hook as Hook, priority: prio ?? 0, policy: policy ?? "accept" } };
    return [
      {
        ...{ family, table, name, ...base },
        rules: own.map(({ handle, expr = [] }): Rule => ({
          text: `${table}/${name}: ${words.get(`${family} ${table} ${name} ${handle}`) ?? JSON.stringify(expr)}`,
          expressions: expr,
          packets: countedBy(expr),
        })),
      },
    ];
  });
}
