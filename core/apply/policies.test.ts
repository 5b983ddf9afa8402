import { describe, expect, it } from "vitest";
import type { NamespacePlan, PolicyPlan } from "../plan/index.ts";
import { policyLines, policiesOf, readPolicies } from "./policies.ts";

const policies: readonly PolicyPlan[] = [
  { family: 4, priority: 9801, table: "main", withoutDefault: true },
  { family: 4, priority: 9802, mark: 98, table: 98 },
  { family: 6, priority: 9802, mark: 98, table: 98 },
];
const plan = (wanted: readonly PolicyPlan[]): NamespacePlan => ({
  ...{ name: "net-1abc-1", links: [], addresses: [], routes: [], sysctls: {}, tables: [], policies: wanted },
});
/** As `ip -json rule show` says it: the kernel's own rules, and somebody else's. */
const shown = [
  { priority: 0, src: "all", table: "local" },
  { priority: 9801, src: "all", table: "main", suppress_prefixlen: 0 },
  { priority: 9802, src: "all", fwmark: "0x62", table: "98" },
  { priority: 12000, src: "all", fwmark: "0x1", table: "5" },
  { priority: 32766, src: "all", table: "main" },
];

describe("policies", () => {
  it("are read as they are planned, and others' are left out", () => {
    const own = new Map([...policiesOf(plan(policies))].filter(([key]) => key.startsWith("4 ")));
    expect(readPolicies(4, shown)).toEqual(own);
  });

  it("come and go by family", () => {
    expect(policyLines(plan(policies), readPolicies(4, shown), 4)).toEqual([]);
    expect(policyLines(plan(policies), readPolicies(4, shown), 6)).toEqual(["rule add priority 9802 fwmark 98 lookup 98"]);
    expect(policyLines(plan([]), readPolicies(4, shown), 4)).toEqual(["rule del priority 9801", "rule del priority 9802"]);
  });

  it("that are otherwise are made anew", () => {
    const other = readPolicies(4, [{ priority: 9802, fwmark: "0x63", table: "98" }]);
    expect(policyLines(plan(policies.slice(1, 2)), other, 4)).toEqual([
      "rule del priority 9802",
      "rule add priority 9802 fwmark 98 lookup 98",
    ]);
  });
});
