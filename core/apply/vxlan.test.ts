import { describe, expect, it } from "vitest";
import type { LinkPlan, NamespacePlan, NodePlan } from "../plan/index.ts";
import { difference } from "./difference.ts";
import { readLinks } from "./links.ts";
import { nothing, onceApplied } from "./observed.ts";
import type { ObservedNode } from "./observed.ts";
import type { ShownForwarding, ShownLink } from "./shown.ts";
import { forwardingLines, vxlanOf, withForwarding } from "./vxlan.ts";

const everybody = "00:00:00:00:00:00";
const [one, other] = ["02:00:00:00:00:0a", "02:00:00:00:00:0b"] as const;

const vxlan = (...forwarding: readonly (readonly [mac: string, destination: string])[]): Extract<LinkPlan, { kind: "vxlan" }> => ({
  ...{ kind: "vxlan", name: "vx-1abc-1", mac: "02:00:00:00:00:01", mtu: 1450 },
  vxlan: {
    ...{ socketNamespace: "public", vni: 72380, local: "192.0.2.1", port: 4789 },
    forwarding: forwarding.map(([mac, destination]) => ({ mac, destination })),
  },
});

const namespace = (name: string, ...links: readonly LinkPlan[]): NamespacePlan => ({
  ...{ name, links, addresses: [], routes: [], policies: [], sysctls: {}, tables: [] },
});
const node = (...links: readonly LinkPlan[]): NodePlan => ({
  node: "node-1",
  namespaces: [namespace("host"), namespace("public"), namespace("net-1abc-1", ...links)],
  services: [],
});
const bare: ObservedNode = {
  namespaces: new Map([["host", { ...nothing, foreignLinks: new Set(["eth2"]) }]]),
  services: new Set(),
  files: new Map(),
};

/** As `ip` and `bridge` show it. */
const shown: ShownLink = {
  ...{ ifname: "vx-1abc-1", flags: ["UP"], mtu: 1450, address: "02:00:00:00:00:01", group: "default" },
  linkinfo: { info_kind: "vxlan", info_data: { id: 72380, local: "192.0.2.1", port: 4789, learning: false } },
};
const entry = (mac: string, dst: string): ShownForwarding => ({ mac, dst, ifname: "vx-1abc-1" });

