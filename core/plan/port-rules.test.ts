import { describe, expect, it } from "vitest";
import { prefix } from "../common/address.fixture.ts";
import { plannedWorkloadMac } from "./macs.ts";
import { portRules } from "./port-rules.ts";

const resource = prefix("2a02:1802:5e:1abc::/64");
const rulesOf = (hosts: readonly number[]): readonly string[] => portRules("node-1", resource, 1, hosts).flatMap(({ body }) => body);

describe("what a bridge takes from workloads", () => {
  it("EX-22 is what each says with its own addresses, port by port", () => {
    const mac = plannedWorkloadMac("node-1", resource, 3);
    const lines = rulesOf([3, 254]).map((line) => line.trim());
    const own = lines.slice(lines.indexOf("chain v-1abc-3 {") + 1, lines.indexOf("chain v-1abc-254 {") - 1);
    expect(own[0]).toBe(`ether saddr != ${mac} drop`);
    expect(own.filter((line) => line.endsWith("accept"))).toEqual([
      `arp saddr ether ${mac} arp saddr ip 10.26.188.3 accept`,
      "ip saddr 10.26.188.3 accept",
      "ip6 saddr { 2a02:1802:5e:1abc::3, fe80::3 } accept",
      "ip6 saddr :: icmpv6 type nd-neighbor-solicit icmpv6 taddr { 2a02:1802:5e:1abc::3, fe80::3 } accept",
      "ip6 saddr :: icmpv6 type mld2-listener-report accept",
    ]);
    expect(own.at(-1)).toBe("drop");
  });

  it("is the same in whatever order the workloads are named", () => {
    expect(rulesOf([254, 3, 77])).toEqual(rulesOf([3, 77, 254]));
  });

  it("is asked of every port, by a table that other resources have no part in", () => {
    const [table, ...more] = portRules("node-1", resource, 1, [2, 3]);
    expect([table?.family, table?.name, more]).toEqual(["bridge", "farmlab-1abc-1", []]);
    expect(table?.body).toContain('  iifname vmap { "v-1abc-2" : jump v-1abc-2, "v-1abc-3" : jump v-1abc-3 }');
    expect(portRules("node-1", resource, 1, [])).toEqual([]);
  });
});
