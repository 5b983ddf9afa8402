/** Against the gateway's rules as nft showed them in a lab of the first farm. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { expectValue } from "../../../core/common/index.ts";
import { loadFarm } from "../../../core/farm/index.ts";
import { intentsOf } from "../../../core/intents/index.ts";
import { planNode } from "../../../core/plan/index.ts";
import type { NftTablePlan } from "../../../core/plan/index.ts";
import { ruleDifferences } from "./planned-rules.ts";
import { readRuleset } from "./tables/ruleset.ts";

const shown = (ending: string): string => readFileSync(new URL(`tables/first-farm.gateway.${ending}`, import.meta.url), "utf8");
const chains = readRuleset(shown("nft-json"), shown("nft"));
const file = new URL("../../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const intents = expectValue(intentsOf(expectValue(loadFarm(readFileSync(file, "utf8"), file)).farm));
const [planned] = planNode("node-1", intents, []).namespaces.find(({ name }) => name === "gateway")!.tables;
const withBody = (body: readonly string[]): NftTablePlan[] => [{ ...planned!, body }];

it("finds the gateway's rules as they are planned, however nft writes them", () => {
  expect(ruleDifferences([planned!], chains)).toEqual([]);
});

it("names a rule that is missing, and one that is too much", () => {
  const snat = planned!.body.find((line) => line.includes(" snat ip to ") && line.includes("pub-1-1"))!;
  const extra = '  iifname "pub-1-1" udp dport 9 accept';
  const more = planned!.body.flatMap((line) => (line === snat ? [line, extra] : [line]));
  expect(ruleDifferences(withBody(more), chains)).toEqual(['rule missing: farmlab/source-nat: iifname "pub-1-1" udp dport 9 accept']);
  expect(ruleDifferences(withBody(planned!.body.filter((line) => line !== snat)), chains)).toEqual([
    'rule too much: farmlab/source-nat: oifname "pub-1-1" ip saddr 10.0.0.0/8 snat ip to 185.69.166.123 fully-random',
  ]);
});

it("counts rules: one that stands twice is one too much", () => {
  const twice = chains.map((chain) => (chain.name === "output" ? { ...chain, rules: [...chain.rules, ...chain.rules] } : chain));
  expect(ruleDifferences([planned!], twice)).toEqual(["rule too much: farmlab/output: icmpv6 type nd-redirect drop"]);
});
