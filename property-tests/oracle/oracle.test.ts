import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue, formatAddress, formatPrefix, parseAddress, parsePrefix } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { describeWorld, expectedMesh, expectedUpstreams, predict, resourceKey } from "./index.ts";
import type { Party, Prediction, Protocol, World } from "./index.ts";

const path = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const { farm } = expectValue(loadFarm(readFileSync(path, "utf8"), path));
const world = describeWorld(farm);

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

function party(name: string, among: World = world): Party {
  const found = [...among.workloads, ...among.internetHosts].find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
}

const flow = (from: string, to: string, protocol: Protocol = "icmp", port?: number): Prediction | undefined =>
  predict(world, { from: party(from), to: address(to), protocol, ...(port === undefined ? {} : { port }) });

/** A prediction in short: law, who answers, the source seen and the hops; or the refusal and who refuses. */
function short(prediction: Prediction | undefined): string {
  if (prediction === undefined) return "no law";
  if (!prediction.delivered)
    return `${prediction.law} ${prediction.refusal} ${(prediction.refusedBy?.addresses ?? []).map(formatAddress).join(" ")}`.trim();
  const source = prediction.sourceSeen === undefined ? "" : ` sees ${formatAddress(prediction.sourceSeen)}`;
  return `${prediction.law} ${prediction.answeredBy.name}${source}${prediction.hops === undefined ? "" : ` ${prediction.hops} hops`}`;
}

describe("the exit-node farm's addresses, by the seed's worked values", () => {
  it("workloads take bytes 6 and 7 of their /64 as decimal octets", () => {
    expect(world.workloads.map(({ name, ipv4, ipv6 }) => [name, formatAddress(ipv4), formatAddress(ipv6)])).toEqual([
      ["blue-1", "10.26.188.2", "2a02:1802:5e:1abc::2"],
      ["blue-2", "10.27.44.2", "2a02:1802:5e:1b2c::2"],
      ["blue-3", "10.28.61.2", "2a02:1802:5e:1c3d::2"],
      ["red-1", "10.17.35.2", "2a02:1802:5e:1123::2"],
      ["red-2", "10.17.36.2", "2a02:1802:5e:1124::2"],
    ]);
  });

  it("the exit point has the drawing's transit address and link-locals, its BAR GWPubIP6 and GWPubLL", () => {
    const exitPoint = world.networks[0]?.exitPoint;
    expect(exitPoint && formatAddress(exitPoint.transit4)).toBe("10.255.26.188");
    expect(exitPoint?.linkLocals.map(formatAddress)).toEqual(["fe80::1abc", "fe80::1abc:1", "fe80::1:1abc"]);
    const bar = world.bars[0];
    expect(bar && [formatAddress(bar.address6), formatAddress(bar.linkLocal), formatPrefix(bar.part)]).toEqual([
      "2a02:1802:5e:0:1000::1",
      "fe80::1000:0:0:1",
      "2a02:1802:5e:1000::/52",
    ]);
  });

  it("an NR whose prefix is the allocator's takes the observed one, and without any nothing is judged", () => {
    const network = farm.networks[0]!;
    const resources = network.resources.map(({ node, exitPoint }) => ({ node, exitPoint }));
    const open = { ...farm, networks: [{ ...network, resources }] };
    expect(() => describeWorld(open)).toThrow("the prefix of blue/node-1");
    const observed = new Map(
      ["node-1", "node-2", "node-3"].map((node, index) => [resourceKey("blue", node), parsePrefix(`2a02:1802:5e:100${index}::/64`)!]),
    );
    expect(formatAddress(describeWorld(open, observed).workloads[1]!.ipv4)).toBe("10.16.1.2");
  });
});

