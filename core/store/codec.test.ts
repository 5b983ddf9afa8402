import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectValue, parseAddress, parsePrefix } from "../common/index.ts";
import type { Address, Outcome, Prefix, Problem } from "../common/index.ts";
import {
  decodeAllocationIntent,
  decodeAllocatorStatus,
  decodeNetworkGrant,
  decodeNetworkIntent,
  decodeNodeFacts,
  decodeNodeIntent,
  decodeNodeStatus,
  decodeNumberGrant,
  encodeAllocationIntent,
  encodeAllocatorStatus,
  encodeNetworkGrant,
  encodeNetworkIntent,
  encodeNodeFacts,
  encodeNodeIntent,
  encodeNodeStatus,
  encodeNumberGrant,
} from "./codec.ts";
import type { NetworkGrant, NumberGrant } from "../allocate/index.ts";
import type { AllocationIntent, NetworkIntent, NetworkWish, NodeFacts, NodeIntent, NodeStatus } from "../intents/index.ts";

const ip = (text: string): Address => parseAddress(text) ?? expect.fail(text);
const net = (text: string): Prefix => parsePrefix(text) ?? expect.fail(text);

const allocation: AllocationIntent = { prefix: net("2a02:1802:5e::/48"), number: 1 };
const node: NodeIntent = {
  name: "node-1",
  public: {
    nic: "eth0",
    ipv4: net("185.69.166.3/24"),
    gateway4: ip("185.69.166.1"),
    ipv6: net("2a02:1802:5e::3/64"),
    gateway6: ip("fe80::1"),
  },
  exitNode: { number: 1, allocationNumber: 1, nic: "eth1", isolation: "vrf", ipv4: net("185.69.166.123/24"), gateway4: ip("185.69.166.1") },
};
const network: NetworkIntent = {
  name: "blue",
  kind: "exit-node",
  allocationNumber: 1,
  ownedIpv4: [ip("185.69.166.200")],
  resources: [
    { node: "node-1", exitPoint: true, prefix: net("2a02:1802:5e:1abc::/64") },
    { node: "node-2", exitPoint: false, prefix: net("2a02:1802:5e:1b2c::/64") },
  ],
  workloads: [{ name: "blue-1", node: "node-1", host: 2, services: [{ protocol: "tcp", port: 80 }] }],
  portForwards: [{ address: ip("185.69.166.200"), protocol: "tcp", port: 8080, workload: "blue-1", workloadPort: 80 }],
};
const vxlanNetwork: NetworkIntent = { ...network, overlay: { kind: "vxlan", underlay: "ipv6" } };
const segmentNetwork: NetworkIntent = {
  ...network,
  overlay: { kind: "segment" },
  resources: network.resources.map((resource) => ({ ...resource, nic: "eth2" })),
};
const wished: NetworkWish = { ...network, resources: [{ node: "node-1", exitPoint: true }] };
const numberGrant: NumberGrant = { allocationNumber: 1, exitNodes: [{ node: "node-1", number: 15 }], refused: [] };
const networkGrant: NetworkGrant = {
  ...{ network: "blue", allocationNumber: 1, exitNode: 1, refused: [] },
  resources: [{ node: "node-1", prefix: net("2a02:1802:5e:1abc::/64") }],
};
const refusal: Problem = { severity: "error", code: "part-full", message: "no prefix left", hint: "another exit node" };
const facts: NodeFacts = {
  node: "node-1",
  publicKeys: { "wg-1123-1": "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", "wg-1abc-1": "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=" },
  endpoints: { ipv4: ip("185.69.166.3"), ipv6: ip("2a02:1802:5e::3") },
  reachability: { ipv4: "public", ipv6: "public" },
};
const status: NodeStatus = { node: "node-1", phase: "ready", revision: 17, changes: 0, messages: ['waits for "node-2"\'s key\n'] };

interface Codec {
  readonly what: string;
  readonly text: string;
  readonly value: unknown;
  readonly again: (text: string) => string;
  readonly decode: (text: string) => Outcome<unknown>;
}

const codec = <T>(what: string, value: T, encode: (value: T) => string, decode: (text: string) => Outcome<T>): Codec => ({
  what,
  text: encode(value),
  value,
  again: (text) => encode(expectValue(decode(text))),
  decode,
});

