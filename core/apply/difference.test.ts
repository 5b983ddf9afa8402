import { describe, expect, it } from "vitest";
import { firstFacts, firstFarm } from "../plan/first-farm.fixture.ts";
import { planNode } from "../plan/index.ts";
import type { NodePlan, RoutePlan } from "../plan/index.ts";
import { difference } from "./difference.ts";
import type { Changes } from "./difference.ts";
import { nothing, onceApplied } from "./observed.ts";
import type { ObservedLink, ObservedNamespace, ObservedNode } from "./observed.ts";

const bare: ObservedNode = {
  namespaces: new Map([["host", { ...nothing, foreignLinks: new Set(["eth0", "eth1"]) }]]),
  services: new Set(),
  files: new Map(),
};
const plan = planNode("node-1", firstFarm, firstFacts);
const right = onceApplied(plan, bare);

const alter = (name: string, change: (namespace: ObservedNamespace) => Partial<ObservedNamespace>): ObservedNode => {
  const before = right.namespaces.get(name) ?? nothing;
  return { ...right, namespaces: new Map([...right.namespaces, [name, { ...before, ...change(before) }]]) };
};
const without = <T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> => new Map([...map].filter(([name]) => name !== key));
const ipIn = (changes: Changes, namespace: string): readonly string[] =>
  namespace === "host" ? changes.hostLinks : (changes.inside.get(namespace)?.ip ?? []);
const link =
  (name: string, change: Partial<ObservedLink>) =>
  (namespace: ObservedNamespace): Partial<ObservedNamespace> => {
    const before = namespace.links.get(name);
    if (before === undefined) throw new Error(`no link ${name}`);
    return { links: new Map([...namespace.links, [name, { ...before, ...change }]]) };
  };

describe("the difference of a bare node", () => {
  const changes = difference(plan, bare);

  it("makes every namespace, link and tunnel once", () => {
    expect(changes.namespaces).toEqual(
      ["public", "gateway", "net-1123-1", "net-1abc-1", "w-1123-2", "w-1abc-2"].map((name) => `netns add ${name}`),
    );
    const names = changes.hostLinks.flatMap((line) => [...line.matchAll(/name (\S+)/g)].map((match) => match[1]));
    expect(new Set(names).size).toBe(names.length - 1); // eth0 is in both workloads
    expect(changes.tunnels.map(({ name, namespace }) => ({ name, namespace }))).toEqual([
      { name: "wg-1123-1", namespace: "net-1123-1" },
      { name: "wg-1abc-1", namespace: "net-1abc-1" },
    ]);
    expect(changes.stopServices).toEqual([]);
    expect(changes.removeLinks.size).toBe(0);
    expect(changes.repairs).toBe(false);
  });

  it("makes each pair directly in its final namespaces, the host's end first and marked as farmlab's", () => {
    const pair = changes.hostLinks.find((line) => line.includes("name veth-1abc-1"));
    expect(pair).toMatch(
      /^link add name nrb-1abc-1 index \d+ address \S+ group 98 type veth peer name veth-1abc-1 netns net-1abc-1 address \S+$/,
    );
    const macvlan = changes.hostLinks.find((line) => line.includes("pub-1-1"));
    expect(macvlan).toMatch(/^link add link eth1 name pub-1-1 netns gateway address \S+ type macvlan mode bridge$/);
  });

  it("gives addresses before a link comes up and routes after", () => {
    const lines = ipIn(changes, "gateway");
    const kinds = lines.map((line) => line.split(" ").slice(0, 2).join(" "));
    expect(kinds.lastIndexOf("address replace")).toBeLessThan(kinds.indexOf("link set"));
    expect(kinds.lastIndexOf("link set")).toBeLessThan(kinds.indexOf("route add"));
    expect(lines).toContain("route add unreachable 10.0.0.0/8 proto 98");
    expect(lines).toContain("address replace fe80::1000:0:0:1/64 dev pub-1-1 nodad");
  });
});

describe("the difference of a node that is right", () => {
  it("EX-17 is empty", () => {
    const changes = difference(plan, right);
    expect(changes.count).toBe(0);
    expect(changes.inside.size).toBe(0);
  });

  it("is empty for a kernel that has no bridge settings", () => {
    const observed = alter("host", ({ sysctls }) => ({
      sysctls: new Map([...sysctls].map(([path, value]) => [path, path.startsWith("net/bridge/") ? "(none)" : value])),
    }));
    expect(difference(plan, observed).count).toBe(0);
  });
});