describe("a VXLAN", () => {
  const plan = node(vxlan([one, "192.0.2.2"], [other, "192.0.2.3"]));

  it("is made from the namespace of its socket, straight into its own", () => {
    const changes = difference(plan, bare);
    expect([...changes.linksFrom]).toEqual([
      [
        "public",
        [
          "link add name vx-1abc-1 netns net-1abc-1 address 02:00:00:00:00:01 mtu 1450 type vxlan id 72380 local 192.0.2.1 dstport 4789 nolearning",
        ],
      ],
    ]);
    expect(changes.hostLinks).toEqual([]);
    expect(changes.inside.get("net-1abc-1")?.forwarding).toEqual([
      `fdb replace ${one} dev vx-1abc-1 dst 192.0.2.2 self permanent`,
      `fdb append ${everybody} dev vx-1abc-1 dst 192.0.2.2 self permanent`,
      `fdb replace ${other} dev vx-1abc-1 dst 192.0.2.3 self permanent`,
      `fdb append ${everybody} dev vx-1abc-1 dst 192.0.2.3 self permanent`,
    ]);
  });

  it("EX-17 is left alone where it is as planned, as the kernel's tools show it", () => {
    const { links } = readLinks("net-1abc-1", [shown]);
    const forwarding = [entry(one, "192.0.2.2"), entry(other, "192.0.2.3"), entry(everybody, "192.0.2.2"), entry(everybody, "192.0.2.3")];
    const observed = onceApplied(plan, bare);
    const seen = { ...(observed.namespaces.get("net-1abc-1") ?? nothing) };
    const withLo = new Map([...withForwarding(links, forwarding), ["lo", { kind: "", up: true }] as const]);
    const looked = { ...observed, namespaces: new Map([...observed.namespaces, ["net-1abc-1", { ...seen, links: withLo }]]) };
    expect(difference(plan, looked).count).toBe(0);
  });

  it.each([
    ["another identifier", { id: 5, local: "192.0.2.1", port: 4789, learning: false }],
    ["another address", { id: 72380, local6: "2001:db8::1", port: 4789, learning: false }],
    ["one that learns", { id: 72380, local: "192.0.2.1", port: 4789, learning: true }],
  ])("is made anew in place of one of %s", (_, data) => {
    const { links } = readLinks("net-1abc-1", [{ ...shown, linkinfo: { info_kind: "vxlan", info_data: data } }]);
    const observed = onceApplied(plan, bare);
    const changes = difference(plan, {
      ...observed,
      namespaces: new Map([...observed.namespaces, ["net-1abc-1", { ...nothing, links }]]),
    });
    expect(changes.removeLinks.get("net-1abc-1")?.[0]).toContain("vx-1abc-1");
    expect(changes.linksFrom.get("public")).toHaveLength(1);
    expect(changes.inside.get("net-1abc-1")?.forwarding).toHaveLength(4);
  });

  it("moves what goes elsewhere in one step, and takes away what goes nowhere any more", () => {
    const held = vxlanOf(vxlan([one, "192.0.2.2"], [other, "192.0.2.3"]).vxlan);
    const now = new Map([["vx-1abc-1", { kind: "vxlan", up: true, vxlan: held }]]);
    expect(forwardingLines(namespace("net-1abc-1", vxlan([one, "192.0.2.9"])), now)).toEqual([
      `fdb replace ${one} dev vx-1abc-1 dst 192.0.2.9 self permanent`,
      `fdb append ${everybody} dev vx-1abc-1 dst 192.0.2.9 self permanent`,
      `fdb del ${everybody} dev vx-1abc-1 dst 192.0.2.2 self permanent`,
      `fdb del ${other} dev vx-1abc-1 dst 192.0.2.3 self permanent`,
      `fdb del ${everybody} dev vx-1abc-1 dst 192.0.2.3 self permanent`,
    ]);
  });
});

describe("an interface on a segment of its own", () => {
  const on = (...sources: readonly string[]): LinkPlan => ({ kind: "macvlan", name: "sg-1abc-1", parent: "eth2", sources });
  const insideOf = (plan: NodePlan, before: NodePlan): readonly string[] =>
    difference(plan, onceApplied(before, bare)).inside.get("net-1abc-1")?.ip ?? [];

  it("is made with those whose frames it takes", () => {
    expect(difference(node(on(one, other)), bare).hostLinks).toEqual([
      "link set dev eth2 up",
      `link add link eth2 name sg-1abc-1 netns net-1abc-1 type macvlan mode source macaddr set ${one} ${other}`,
    ]);
    expect(difference(node(on()), bare).hostLinks).toContain("link add link eth2 name sg-1abc-1 netns net-1abc-1 type macvlan mode source");
  });

  it("is told others without being made anew", () => {
    expect(insideOf(node(on(one, other)), node(on(one)))).toEqual([`link set dev sg-1abc-1 type macvlan macaddr add ${other}`]);
    expect(insideOf(node(on()), node(on(one)))).toEqual([`link set dev sg-1abc-1 type macvlan macaddr del ${one}`]);
  });

  it("EX-17 is left alone in whatever order the kernel shows them", () => {
    const read = readLinks(
      "net-1abc-1",
      [
        {
          ...{ ifname: "sg-1abc-1", flags: ["UP"], mtu: 1500, link_index: 7 },
          linkinfo: { info_kind: "macvlan", info_data: { mode: "source", macaddr_data: [other, one] } },
        },
      ],
      new Map([[7, "eth2"]]),
    );
    const observed = onceApplied(node(on(one, other)), bare);
    const links = new Map([...read.links, ["lo", { kind: "", up: true }] as const]);
    const looked = { ...observed, namespaces: new Map([...observed.namespaces, ["net-1abc-1", { ...nothing, links }]]) };
    expect(difference(node(on(one, other)), looked).count).toBe(0);
  });
});