const codecs: readonly Codec[] = [
  codec("allocation intent", allocation, encodeAllocationIntent, decodeAllocationIntent),
  codec("node intent", node, encodeNodeIntent, decodeNodeIntent),
  codec("hidden node's intent", { name: "node-2" }, encodeNodeIntent, decodeNodeIntent),
  codec("network intent", network, encodeNetworkIntent, decodeNetworkIntent),
  codec("intent of a VXLAN", vxlanNetwork, encodeNetworkIntent, decodeNetworkIntent),
  codec("intent of a network on a segment", segmentNetwork, encodeNetworkIntent, decodeNetworkIntent),
  codec("node facts", facts, encodeNodeFacts, decodeNodeFacts),
  codec(
    "hidden node's facts",
    { node: "n", publicKeys: {}, endpoints: {}, reachability: { ipv4: "hidden", ipv6: "none" } },
    encodeNodeFacts,
    decodeNodeFacts,
  ),
  codec("facts of who has something", { ...facts, networks: { "wg-1abc-1": "blue" } }, encodeNodeFacts, decodeNodeFacts),
  codec(
    "facts of a standby",
    { ...facts, networks: { "wg-1abc-1": "blue" }, standsInFor: { "wg-1abc-1": "node-2" } },
    encodeNodeFacts,
    decodeNodeFacts,
  ),
  codec("intent of a node with services", { ...node, heldPorts: [53, 4789] }, encodeNodeIntent, decodeNodeIntent),
  codec(
    "intent of an exit node without number",
    { name: "x", exitNode: { allocationNumber: 1, nic: "eth1", standbys: [{ node: "y", nic: "eth2" }] } },
    encodeNodeIntent,
    decodeNodeIntent,
  ),
  codec("intent of what is left to the allocator", wished, encodeNetworkIntent, decodeNetworkIntent),
  codec("exit node numbers", numberGrant, encodeNumberGrant, decodeNumberGrant),
  codec("prefixes", networkGrant, encodeNetworkGrant, decodeNetworkGrant),
  codec("refusal", { ...networkGrant, resources: [], refused: [refusal] }, encodeNetworkGrant, decodeNetworkGrant),
  codec("allocator status", { phase: "ready", messages: ["exit-node-routes: many"] }, encodeAllocatorStatus, decodeAllocatorStatus),
  codec("node status", status, encodeNodeStatus, decodeNodeStatus),
];

describe.each(codecs)("the text of $what", ({ text, value, again, decode }) => {
  it("gives the value back, and its text", () => {
    expect(decode(text)).toEqual({ ok: true, value, problems: [] });
    expect(again(text)).toBe(text);
  });

  it("is refused at every length short of the whole", () => {
    for (let length = 0; length < text.length; length += 1) expect(decode(text.slice(0, length)).ok).toBe(false);
  });

  it("gives a value or a Problem for any JSON", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const outcome = decode(json);
        expect(outcome.ok || outcome.problems.length > 0).toBe(true);
      }),
    );
  });

  it("is refused or still in order with any one field replaced", () => {
    const paths: (readonly (string | number)[])[] = [];
    const visit = (at: unknown, path: readonly (string | number)[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof at === "object" && at !== null)
        for (const [key, below] of Object.entries(at)) visit(below, [...path, Array.isArray(at) ? Number(key) : key]);
    };
    visit(JSON.parse(text), []);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.string(), fc.integer()), (path, replacement) => {
        const copy = JSON.parse(text) as Record<string | number, unknown>;
        let at = copy;
        for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
        at[path.at(-1)!] = replacement;
        const outcome = decode(JSON.stringify(copy));
        if (outcome.ok) expect(again(again(JSON.stringify(copy)))).toBe(again(JSON.stringify(copy)));
        else expect(outcome.problems[0]?.message).toMatch(/ (is no|is missing)/);
      }),
      { numRuns: 300 },
    );
  });

  it("drops keys that a newer version may add", () => {
    expect(decode(`{"added":1,${text.slice(1)}`)).toEqual({ ok: true, value, problems: [] });
  });
});

describe("canonical texts", () => {
  it("do not depend on the order of keys", () => {
    const { kind, name, ...rest } = network;
    expect(encodeNetworkIntent({ ...rest, name, kind })).toBe(encodeNetworkIntent(network));
    const reversed = Object.fromEntries(Object.entries(facts.publicKeys).toReversed());
    expect(encodeNodeFacts({ ...facts, publicKeys: reversed })).toBe(encodeNodeFacts(facts));
  });

  it("have addresses in RFC 5952 text", () => {
    expect(encodeNodeIntent(node)).toContain('"gateway6":"fe80::1"');
    expect(encodeAllocationIntent(allocation)).toBe('{"number":1,"prefix":"2a02:1802:5e::/48"}');
  });
});

describe("messages", () => {
  const message = (outcome: Outcome<unknown>): string => outcome.problems.map((problem) => problem.message).join();

  it.each([
    ["", "network intent: it is empty"],
    ["{", "network intent: it is not JSON, or half of one"],
    ["[]", "network intent: the value is no object"],
    ["{}", "network intent: name is missing"],
    [
      encodeNetworkIntent(network).replace("2a02:1802:5e:1b2c::/64", "2a02:1802:5e:1b2c::/63"),
      "network intent: resources[1].prefix is no IPv6 /64",
    ],
    [
      encodeNetworkIntent(network).replace("2a02:1802:5e:1b2c::/64", "2a02:1802:5e:1b2c::1/64"),
      "network intent: resources[1].prefix is no IPv6 /64",
    ],
    [encodeNetworkIntent(network).replace('"host":2', '"host":255'), "network intent: workloads[0].host is no whole number from 2 to 254"],
    [encodeNetworkIntent(network).replace('"exit-node"', '"ndmz"'), "network intent: kind is no one of exit-node"],
    [encodeNetworkIntent(network).replace('"name":"blue"', '"name":"../etc"'), "network intent: name is no name of [a-z0-9-], at most 20"],
  ])("of %s", (text, expected) => {
    expect(message(decodeNetworkIntent(text))).toBe(expected);
  });

  it("refuse keys that WireGuard would not take, and interface names that the kernel would not", () => {
    const text = encodeNodeFacts(facts);
    expect(message(decodeNodeFacts(text.replace("8ykw=", "8ykx=")))).toMatch(/publicKeys\.wg-1abc-1 is no WireGuard public key/);
    expect(message(decodeNodeFacts(text.replace('"wg-1abc-1"', '"wg-1abc-1/../x"')))).toMatch(/is no interface name/);
  });
});