describe("predictions", () => {
  it("EX-7 counts 2 hops where a node is public and 3 where both are hidden", () => {
    expect(short(flow("blue-1", "10.27.44.2"))).toBe("EX-7 blue-2 sees 10.26.188.2 2 hops");
    expect(short(flow("blue-2", "2a02:1802:5e:1c3d::2"))).toBe("EX-7 blue-3 sees 2a02:1802:5e:1b2c::2 3 hops");
    expect(short(flow("blue-2", "10.26.188.2", "tcp", 80))).toBe("EX-7 blue-1 sees 10.27.44.2 2 hops");
  });

  it("EX-8 keeps the own address out, and lets the internet in", () => {
    expect(short(flow("red-2", "2001:db8:6::6"))).toBe("EX-8 host-v6 sees 2a02:1802:5e:1124::2");
    expect(short(flow("host-v6", "2a02:1802:5e:1123::2", "udp", 53))).toBe("EX-8 red-1 sees 2001:db8:6::6");
  });

  it("EX-9 shows GWPubIP4, forwards named ports, refuses the rest", () => {
    expect(short(flow("blue-3", "198.51.100.4"))).toBe("EX-9 host-v4 sees 185.69.166.123");
    expect(short(flow("host-v4", "185.69.166.200", "tcp", 8080))).toBe("EX-9 blue-1 sees 198.51.100.4");
    expect(short(flow("host-v4", "185.69.166.200", "udp", 8080))).toBe("EX-9 any");
    expect(short(flow("host-v4", "185.69.166.123", "tcp", 80))).toBe("EX-9 any");
    expect(short(flow("host-v4", "10.26.188.2"))).toBe("EX-9 any");
    expect(short(flow("blue-3", "185.69.166.200", "udp", 5353))).toBe("EX-9 blue-2");
  });

  it("EX-10 keeps networks apart but for what an internet host may do", () => {
    expect(short(flow("red-1", "10.26.188.2", "tcp", 80))).toBe("EX-10 any");
    expect(short(flow("red-1", "10.255.26.188"))).toBe("EX-10 any");
    expect(short(flow("red-1", "fe80::1abc"))).toBe("EX-10 any");
    expect(short(flow("red-1", "2a02:1802:5e:1abc::2", "tcp", 80))).toBe("EX-10 blue-1 sees 2a02:1802:5e:1123::2");
    expect(short(flow("red-1", "185.69.166.200", "tcp", 8080))).toBe("EX-10 blue-1 sees 185.69.166.123");
  });

  it("EX-11 has the BAR answer for its /52 and the upstream router for the rest of the /48", () => {
    expect(short(flow("host-v6", "2a02:1802:5e:1fff::2"))).toBe("EX-11 unreachable 2a02:1802:5e:0:1000::1");
    expect(short(flow("blue-1", "2a02:1802:5e:2000::2"))).toBe("EX-11 unreachable 2a02:1802:5e::1 2001:db8:10::1");
  });

  it("says nothing where no law does: PrefixZero, closed ports, unused host numbers", () => {
    expect(short(flow("host-v6", "2a02:1802:5e::2"))).toBe("no law");
    expect(short(flow("host-v6", "2a02:1802:5e:1abc::2", "tcp", 81))).toBe("no law");
    expect(short(flow("host-v6", "2a02:1802:5e:1abc::99"))).toBe("no law");
    expect(short(flow("host-v4", "2a02:1802:5e:1abc::2"))).toBe("no law");
  });
});

describe("the mesh", () => {
  const mesh = expectedMesh(world, world.networks[0]!);

  it("EX-20 two hidden nodes are no peers; everybody's AllowedIPs are as the seed has them", () => {
    expect(mesh.map((one) => [one.name, one.listenPort, one.peers.map((peer) => peer.resource.node)])).toEqual([
      ["wg-1abc-1", 6844, ["node-2", "node-3"]],
      ["wg-1b2c-1", 6956, ["node-1"]],
      ["wg-1c3d-1", 7229, ["node-1"]],
    ]);
    expect(mesh[0]?.peers[0]?.allowedIps.map(formatPrefix)).toEqual([
      "fe80::1b2c/128",
      "10.255.27.44/32",
      "10.27.44.0/24",
      "2a02:1802:5e:1b2c::/64",
    ]);
    expect(mesh[1]?.peers[0]?.allowedIps.map(formatPrefix)).toEqual(["0.0.0.0/0", "::/0"]);
  });

  it("EX-20 a hidden peer has no endpoint, a public one that of a family the node has", () => {
    expect(mesh[0]?.peers.map((peer) => peer.endpoints.length)).toEqual([0, 0]);
    expect(mesh[1]?.peers[0]?.endpoints.map(formatAddress)).toEqual(["185.69.166.3"]);
  });
});

describe("the upstream router", () => {
  it("EX-6 holds one /52 by the exit node's number, and the /48", () => {
    const [expected] = expectedUpstreams(world);
    expect(expected?.parts.map(({ prefix, via }) => [formatPrefix(prefix), via.map(formatAddress)])).toEqual([
      ["2a02:1802:5e:1000::/52", ["fe80::1000:0:0:1", "2a02:1802:5e:0:1000::1"]],
    ]);
    expect(expected?.allocations.map(formatPrefix)).toEqual(["2a02:1802:5e::/48"]);
    expect(expected && formatPrefix(expected.prefixZero)).toBe("2a02:1802:5e::/64");
  });
});
