import { describe, expect, it } from "vitest";
import { firstFacts, firstFarm } from "../plan/first-farm.fixture.ts";
import { planNode } from "../plan/index.ts";
import type { WireguardPlan } from "../plan/index.ts";
import { readAddresses } from "./addresses.ts";
import { readLinks } from "./links.ts";
import { readRoutes, routesOf } from "./routes.ts";
import { shownArrays } from "./shown.ts";
import type { ShownLink, ShownRoute } from "./shown.ts";
import { readSysctls } from "./sysctls.ts";
import { readTables } from "./tables.ts";
import { readWireguard, wireguardChange, wireguardConfiguration } from "./wireguard.ts";

// As iproute2 6.15 prints them.
const shownLinks: readonly ShownLink[] = [
  {
    ifname: "lo",
    flags: ["LOOPBACK", "UP", "LOWER_UP"],
    mtu: 65536,
    group: "default",
    address: "00:00:00:00:00:00",
    addr_info: [
      { local: "127.0.0.1", prefixlen: 8 },
      { local: "10.255.26.188", prefixlen: 32 },
      { local: "::1", prefixlen: 128 },
    ],
  },
  {
    ifname: "nrb-1abc-1",
    flags: ["BROADCAST", "UP"],
    mtu: 1500,
    master: "br-1abc-1",
    group: "98",
    address: "02:00:00:00:00:01",
    linkinfo: { info_kind: "veth" },
    addr_info: [{ local: "2001:db8::5", prefixlen: 64, dynamic: true }],
  },
  { ifname: "eth0", flags: ["BROADCAST"], mtu: 1500, group: "default" },
];

describe("reading links", () => {
  it("tells farmlab's from others' in the host's namespace", () => {
    const { links, foreignLinks } = readLinks("host", shownLinks);
    expect([...links.keys()]).toEqual(["lo", "nrb-1abc-1"]);
    expect(links.get("nrb-1abc-1")).toEqual({ kind: "veth", up: true, mtu: 1500, mac: "02:00:00:00:00:01", bridge: "br-1abc-1" });
    expect([...foreignLinks]).toEqual(["eth0"]);
  });

  it("takes every link of an own namespace for farmlab's", () => {
    expect(readLinks("gateway", shownLinks).foreignLinks.size).toBe(0);
  });

  it("leaves alone the tunnel devices that some kernels put into every namespace", () => {
    const fallbacks = ["sit0", "tunl0", "ip6tnl0", "gre0"].map((ifname): ShownLink => ({
      ifname,
      flags: ["NOARP"],
      mtu: 1480,
      group: "default",
    }));
    expect([...readLinks("gateway", fallbacks).links.keys()]).toEqual([]);
  });

  it("names the NIC that a macvlan is on by its index in the host's namespace", () => {
    const macvlan: ShownLink = {
      ifname: "pub-1-1",
      flags: ["UP"],
      mtu: 1500,
      group: "default",
      link_index: 7,
      linkinfo: { info_kind: "macvlan" },
    };
    expect(readLinks("gateway", [macvlan], new Map([[7, "eth1"]])).links.get("pub-1-1")).toMatchObject({ kind: "macvlan", parent: "eth1" });
  });

  it("leaves out lo's own addresses and those that a protocol gave", () => {
    expect([...readAddresses(shownLinks)]).toEqual(["lo 10.255.26.188/32"]);
  });
});

describe("reading routes", () => {
  const shown: readonly ShownRoute[] = [
    { type: "unicast", dst: "default", gateway: "10.1.0.1", dev: "pub-1abc-1", prefsrc: "10.255.26.188", flags: ["onlink"] },
    { type: "unreachable", dst: "10.0.0.0/8", flags: [] },
    { type: "unicast", dst: "10.255.26.188", dev: "to-1abc-1", flags: ["linkdown"] },
    { type: "unreachable", dst: "fc00::/7", dev: "lo", flags: [], pref: "medium" },
    { type: "unreachable", dst: "default", dev: "lo", flags: [], pref: "medium" },
  ];

  it("gives what a plan's routes give", () => {
    const plan = {
      name: "x",
      links: [],
      addresses: [],
      sysctls: {},
      tables: [],
      policies: [],
      routes: [
        { family: 4, type: "unicast", to: "default", via: "10.1.0.1", link: "pub-1abc-1", source: "10.255.26.188", onlink: true },
        { family: 4, type: "unreachable", to: "10.0.0.0/8" },
        { family: 4, type: "unicast", to: "10.255.26.188/32", link: "to-1abc-1" },
        { family: 6, type: "unreachable", to: "fc00::/7" },
        { family: 6, type: "unreachable", to: "default" },
      ],
    } as const;
    expect(readRoutes(shown)).toEqual(routesOf(plan));
  });
});

