import { describe, expect, it } from "vitest";
import { prefix } from "../common/address.fixture.ts";
import type { Intents, NodeFacts } from "../intents/index.ts";
import { createPlanMemory, planNode } from "../plan/index.ts";
import type { PlanMemory } from "../plan/index.ts";
import { difference } from "./difference.ts";
import type { Changes } from "./difference.ts";
import { nothing, onceApplied } from "./observed.ts";
import type { ObservedNode } from "./observed.ts";

const networks = 400;
const others = 9;
const hex = (subnet: number): string => subnet.toString(16).padStart(4, "0");
const subnet = (network: number, position: number): number => 0x1000 + network * 10 + position;
const nodeOf = (network: number, position: number): string => (position === 0 ? "exit" : `node-${(network * others + position) % 100}`);
const keyOf = (number: number): string => `${hex(number).padStart(42, "k")}A=`;

/** A BAR with 4000 routes in 400 networks, of which the first may have one more NR. */
function intents(withOneMore: boolean): Intents {
  return {
    allocations: [{ prefix: prefix("2a02:1802:5e::/48"), number: 1 }],
    nodes: [
      {
        name: "exit",
        public: { nic: "eth0", ipv4: prefix("185.69.166.3/24") },
        exitNode: { number: 1, allocationNumber: 1, nic: "eth1", ipv4: prefix("185.69.166.123/24") },
      },
    ],
    networks: Array.from({ length: networks }, (_, network) => ({
      name: `net-${network}`,
      kind: "exit-node",
      allocationNumber: 1,
      ownedIpv4: [],
      resources: Array.from({ length: others + 1 + (withOneMore && network === 0 ? 1 : 0) }, (_more, position) => ({
        node: position > others ? "node-new" : nodeOf(network, position),
        exitPoint: position === 0,
        prefix: prefix(`2a02:1802:5e:${hex(position > others ? 0x1ffe : subnet(network, position))}::/64`),
      })),
      workloads: [],
      portForwards: [],
    })),
  };
}

function facts(of: Intents, isPublished: (node: string) => boolean): NodeFacts[] {
  const keys = new Map<string, Record<string, string>>();
  for (const { resources } of of.networks) {
    for (const resource of resources) {
      const number = Number((resource.prefix.address.value >> 64n) & 0xffffn);
      if (isPublished(resource.node)) keys.set(resource.node, { ...keys.get(resource.node), [`wg-${hex(number)}-1`]: keyOf(number) });
    }
  }
  return [...keys].map(([node, publicKeys]) => ({ node, publicKeys, endpoints: {}, reachability: { ipv4: "hidden", ipv6: "none" } }));
}

const bare: ObservedNode = {
  namespaces: new Map([["host", { ...nothing, foreignLinks: new Set(["eth0", "eth1"]) }]]),
  services: new Set(),
  files: new Map(),
};

interface Passed {
  readonly changes: Changes;
  readonly observed: ObservedNode;
}

function pass(of: Intents, published: readonly NodeFacts[], observed: ObservedNode, memory?: PlanMemory): Passed {
  const plan = planNode("exit", of, published, memory);
  return { changes: difference(plan, observed), observed: onceApplied(plan, observed) };
}

describe("EX-19 one NR more on a BAR with 4000", () => {
  const memory = createPlanMemory();
  const before = pass(
    intents(false),
    facts(intents(false), () => true),
    bare,
    memory,
  );
  const more = intents(true);
  // As a store's contents are: what has not changed is the very same.
  const grown: Intents = {
    ...more,
    networks: intents(false).networks.map((network, index) => (index === 0 ? more.networks[0]! : network)),
  };
  const unpublished = facts(grown, (node) => node !== "node-new");
  const published = facts(grown, () => true);

  it("is five routes, none of which takes anything away, and no rule, setting or link", () => {
    const { changes } = pass(grown, unpublished, before.observed, memory);
    expect(changes.count).toBe(5);
    expect([...changes.inside].map(([name, { ip }]) => [name, ip])).toEqual([
      [
        "gateway",
        [
          "route add 2a02:1802:5e:1ffe::/64 via fe80::1000:1 dev to-1000-1 proto 98",
          "route add 10.255.31.254 via 10.255.16.0 dev to-1000-1 proto 98",
          "route add 10.31.254.0/24 via 10.255.16.0 dev to-1000-1 proto 98",
        ],
      ],
      [
        "net-1000-1",
        [
          "route add 2a02:1802:5e:1ffe::/64 via fe80::1ffe dev wg-1000-1 proto 98",
          "route add 10.31.254.0/24 via 10.255.31.254 dev wg-1000-1 proto 98",
        ],
      ],
    ]);
    expect([...changes.inside.values()].flatMap(({ tables, sysctls }) => [tables, ...sysctls]).join("")).toBe("");
    expect(changes.forget).toEqual([]);
  });

  it("is one peer once it has published its key, and nothing when nothing is new", () => {
    const routed = pass(grown, unpublished, before.observed, memory);
    const peered = pass(grown, published, routed.observed, memory);
    const [inside] = [...peered.changes.inside.values()].flatMap(({ wireguard }) => wireguard);
    expect(peered.changes.count).toBe(1);
    const allowed = "fe80::1ffe/128,10.255.31.254/32,10.31.254.0/24,2a02:1802:5e:1ffe::/64";
    const peerArguments = ["peer", keyOf(0x1ffe), "persistent-keepalive", "20", "allowed-ips", allowed];
    expect(inside?.change).toEqual({ whole: false, peerArguments });
    expect(pass(grown, published, peered.observed, memory).changes.count).toBe(0);
  });

  it("is what who plans without a memory and looks at the node finds", () => {
    const looked: ObservedNode = {
      ...before.observed,
      namespaces: new Map([...before.observed.namespaces].map(([name, namespace]) => [name, structuredClone(namespace)])),
    };
    const remembered = pass(grown, published, before.observed, memory);
    const anew = pass(grown, published, looked);
    expect(anew.changes).toEqual(remembered.changes);
    expect(anew.observed).toEqual(remembered.observed);
  });
});
