import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NamespacePlan, NodePlan } from "./node-plan.ts";
import { prefix } from "../common/address.fixture.ts";
import { firstFacts, firstFarm } from "./first-farm.fixture.ts";
import { planNode } from "./plan-node.ts";
import { planText } from "./text.ts";

const namespace = (plan: NodePlan, name: string): NamespacePlan => {
  const found = plan.namespaces.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no namespace ${name}`);
  return found;
};

const routeTo = (plan: NodePlan, name: string, to: string): unknown =>
  namespace(plan, name)
    .routes.filter((route) => route.to === to)
    .map(({ type, via, link }) => ({ type, via, link }));

describe("the plan of a node of the first farm", () => {
  it.each(["node-1", "node-2", "node-3"])("of %s is as written down", async (node) => {
    await expect(`${planText(planNode(node, firstFarm, firstFacts), true)}\n`).toMatchFileSnapshot(`snapshots/first-farm.${node}.txt`);
  });

  it("is empty for a node that no intent names", () => {
    const plan = planNode("node-9", firstFarm, firstFacts);
    expect(plan.namespaces.map(({ name, links, tables }) => ({ name, links, tables }))).toEqual([{ name: "host", links: [], tables: [] }]);
  });

  it("EX-1 does not depend on the order of intents and facts", () => {
    const reordered = {
      allocations: firstFarm.allocations,
      nodes: [...firstFarm.nodes].reverse(),
      networks: [...firstFarm.networks].reverse().map((network) => ({
        ...network,
        resources: [...network.resources].reverse(),
        workloads: [...network.workloads].reverse(),
      })),
    };
    for (const node of ["node-1", "node-2", "node-3"]) {
      expect(planNode(node, reordered, [...firstFacts].reverse())).toEqual(planNode(node, firstFarm, firstFacts));
    }
  });

  it("names both ends of every veth after each other", () => {
    for (const node of ["node-1", "node-2", "node-3"]) {
      const plan = planNode(node, firstFarm, firstFacts);
      for (const { name, links } of plan.namespaces) {
        for (const link of links) {
          if (link.kind !== "veth") continue;
          const peer = namespace(plan, link.peerNamespace).links.find((candidate) => candidate.name === link.peerName);
          expect(peer).toMatchObject({ kind: "veth", peerNamespace: name, peerName: link.name });
        }
      }
    }
  });

  it("EX-2 keeps every name at most 15 bytes and unique within its namespace, whatever prefixes are given out", () => {
    const uint16 = fc.integer({ min: 0x1000, max: 0x1fff });
    fc.assert(
      fc.property(fc.uniqueArray(uint16, { minLength: 2, maxLength: 6 }), fc.integer({ min: 0, max: 127 }), (numbers, allocation) => {
        const farm = {
          allocations: [{ prefix: prefix("2a02:1802:5e::/48"), number: allocation }],
          nodes: firstFarm.nodes.map((node) =>
            node.exitNode === undefined ? node : { ...node, exitNode: { ...node.exitNode, allocationNumber: allocation } },
          ),
          networks: numbers.map((number, index) => ({
            name: `network-${index}`,
            kind: "exit-node" as const,
            allocationNumber: allocation,
            ownedIpv4: [],
            resources: [{ node: "node-1", exitPoint: true, prefix: prefix(`2a02:1802:5e:${number.toString(16)}::/64`) }],
            workloads: [{ name: "last", node: "node-1", host: 254, services: [] }],
            portForwards: [],
          })),
        };
        for (const { name, links } of planNode("node-1", farm, []).namespaces) {
          const names = [name, ...links.map((link) => link.name)];
          expect(names.filter((one) => new TextEncoder().encode(one).length > 15)).toEqual([]);
          expect(new Set(links.map((link) => link.name)).size).toBe(links.length);
          const macs = links.flatMap((link) => link.mac ?? []);
          expect(new Set(macs).size).toBe(macs.length);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("the gateway's plan", () => {
  const plan = planNode("node-1", firstFarm, firstFacts);

  it("routes every network resource through its network's exit point", () => {
    expect(routeTo(plan, "gateway", "2a02:1802:5e:1b2c::/64")).toEqual([{ type: "unicast", via: "fe80::1abc:1", link: "to-1abc-1" }]);
    expect(routeTo(plan, "gateway", "10.27.44.0/24")).toEqual([{ type: "unicast", via: "10.255.26.188", link: "to-1abc-1" }]);
    expect(routeTo(plan, "gateway", "10.255.27.44/32")).toEqual([{ type: "unicast", via: "10.255.26.188", link: "to-1abc-1" }]);
  });

  it("EX-11 answers for what is unassigned in its own part and for private destinations", () => {
    for (const to of ["2a02:1802:5e:1000::/52", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]) {
      expect(routeTo(plan, "gateway", to)).toEqual([{ type: "unreachable", via: undefined, link: undefined }]);
    }
  });

  it("EX-10 lets nothing but forwarded ports pass between exit points on IPv4", () => {
    const body = namespace(plan, "gateway").tables[0]?.body.map((line) => line.trim()) ?? [];
    const forwarded = body.indexOf("meta nfproto ipv4 ct status dnat accept");
    const apart = body.indexOf(`iifname "to-*" oifname "to-*" meta nfproto ipv4 drop`);
    const out = body.indexOf(`iifname "to-*" ip saddr 10.0.0.0/8 accept`);
    expect(forwarded).toBeGreaterThan(0);
    expect(apart).toBeGreaterThan(forwarded);
    expect(out).toBeGreaterThan(apart);
  });

  it("leaves out a port forward of an address that the network does not own or to a workload that is not there", () => {
    const [blue, red] = firstFarm.networks;
    if (blue === undefined || red === undefined) throw new Error("the fixture has two networks");
    const networks = [{ ...blue, ownedIpv4: [], portForwards: blue.portForwards }, red];
    const lines = namespace(planNode("node-1", { ...firstFarm, networks }, firstFacts), "gateway").tables.flatMap((table) => table.body);
    expect(lines.filter((line) => line.includes("dnat ip to"))).toEqual([]);
    const dangling = [{ ...blue, workloads: [] }, red];
    const others = namespace(planNode("node-1", { ...firstFarm, networks: dangling }, firstFacts), "gateway").tables.flatMap(
      (table) => table.body,
    );
    expect(others.filter((line) => line.includes("dnat ip to"))).toEqual([]);
  });

  it("does without NAT and IPv4 default route where the exit node has no IPv4", () => {
    const nodes = firstFarm.nodes.map((node) => {
      if (node.exitNode === undefined) return node;
      const { ipv4: _, gateway4: __, ...exitNode } = node.exitNode;
      return { ...node, exitNode };
    });
    const gateway = namespace(planNode("node-1", { ...firstFarm, nodes }, firstFacts), "gateway");
    expect(gateway.tables.flatMap((table) => table.body).filter((line) => line.includes("nat hook"))).toEqual([]);
    expect(gateway.routes.filter((route) => route.family === 4 && route.to === "default")).toEqual([]);
    expect(gateway.addresses.map(({ address }) => address)).not.toContain("185.69.166.200/32");
  });
});

describe("a network resource's plan", () => {
  it("EX-11 has the exit point hold a route to every other resource, known or not", () => {
    const plan = planNode("node-1", firstFarm, []);
    expect(routeTo(plan, "net-1abc-1", "2a02:1802:5e:1c3d::/64")).toEqual([{ type: "unicast", via: "fe80::1c3d", link: "wg-1abc-1" }]);
    expect(routeTo(plan, "net-1abc-1", "10.28.61.0/24")).toEqual([{ type: "unicast", via: "10.255.28.61", link: "wg-1abc-1" }]);
  });

  it("EX-7 sends hidden resources' traffic for each other to the exit point", () => {
    const plan = planNode("node-2", firstFarm, firstFacts);
    expect(routeTo(plan, "net-1b2c-1", "2a02:1802:5e:1c3d::/64")).toEqual([]);
    expect(namespace(plan, "net-1b2c-1").routes).toEqual([
      { family: 6, type: "unicast", to: "2a02:1802:5e:1abc::/64", via: "fe80::1abc", link: "wg-1b2c-1" },
      { family: 4, type: "unicast", to: "10.26.188.0/24", via: "10.255.26.188", link: "wg-1b2c-1" },
      { family: 6, type: "unicast", to: "default", via: "fe80::1abc", link: "wg-1b2c-1" },
      { family: 4, type: "unicast", to: "default", via: "10.255.26.188", link: "wg-1b2c-1" },
    ]);
  });

  it("EX-21 reserves derived ports where the sockets are", () => {
    const reserved = (node: string, name: string): string | undefined =>
      namespace(planNode(node, firstFarm, firstFacts), name).sysctls["net/ipv4/ip_local_reserved_ports"];
    expect(reserved("node-1", "public")).toBe("4387,6844");
    expect(reserved("node-1", "host")).toBeUndefined();
    expect(reserved("node-2", "host")).toBe("4388,6956");
  });
});