describe("drift", () => {
  it.each<[string, ObservedNode, string, readonly string[]]>([
    [
      "a route that is gone",
      alter("gateway", ({ routes }) => ({ routes: without(routes, "6 2a02:1802:5e:1abc::/64") })),
      "gateway",
      ["route add 2a02:1802:5e:1abc::/64 via fe80::1abc:1 dev to-1abc-1 proto 98"],
    ],
    [
      "a route with another next hop",
      alter("gateway", ({ routes }) => ({ routes: new Map([...routes, ["4 default", "unicast via 10.9.9.9 dev pub-1-1"]]) })),
      "gateway",
      ["route replace default via 185.69.166.1 dev pub-1-1 src 185.69.166.123 proto 98"],
    ],
    [
      "a route of another type",
      alter("gateway", ({ routes }) => ({ routes: new Map([...routes, ["6 default", "unreachable"]]) })),
      "gateway",
      ["route del unreachable ::/0 proto 98", "route add default via fe80::1 dev pub-1-1 proto 98"],
    ],
    [
      "a route too many",
      alter("gateway", ({ routes }) => ({ routes: new Map([...routes, ["4 10.9.0.0/16", "unicast via 10.255.26.188 dev to-1abc-1"]]) })),
      "gateway",
      ["route del 10.9.0.0/16 proto 98"],
    ],
    [
      "an address too many",
      alter("gateway", ({ addresses }) => ({ addresses: new Set([...addresses, "to-1abc-1 10.9.9.9/24"]) })),
      "gateway",
      ["address del 10.9.9.9/24 dev to-1abc-1"],
    ],
    [
      "an address that is gone",
      alter("net-1abc-1", ({ addresses }) => ({ addresses: new Set([...addresses].filter((entry) => !entry.startsWith("lo "))) })),
      "net-1abc-1",
      ["address replace 10.255.26.188/32 dev lo"],
    ],
    ["a link that is down", alter("gateway", link("pub-1-1", { up: false })), "gateway", ["link set dev pub-1-1 up"]],
    ["another MTU", alter("net-1abc-1", link("wg-1abc-1", { mtu: 1500 })), "net-1abc-1", ["link set dev wg-1abc-1 mtu 1420"]],
    [
      "a port that left its bridge",
      alter("host", (host) => {
        const { bridge: _, ...port } = host.links.get("nrb-1abc-1") as ObservedLink;
        return { links: new Map([...host.links, ["nrb-1abc-1", port]]) };
      }),
      "host",
      ["link set dev nrb-1abc-1 master br-1abc-1"],
    ],
  ])("%s is put right by these lines alone", (_, observed, namespace, lines) => {
    const changes = difference(plan, observed);
    expect(ipIn(changes, namespace)).toEqual(lines);
    expect(changes.count).toBe(lines.length);
  });

  it("a changed setting is written again", () => {
    const observed = alter("gateway", ({ sysctls }) => ({ sysctls: new Map([...sysctls, ["net/ipv4/ip_forward", "0"]]) }));
    expect(difference(plan, observed).inside.get("gateway")?.sysctls).toEqual([{ path: "net/ipv4/ip_forward", value: "1" }]);
    // Turning it puts others back to what is usual for a router or a host.
    const fresh = alter("gateway", () => ({ sysctls: new Map() }));
    expect(difference(plan, fresh).inside.get("gateway")?.sysctls[0]).toEqual({ path: "net/ipv4/ip_forward", value: "1" });
  });

  it("a flushed table is loaded whole, and only that one", () => {
    const observed = alter("gateway", ({ tables }) => ({
      tables: new Map([...tables].map(([name, mark]) => [name, mark.replace(/ \d+$/, " 0")])),
    }));
    const changes = difference(plan, observed);
    expect(changes.count).toBe(1);
    expect(changes.inside.get("gateway")?.tables).toMatch(
      /^table inet farmlab\ndelete table inet farmlab\ncreate table inet farmlab \{\ncomment "farmlab [0-9a-f]+"\n/,
    );
  });

  it("a table that has gone is created, which deletes nothing", () => {
    const changes = difference(
      plan,
      alter("gateway", () => ({ tables: new Map() })),
    );
    expect(changes.inside.get("gateway")?.tables).toMatch(/^create table inet farmlab \{\ncomment "farmlab [0-9a-f]+"\n/);
  });

  it("a veth of which one end is gone is made anew, with what was on the other", () => {
    const observed = alter("net-1abc-1", ({ links }) => ({ links: without(links, "veth-1abc-1") }));
    const changes = difference(plan, observed);
    expect(changes.removeLinks.get("host")).toEqual(["link set dev nrb-1abc-1 group 9898", "link del group 9898"]);
    expect(changes.hostLinks.filter((line) => line.startsWith("link add"))).toHaveLength(1);
    expect(ipIn(changes, "net-1abc-1")).toContain("address replace 2a02:1802:5e:1abc::1/64 dev veth-1abc-1 nodad");
    expect(ipIn(changes, "host")).toContain("link set dev nrb-1abc-1 master br-1abc-1");
  });

  it("a tunnel whose daemon died is started again", () => {
    const died: ObservedNode = {
      ...alter("net-1abc-1", ({ links }) => ({ links: without(links, "wg-1abc-1") })),
      services: new Set(["wg-1123-1"]),
      files: new Map(),
    };
    const changes = difference(plan, died);
    expect(changes.tunnels).toMatchObject([{ name: "wg-1abc-1" }]);
    expect(changes.stopServices).toEqual([]);
    expect(changes.removeLinks.size).toBe(0);
  });

  it("a daemon that runs without its interface is stopped first", () => {
    const observed = alter("net-1abc-1", ({ links }) => ({ links: without(links, "wg-1abc-1") }));
    const changes = difference(plan, observed);
    expect(changes.stopServices).toEqual(["wg-1abc-1"]);
    expect(changes.tunnels).toMatchObject([{ name: "wg-1abc-1" }]);
  });
});

describe("a namespace that goes", () => {
  it("takes what it has on a NIC along before its rules are gone", () => {
    const nodes = firstFarm.nodes.map(({ exitNode: _none, ...node }) => node);
    const changes = difference(planNode("node-1", { ...firstFarm, nodes, networks: [] }, []), right);
    expect(changes.namespaces).toContain("netns del gateway");
    expect(Object.fromEntries(changes.removeLinks)).toMatchObject({ gateway: ["link set dev pub-1-1 group 9898", "link del group 9898"] });
    expect(changes.removeLinks.has("net-1abc-1")).toBe(false);
  });
});

describe("a macvlan whose NIC changes", () => {
  it("is made anew on the other NIC, with all that was on it", () => {
    const [node] = firstFarm.nodes;
    if (node?.exitNode === undefined) throw new Error("the first node is the exit node");
    const moved = { ...node, exitNode: { ...node.exitNode, nic: "eth2" } };
    const changes = difference(planNode("node-1", { ...firstFarm, nodes: [moved, ...firstFarm.nodes.slice(1)] }, firstFacts), right);
    expect(changes.removeLinks.get("gateway")).toEqual(["link set dev pub-1-1 group 9898", "link del group 9898"]);
    expect(changes.hostLinks.filter((line) => line.includes("pub-1-1"))).toEqual([
      expect.stringMatching(/^link add link eth2 name pub-1-1 /),
    ]);
    expect(ipIn(changes, "gateway")).toContain("route add default via fe80::1 dev pub-1-1 proto 98");
  });
});

describe("ownership", () => {
  it("a foreign link of a planned name is left alone and reported", () => {
    const observed: ObservedNode = {
      namespaces: new Map([["host", { ...nothing, foreignLinks: new Set(["eth0", "br-1abc-1", "nrb-1123-1"]) }]]),
      services: new Set(),
      files: new Map(),
    };
    const changes = difference(plan, observed);
    expect(changes.problems.map((problem) => problem.message)).toEqual([
      "the node has an interface nrb-1123-1 that farmlab did not make",
      "the node has an interface br-1abc-1 that farmlab did not make",
    ]);
    expect(changes.hostLinks.filter((line) => / (name|dev) (br-1abc-1|nrb-1123-1)( |$)/.test(line))).toEqual([]);
  });

  it("addresses and routes of the host are never touched", () => {
    const observed = alter("host", () => ({
      addresses: new Set(["eth0 185.69.166.2/24"]),
      routes: new Map([["4 default", "unicast via 185.69.166.1 dev eth0"]]),
    }));
    expect(difference(plan, observed).count).toBe(0);
  });
});

describe("a link of the host that was left half made", () => {
  it.each([false, true])("EX-17 is kept from making addresses of its own, and has none that it has made (up: %s)", (up) => {
    const observed = alter("host", ({ links }) => ({
      links: new Map(
        [...links].map(([name, link]) => [name, name === "br-1abc-1" ? { ...link, up, makesAddresses: true as const } : link]),
      ),
    }));
    const lines = difference(plan, observed).hostLinks;
    const [off, up1] = ["link set dev br-1abc-1 addrgenmode none", "link set dev br-1abc-1 up"];
    expect(lines).toEqual(up ? [off, "address flush dev br-1abc-1 scope link"] : [off, up1]);
  });
});

describe("removing", () => {
  const empty: NodePlan = planNode("node-1", { allocations: [], nodes: [], networks: [] }, []);

  it("EX-13 takes away every namespace, link, table and daemon", () => {
    const changes = difference(empty, right);
    expect(changes.namespaces).toEqual(
      ["public", "gateway", "net-1123-1", "net-1abc-1", "w-1123-2", "w-1abc-2"].map((name) => `netns del ${name}`),
    );
    expect(changes.stopServices).toEqual(["wg-1123-1", "wg-1abc-1"]);
    expect(changes.removeLinks.get("host")?.filter((line) => line.startsWith("link set"))).toHaveLength(6);
    expect(changes.inside.get("host")?.tables).toBe(
      ["inet farmlab", "bridge farmlab-1123-1", "bridge farmlab-1abc-1"].map((table) => `delete table ${table}\n`).join(""),
    );
  });

  it("EX-12 changes nothing of other resources when one is added or goes", () => {
    const [blue, red] = firstFarm.networks;
    if (blue === undefined || red === undefined) throw new Error("the fixture has two networks");
    const fewer = planNode("node-1", { ...firstFarm, networks: [{ ...blue, resources: blue.resources.slice(0, 2) }, red] }, firstFacts);
    const gone = difference(fewer, right);
    expect([...gone.inside.keys()]).toEqual(["gateway", "net-1abc-1"]);
    expect(gone.inside.get("gateway")).toMatchObject({ sysctls: [], tables: "" });
    expect(gone.inside.get("net-1abc-1")?.wireguard).toMatchObject([
      { name: "wg-1abc-1", change: { whole: false, peerArguments: ["peer", firstFacts[2]?.publicKeys["wg-1c3d-1"], "remove"] } },
    ]);
    const back = difference(plan, onceApplied(fewer, right));
    expect(ipIn(back, "gateway").every((line) => line.startsWith("route add"))).toBe(true);
    expect(back.count).toBe(gone.count);
  });
});

describe("what another plan has left", () => {
  /** The plan with the gateway's routes changed. */
  const withRoutes = (change: (routes: readonly RoutePlan[]) => readonly RoutePlan[]): NodePlan => ({
    ...plan,
    namespaces: plan.namespaces.map((one) => (one.name === "gateway" ? { ...one, routes: change(one.routes) } : one)),
  });
  const read = (node: ObservedNode): ObservedNode => ({
    ...node,
    namespaces: new Map([...node.namespaces].map(([name, space]) => [name, { ...space, routes: new Map(space.routes) }])),
  });
  const more: RoutePlan = { family: 6, type: "unicast", to: "2a02:1802:5e:1999::/64", link: "to-1abc-1", via: "fe80::9" };

  it.each([
    ["one more", withRoutes((routes) => [...routes.slice(0, 1), more, ...routes.slice(1)])],
    ["one less", withRoutes((routes) => routes.toSpliced(1, 1))],
    ["the other way round", withRoutes((routes) => routes.toReversed())],
    ["each by another object", withRoutes((routes) => routes.map((route) => ({ ...route })))],
    ["another way", withRoutes((routes) => routes.map((route) => (route.link === undefined ? route : { ...route, via: "fe80::9" })))],
    ["none", withRoutes(() => [])],
  ])("differs as what was read from the kernel does: %s", (_name, other) => {
    for (const [one, before] of [[other, right] as const, [plan, onceApplied(other, right)] as const]) {
      const { inside, forget, count } = difference(one, read(before));
      expect(difference(one, before)).toMatchObject({ inside, forget, count });
    }
  });
});

describe("flows to forget", () => {
  it("are those of prefixes that nothing is routed to any more, not those whose way changes, and what went elsewhere to an address that comes", () => {
    expect(difference(plan, right).forget).toEqual([]);
    expect(difference(plan, bare).forget).toEqual([]);
    const stale = alter("gateway", ({ routes }) => ({
      routes: new Map([...routes, ["6 2a02:1802:5e:1999::/64", "unicast via fe80::1 dev to-1999-1"], ["4 10.99.0.0/16", "unreachable"]]),
    }));
    expect(difference(plan, stale).forget).toEqual([{ namespace: "gateway", prefix: "2a02:1802:5e:1999::/64", which: "all" }]);
    const owned = alter("gateway", ({ addresses }) => ({
      addresses: new Set([...addresses, "pub-1-1 185.69.166.201/32", "to-1abc-1 fe80::9/64"]),
    }));
    expect(difference(plan, owned).forget).toEqual([{ namespace: "gateway", prefix: "185.69.166.201/32", which: "all" }]);
    const isOwned = (entry: string): boolean => entry.startsWith("pub-1-1 185.69.166.12");
    const unowned = alter("gateway", ({ addresses }) => ({ addresses: new Set([...addresses].filter((entry) => !isOwned(entry))) }));
    expect(difference(plan, unowned).forget).toEqual([{ namespace: "gateway", prefix: "185.69.166.123/32", which: "untranslated" }]);
    const moved = alter("gateway", ({ routes }) => ({
      routes: new Map([...routes].map(([to, how]) => [to, how.startsWith("unicast") ? "unicast dev elsewhere" : how])),
    }));
    expect(difference(plan, moved).forget).toEqual([]);
  });
});
