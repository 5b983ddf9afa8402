import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { contains, expectValue, formatAddress, formatPrefix, parsePrefix, wellKnown } from "../../core/common/index.ts";
import { endsOf, labNodesOf, loadFarm, plugName, plugsOf, type Farm, type StaticRoute } from "../../core/farm/index.ts";
import type { NodeConfig, Topology, TopologyNode } from "../../emulator/topology/index.ts";
import { compileFarm } from "./compile-farm.ts";

const file = "exit-node.farm.yml";
const farm: Farm = expectValue(loadFarm(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"), file)).farm;
const topology: Topology = compileFarm(farm, { seed: 7, agent: { keySeed: "seven" } });

function nodeOf(name: string, from = topology): TopologyNode {
  const node = from.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return node;
}

const routesOf = (config: NodeConfig): string[] =>
  (config.routes ?? []).map((route) => [route.to, route.via, route.interface].filter((part) => part !== undefined).join(" "));

describe("compileFarm", () => {
  it("gives the known topology for the exit-node farm", async () => {
    await expect(stringify(topology, { aliasDuplicateObjects: false, lineWidth: 140 })).toMatchFileSnapshot("./exit-node.topology.golden");
  });

  it("gives the same topology again", () => {
    expect(compileFarm(farm, { seed: 7, agent: { keySeed: "seven" } })).toEqual(topology);
  });

  it("names every node and link once", () => {
    for (const names of [topology.nodes.map((node) => node.name), topology.links.map((link) => link.name)]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it("gives every link two ends on nodes that are there, each interface once and with a name that a kernel takes", () => {
    const names = new Set(topology.nodes.map((node) => node.name));
    const ends = topology.links.flatMap((link) => link.endpoints);
    expect(ends.filter((end) => !names.has(end.node) || end.interface.length > 15)).toEqual([]);
    expect(new Set(ends.map((end) => `${end.node} ${end.interface}`)).size).toBe(ends.length);
  });

  it("uses no interface that has no link", () => {
    for (const node of topology.nodes) {
      const linked = topology.links.flatMap((link) => link.endpoints.filter((end) => end.node === node.name).map((end) => end.interface));
      const used = [
        ...(node.config.addresses ?? []).map((address) => address.interface),
        ...(node.config.routes ?? []).flatMap((route) => route.interface ?? []),
        ...(node.config.bridges ?? []).flatMap((bridge) => bridge.ports),
      ];
      expect(used.filter((name) => name !== "lo" && !linked.includes(name))).toEqual([]);
    }
  });

  it("gives no address twice, but link-local and private ones", () => {
    const local = [wellKnown.linkLocal, ...wellKnown.private4];
    const all = topology.nodes.flatMap((node) => (node.config.addresses ?? []).map(({ address }) => parsePrefix(address)!.address));
    const rest = all.filter((address) => !local.some((prefix) => contains(prefix, address))).map(formatAddress);
    expect(new Set(rest).size).toBe(rest.length);
    expect(rest).toContain("2a02:1802:5e::2");
  });

  it("tells the upstream router the file's static routes, default routes, and nothing else", () => {
    const written = nodeOf("upstream").config.files?.["/etc/frr/staticd.conf"]?.trimEnd().split("\n");
    expect(written).toEqual([
      "ipv6 route 2a02:1802:5e:1000::/52 fe80::1000:0:0:1 swp1",
      "ipv6 route 2a02:1802:5e::/48 reject",
      "ip route 0.0.0.0/0 192.0.2.1 wan onlink",
      "ipv6 route ::/0 fe80::ffff wan",
    ]);
  });

  it("tells the upstream router as many static routes as the file has", () => {
    const routes = Array.from({ length: 15 }, (_, index): StaticRoute => {
      const part = (index + 1).toString(16);
      return {
        kind: "via",
        prefix: parsePrefix(`2a02:1802:5e:${part}000::/52`)!,
        via: parsePrefix(`2a02:1802:5e:0:${part}000::1/128`)!.address,
      };
    });
    const upstreams = farm.upstreams.map((router) => ({ ...router, routes }));
    const written = nodeOf("upstream", compileFarm({ ...farm, upstreams }, { seed: 1 })).config.files?.["/etc/frr/staticd.conf"];
    expect(written?.trimEnd().split("\n")).toEqual([
      ...routes.map(
        (route) => `ipv6 route ${formatPrefix(route.prefix)} ${formatPrefix(route.prefix).replace(/(.)000::.52/, "0:$1000::1")}`,
      ),
      "ip route 0.0.0.0/0 192.0.2.1 wan onlink",
      "ipv6 route ::/0 fe80::ffff wan",
    ]);
  });

  it("routes the allocation to its upstream router, and has no default route on the internet", () => {
    const routes = routesOf(nodeOf("internet").config);
    expect(routes).toContain("2a02:1802:5e::/48 fe80::2 eth1");
    expect(routes).toContain("185.69.166.0/24 192.0.2.10 eth1");
    expect(routes.filter((route) => route.startsWith("default"))).toEqual([]);
  });

  it("runs the store on one host, with second addresses that nobody else has", () => {
    const running = topology.nodes.filter((node) => node.config.services?.some((service) => service.name === "store"));
    expect(running.map((node) => [node.name, node.init])).toEqual([["grid", true]]);
    const reflector = running[0]?.config.services?.find((service) => service.name === "reflector");
    expect(reflector?.argv.slice(-4)).toEqual(["--alternate-address4", "198.51.100.54", "--alternate-address6", "2001:db8:53::54"]);
    expect(routesOf(nodeOf("internet").config)).toContain("198.51.100.54/32 eth4");
  });

  it("steps over an address that is taken when it looks for the store's second one", () => {
    const hosts = farm.internet.hosts.map((host) =>
      host.name === "host-v4" ? { ...host, ipv4: parsePrefix("198.51.100.54/32")!.address } : host,
    );
    const other = compileFarm({ ...farm, internet: { hosts } }, { seed: 1 });
    const addresses = nodeOf("grid", other).config.addresses?.filter((address) => address.interface === "lo");
    expect(addresses?.map(({ address }) => address)).toEqual(["198.51.100.55/32", "2001:db8:53::54/128"]);
  });

  it("tells each agent the store by the families its node can use", () => {
    const told = (name: string, from = topology): unknown => JSON.parse(nodeOf(name, from).config.files?.["/etc/farmlab/agent.json"] ?? "");
    const reflector = { ipv4: "198.51.100.53:3478", ipv6: "[2001:db8:53::53]:3478" };
    const [four, six] = ["http://198.51.100.53:2379", "http://[2001:db8:53::53]:2379"];
    expect(told("node-1")).toEqual({ node: "node-1", store: [four, six], reflector, keySeed: "seven" });
    expect(told("node-2")).toEqual({ node: "node-2", store: [four], reflector, keySeed: "seven" });
    expect(told("node-2", compileFarm(farm, { seed: 7 }))).toEqual({ node: "node-2", store: [four], reflector });
  });

  it("steps aside where a part of the farm is called internet", () => {
    const hosts = [...farm.internet.hosts, { name: "internet", store: false }];
    expect(compileFarm({ ...farm, internet: { hosts } }, { seed: 1 }).nodes[0]).toMatchObject({ name: "internet-", role: "internet" });
  });

  it("has the nodes and daemons that faults of a farm file may name", () => {
    const hosts = [...farm.internet.hosts, { name: "internet", store: false }];
    for (const one of [farm, { ...farm, internet: { hosts } }]) {
      const made = compileFarm(one, { seed: 1 }).nodes.map(({ name, config }) => [
        name,
        config.services?.map((service) => service.name) ?? [],
      ]);
      expect(labNodesOf(one).map(({ name, services }) => [name, services])).toEqual(made);
      const ends = compileFarm(one, { seed: 1 }).links.map(({ name, endpoints }) => [name, ...endpoints.map(({ node }) => node)]);
      expect(
        plugsOf(one)
          .map((plug) => [plugName(plug), ...endsOf(one, plug)])
          .toSorted(),
      ).toEqual(ends.toSorted());
    }
  });

  it("refuses two parts of one name", () => {
    expect(() => compileFarm({ ...farm, segments: [...farm.segments, { name: "node-1" }] }, { seed: 1 })).toThrow("node-1");
  });
});

describe("a carrier", () => {
  const withCarrier = expectValue(loadFarm(readFileSync(new URL("../behind-nat.farm.yml", import.meta.url), "utf8"), file)).farm;
  const lab = compileFarm(withCarrier, { seed: 7 });
  const linksOf = (name: string): string[] =>
    lab.links
      .filter(({ endpoints }) => endpoints.some(({ node }) => node === name))
      .map(({ endpoints: [one, other] }) => `${one.node}:${one.interface} ${other.node}:${other.interface}`);

  it("stands between its customers and the internet", () => {
    expect(linksOf("isp")).toEqual(["isp:wan internet:eth4", "home-c:wan isp:customer1", "home-d:wan isp:customer2"]);
  });

  it("is its customers' gateway, and knows them by their outer addresses", () => {
    expect(routesOf(nodeOf("home-c", lab).config)).toEqual(["100.64.0.1/32 wan", "default 100.64.0.1 wan"]);
    expect(routesOf(nodeOf("isp", lab).config)).toEqual([
      "100.64.0.10/32 customer1",
      "100.64.0.11/32 customer2",
      "192.0.2.1/32 wan",
      "default 192.0.2.1 wan",
    ]);
  });
});
