import { describe, expect, it } from "vitest";
import { address, prefix } from "../common/address.fixture.ts";
import type { Intents, NetworkIntent, NodeFacts, OverlayIntent } from "../intents/index.ts";
import type { LinkPlan, NamespacePlan } from "./node-plan.ts";
import { createPlanMemory } from "./memory.ts";
import { planNode } from "./plan-node.ts";

const outer = (index: number): { ipv4: string; ipv6: string } => ({ ipv4: `185.69.166.${index + 3}`, ipv6: `2a02:1802:5e::${index + 3}` });

const names = ["node-1", "node-2", "node-3"];

const farm = (overlay: OverlayIntent): Intents => {
  const network: NetworkIntent = {
    ...{ name: "blue", kind: "exit-node", overlay, allocationNumber: 2, ownedIpv4: [], workloads: [], portForwards: [] },
    resources: names.map((node, index) => ({
      ...{ node, exitPoint: index === 0, prefix: prefix(`2a02:1802:5e:1ab${index}::/64`) },
      ...(overlay.kind === "segment" ? { nic: `eth${index + 1}` } : {}),
    })),
  };
  return {
    allocations: [{ prefix: prefix("2a02:1802:5e::/48"), number: 2 }],
    nodes: names.map((name, index) => ({
      name,
      public: { nic: "eth0", ipv4: prefix(`${outer(index).ipv4}/24`), ipv6: prefix(`${outer(index).ipv6}/64`) },
    })),
    networks: [network],
  };
};

const facts: readonly NodeFacts[] = names.map((node, index) => ({
  ...{ node, publicKeys: {}, reachability: { ipv4: "public", ipv6: "public" } },
  endpoints: { ipv4: address(outer(index).ipv4), ipv6: address(outer(index).ipv6) },
}));

const namespaceOf = (overlay: OverlayIntent, name: string, known: readonly NodeFacts[] = facts): NamespacePlan => {
  const found = planNode("node-2", farm(overlay), known).namespaces.find((namespace) => namespace.name === name);
  return found ?? expect.fail(`no namespace ${name}`);
};
const linkOf = (namespace: NamespacePlan, name: string): LinkPlan =>
  namespace.links.find((link) => link.name === name) ?? expect.fail(`no link ${name}`);
const macAt = (overlay: OverlayIntent, node: string, name: string): string | undefined =>
  planNode(node, farm(overlay), facts)
    .namespaces.flatMap(({ links }) => links)
    .find((link) => link.name === name)?.mac;

describe("a network that is a VXLAN", () => {
  it("EX-19 is planned anew where it is remembered, and the node has another address", () => {
    const memory = createPlanMemory();
    const before = farm({ kind: "vxlan", underlay: "ipv4" });
    const moved = {
      ...before,
      nodes: before.nodes.map((node) =>
        node.name === "node-2" && node.public !== undefined
          ? { ...node, public: { ...node.public, ipv4: prefix("185.69.166.99/24") } }
          : node,
      ),
    };
    for (const intents of [before, moved, before]) {
      expect(planNode("node-2", intents, facts, memory)).toEqual(planNode("node-2", intents, facts));
    }
  });

  const over4: OverlayIntent = { kind: "vxlan", underlay: "ipv4" };
  const over6: OverlayIntent = { kind: "vxlan", underlay: "ipv6" };

  it("EX-20 reaches each other node at its public address, by the MAC address that it has there", () => {
    const resource = namespaceOf(over4, "net-1ab1-2");
    expect(linkOf(resource, "vx-1ab1-2")).toMatchObject({
      kind: "vxlan",
      mtu: 1450,
      vxlan: {
        ...{ socketNamespace: "public", vni: 0x21ab0, local: "185.69.166.4", port: 4789 },
        forwarding: [
          { mac: macAt(over4, "node-1", "vx-1ab0-2"), destination: "185.69.166.3" },
          { mac: macAt(over4, "node-3", "vx-1ab2-2"), destination: "185.69.166.5" },
        ],
      },
    });
    expect(resource.addresses.filter(({ link }) => link === "vx-1ab1-2").map((one) => one.address)).toEqual([
      "fe80::1ab1/64",
      "10.255.26.177/16",
    ]);
    expect(resource.routes.every(({ link }) => link === "vx-1ab1-2")).toBe(true);
  });

  it("EX-20 runs over IPv6 where that is what its nodes have in common", () => {
    const link = linkOf(namespaceOf(over6, "net-1ab1-2"), "vx-1ab1-2");
    expect(link).toMatchObject({ mtu: 1430, vxlan: { local: "2a02:1802:5e::4" } });
    expect(link.kind === "vxlan" && link.vxlan.forwarding.map(({ destination }) => destination)).toEqual([
      "2a02:1802:5e::3",
      "2a02:1802:5e::5",
    ]);
  });

  it("leaves a node out that has not said where it takes packets", () => {
    const link = linkOf(namespaceOf(over4, "net-1ab1-2", facts.slice(0, 2)), "vx-1ab1-2");
    expect(link.kind === "vxlan" && link.vxlan.forwarding.map(({ destination }) => destination)).toEqual(["185.69.166.3"]);
  });

  it("EX-20 is taken from its own nodes only, by identifier and address", () => {
    const rules = namespaceOf(over4, "public").tables.flatMap(({ body }) => body);
    expect(rules.filter((line) => line.includes("4789"))).toEqual([
      '  ip saddr 185.69.166.3 udp dport 4789 @th,96,24 0x21ab0 accept comment "vx-1ab0-2 to vx-1ab1-2"',
      '  ip saddr 185.69.166.5 udp dport 4789 @th,96,24 0x21ab0 accept comment "vx-1ab2-2 to vx-1ab1-2"',
      "  udp dport 4789 drop",
    ]);
  });

  it("EX-20 takes of each other node what is its own, and of the exit point everything", () => {
    const rules = namespaceOf(over4, "net-1ab1-2").tables.flatMap(({ body }) => body);
    const [exitPoint, other] = [macAt(over4, "node-1", "vx-1ab0-2"), macAt(over4, "node-3", "vx-1ab2-2")];
    expect(rules.filter((line) => line.startsWith('  iifname "vx-1ab1-2" ') && !line.includes("oifname"))).toEqual([
      `  iifname "vx-1ab1-2" ether saddr ${exitPoint} accept`,
      `  iifname "vx-1ab1-2" ether saddr ${other} ip saddr { 10.255.26.178/32, 10.26.178.0/24 } accept`,
      `  iifname "vx-1ab1-2" ether saddr ${other} ip6 saddr { fe80::1ab2/128, 2a02:1802:5e:1ab2::/64 } accept`,
      '  iifname "vx-1ab1-2" drop',
    ]);
  });

  it("is refused on a node without a public address of its family", () => {
    const intents = farm(over4);
    const hidden = { ...intents, nodes: intents.nodes.map(({ name }) => ({ name })) };
    expect(() => planNode("node-2", hidden, facts)).toThrow("of which node-2 has no public address");
  });
});

describe("a network on a segment of its own", () => {
  it("EX-20 has an interface on each node's NIC there that takes frames of the others only", () => {
    const overlay: OverlayIntent = { kind: "segment" };
    const link = linkOf(namespaceOf(overlay, "net-1ab1-2"), "sg-1ab1-2");
    const others = [macAt(overlay, "node-1", "sg-1ab0-2"), macAt(overlay, "node-3", "sg-1ab2-2")];
    expect(link).toMatchObject({ kind: "macvlan", parent: "eth2", sources: others.toSorted() });
  });
});