describe("reading other things", () => {
  it("splits the arrays of a batch", () => {
    expect(shownArrays('[{"a":1}]\n[]\n\n')).toEqual([[{ a: 1 }], []]);
  });

  it("reads settings by path; bridge settings that are not there are not missed", () => {
    const paths = ["net/ipv4/ip_forward", "net/ipv4/ip_local_reserved_ports", "net/bridge/bridge-nf-call-iptables", "net/none"];
    const output = "/proc/sys/net/ipv4/ip_forward:1\n/proc/sys/net/ipv4/ip_local_reserved_ports:\n";
    expect([...readSysctls(paths, output)]).toEqual([
      ["net/bridge/bridge-nf-call-iptables", "(none)"],
      ["net/ipv4/ip_forward", "1"],
      ["net/ipv4/ip_local_reserved_ports", ""],
    ]);
  });

  it("reads marks of farmlab's tables only, with the rules that are there", () => {
    const nftables = [
      { table: { family: "inet", name: "farmlab", comment: "farmlab abc" } },
      { table: { family: "inet", name: "firewalld" } },
      { rule: { family: "inet", table: "farmlab" } },
      { rule: { family: "inet", table: "farmlab" } },
      { rule: { family: "ip", table: "farmlab" } },
    ];
    expect([...readTables(JSON.stringify({ nftables }))]).toEqual([["inet farmlab", "abc 2"]]);
    expect(readTables("").size).toBe(0);
  });
});

describe("WireGuard", () => {
  const plan = planNode("node-1", firstFarm, firstFacts)
    .namespaces.flatMap((namespace) => namespace.links)
    .flatMap((link) => (link.kind === "wireguard" && link.name === "wg-1abc-1" ? [link.wireguard] : []))[0] as WireguardPlan;
  const dump = (endpoint: string): string =>
    [
      "PRIVATE\tPUBLIC\t6844\toff",
      ...plan.peers.map((peer) => `${peer.publicKey}\t(none)\t${endpoint}\t${[...peer.allowedIps].reverse().join(",")}\t0\t0\t0\t20`),
    ].join("\n");

  it("EX-20 takes a learnt endpoint for right where none is planned", () => {
    for (const endpoint of ["(none)", "203.0.113.7:51820"]) {
      expect(wireguardChange(plan, readWireguard(dump(endpoint), "PRIVATE"))).toEqual({ whole: false, peerArguments: [] });
    }
  });

  it("gives everything again for another key or port", () => {
    expect(wireguardChange(plan, readWireguard(dump("(none)"), "OTHER"))).toEqual({ whole: true });
    expect(wireguardChange({ ...plan, listenPort: 1 }, readWireguard(dump("(none)"), "PRIVATE"))).toEqual({ whole: true });
    expect(wireguardChange(plan, undefined)).toEqual({ whole: true });
  });

  it("touches only the peer that differs", () => {
    const observed = readWireguard(dump("(none)"), "PRIVATE");
    const [first, second] = plan.peers;
    if (first === undefined || second === undefined) throw new Error("the fixture has two peers");
    const changed = { ...plan, peers: [first, { ...second, endpoint: "203.0.113.9:7229" }] };
    expect(wireguardChange(changed, observed)).toEqual({
      whole: false,
      peerArguments: [
        "peer",
        second.publicKey,
        "endpoint",
        "203.0.113.9:7229",
        "persistent-keepalive",
        "20",
        "allowed-ips",
        second.allowedIps.join(","),
      ],
    });
  });

  it("writes a configuration without endpoint for a hidden peer", () => {
    const text = wireguardConfiguration(plan, "PRIVATE");
    expect(text).toContain("[Interface]\nPrivateKey = PRIVATE\nListenPort = 6844\n[Peer]\n");
    expect(text).not.toContain("Endpoint");
  });
});
