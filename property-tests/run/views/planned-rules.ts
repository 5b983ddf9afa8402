/** Which rules stand in a namespace that are not planned, and which are planned and do not stand there: of plans as written and of nft's own words. */
import type { NftTablePlan } from "../../../core/plan/index.ts";
import type { Chain } from "./tables/ruleset.ts";

/** Protocols that nft shows by name, where plans have numbers because the names need a file. */
const protocolNames: Readonly<Record<string, string>> = { icmp: "1", "ipv6-icmp": "58", vrrp: "112" };

const sortedSet = (set: string): string =>
  `{ ${set
    .slice(1, -1)
    .split(",")
    .map((element) => element.trim())
    .toSorted()
    .join(", ")} }`;

/** One spelling of what may be written in several: spaces, numbers of protocols, the order in a set. */
function spelled(rule: string): string {
  return rule
    .replaceAll(/\bmeta l4proto (\{[^}]*\}|\S+)/g, (found) => found.replaceAll(/[a-z0-9-]+/g, (word) => protocolNames[word] ?? word))
    .replaceAll(/\{[^}]*\}/g, sortedSet)
    .replaceAll(/\s+/g, " ")
    .trim();
}

function plannedRules(table: NftTablePlan): string[] {
  let chain = "";
  return table.body.flatMap((line) => {
    const words = line.trim();
    const opened = /^chain (\S+) \{$/.exec(words)?.[1];
    if (opened !== undefined) chain = opened;
    if (opened !== undefined || words === "" || words === "}" || /^(set|map|type|policy|elements|flags) /.test(words)) return [];
    return [`${table.name}/${chain}: ${words}`];
  });
}

/** Each of `these` that `those` has not, counted: a rule that is there twice is not planned twice. */
function without(these: readonly string[], those: readonly string[]): string[] {
  const left = those.map(spelled);
  return these.filter((rule) => {
    const at = left.indexOf(spelled(rule));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** In words, a line each; empty where just the planned rules stand, whatever their order. */
export function ruleDifferences(planned: readonly NftTablePlan[], chains: readonly Chain[]): string[] {
  return planned.flatMap((table) => {
    const wanted = plannedRules(table);
    const own = chains.filter((chain) => chain.table === table.name && chain.family === table.family);
    const standing = own.flatMap(({ rules }) => rules.map(({ text }) => text));
    return [
      ...without(wanted, standing).map((rule) => `rule missing: ${rule}`),
      ...without(standing, wanted).map((rule) => `rule too much: ${rule}`),
    ];
  });
}
