import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue, formatPrefix } from "../../common/index.ts";
import { loadFarm } from "../../farm/index.ts";
import type { Farm, UpstreamRouter } from "../../farm/index.ts";
import { dialects, planUpstream } from "./index.ts";
import type { Dialect, NextHopKind } from "./index.ts";

const text = (layout: string): string => readFileSync(new URL(`../../../topologies/${layout}.farm.yml`, import.meta.url), "utf8");

function farmOf(held: string): { readonly farm: Farm; readonly router: UpstreamRouter } {
  const { farm } = expectValue(loadFarm(held, "x.farm.yml"));
  const router = farm.upstreams[0];
  if (router === undefined) throw new Error("the farm has no upstream router");
  return { farm, router };
}

function linesOf(layout: string, dialect: Dialect, nextHop: NextHopKind, name: string): string {
  const { farm, router } = farmOf(text(layout));
  const plan = planUpstream(farm, router, { interface: name, nextHop });
  if (plan === undefined) throw new Error("the router has no allocation");
  return `${dialects[dialect].lines(plan).join("\n")}\n`;
}

const interfaces: Readonly<Record<Dialect, string>> = { linux: "eth1", frr: "eth1", routeros: "sfp-sfpplus1", ios: "GigabitEthernet0/1" };

describe("EX-6 the configuration of the router above", () => {
  it.each(Object.keys(dialects) as Dialect[])("in %s is as written down, by either next hop", async (dialect) => {
    for (const nextHop of ["link-local", "prefix-zero"] as const) {
      const lines = linesOf("three-exit-nodes", dialect, nextHop, interfaces[dialect]);
      await expect(lines).toMatchFileSnapshot(new URL(`golden/${dialect}.${nextHop}.txt`, import.meta.url).pathname);
    }
  });

  it("says in its first line where it was not tried", () => {
    for (const [name, { tried }] of Object.entries(dialects)) {
      const first = linesOf("exit-node", name as Dialect, "link-local", interfaces[name as Dialect]).split("\n")[0];
      expect(/not tried on a device/i.test(first ?? ""), name).toBe(!tried);
    }
  });

  it("follows from exit nodes and allocations, not from what the file says is typed", () => {
    const { farm, router } = farmOf(text("three-exit-nodes"));
    const choices = { interface: "swp1", nextHop: "link-local" } as const;
    expect(planUpstream(farm, { ...router, routes: [] }, choices)).toEqual(planUpstream(farm, router, choices));
  });

  it("gives a router whose address is elsewhere the first of PrefixZero, and none where the farm has nothing below it", () => {
    const { farm, router } = farmOf(text("three-exit-nodes"));
    const elsewhere = { ...router, ipv6: { ...router.ipv6, address: { family: 6 as const, value: 0x20010db8n << 96n } } };
    const choices = { interface: "swp1", nextHop: "link-local" } as const;
    expect(planUpstream(farm, elsewhere, choices)?.addresses.map(formatPrefix)).toContain("2a10:c0de:7::1/64");
    expect(planUpstream({ ...farm, nodes: [] }, elsewhere, choices)).toBeUndefined();
    expect(planUpstream({ ...farm, nodes: [] }, router, choices)?.routes.map(({ kind }) => kind)).toEqual(["unreachable"]);
  });

  it.each([
    ["linux", "eth1; reboot"],
    ["linux", "a-name-of-16-byte"],
    ["frr", "eth1\nend"],
    ["routeros", "ether 1"],
    ["ios", ""],
  ] as const)("in %s takes no interface called %j", (dialect, name) => {
    expect(dialects[dialect].interfaceName.test(name)).toBe(false);
    expect(dialects[dialect].interfaceName.test(interfaces[dialect])).toBe(true);
  });
});
