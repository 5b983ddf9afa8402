import { describe, expect, it } from "vitest";
import type { Intents, NodeIntent } from "../intents/index.ts";
import { prefix } from "../common/address.fixture.ts";
import { firstFarm } from "./first-farm.fixture.ts";
import { mirrorOf, secondTunnelsOf, standInOf } from "./partners.ts";

/** The drawing's farm with a second exit node, which is the first one's partner. */
const partnered = (back: string | undefined): Intents => ({
  ...firstFarm,
  nodes: firstFarm.nodes.map((node): NodeIntent => {
    if (node.exitNode !== undefined) return { ...node, exitNode: { ...node.exitNode, partner: "node-2" } };
    if (node.name !== "node-2") return node;
    return { ...node, exitNode: { number: 2, allocationNumber: 1, nic: "eth2", ...(back === undefined ? {} : { partner: back }) } };
  }),
});
const farm = partnered("node-1");
const blue = farm.networks[0]!;

describe("mirrorOf", () => {
  it("has the exit point on the partner, and not what runs on the exit node's own node", () => {
    const mirror = mirrorOf(blue, farm);
    expect(mirror?.resources[0]).toMatchObject({ node: "node-2", standsInFor: "node-1", exitPoint: true });
    expect(mirror?.resources.slice(1)).toEqual(blue.resources.slice(1));
    expect(mirror?.workloads.map(({ name }) => name)).toEqual(["blue-2", "blue-3"]);
    // The same object as long as the network is: plans go by that.
    expect(mirrorOf(blue, { ...farm })).toBe(mirror);
  });

  it("is nothing where the two do not name each other", () => {
    expect(mirrorOf(blue, partnered(undefined))).toBeUndefined();
    expect(mirrorOf(firstFarm.networks[0]!, firstFarm)).toBeUndefined();
  });
});

describe("standInOf", () => {
  it("is the partner's exit node, by this node's own NIC, with its networks in the order of prefixes", () => {
    const standIn = standInOf("node-2", farm);
    expect(standIn?.config).toMatchObject({ number: 1, nic: "eth2" });
    expect(standIn?.networks.map(({ name }) => name)).toEqual(["red", "blue"]);
    expect(standInOf("node-3", farm)).toBeUndefined();
  });
});

describe("secondTunnelsOf", () => {
  const portsOf = (intents: Intents, node: string): readonly number[] =>
    [...secondTunnelsOf(node, intents).values()].map(({ port }) => port);

  it("are of all resources but exit points, each with a port that no tunnel's is derived to be", () => {
    expect(portsOf(farm, "node-1")).toEqual([]);
    const ports = portsOf(farm, "node-2");
    expect(ports).toHaveLength(2);
    expect(new Set(ports).size).toBe(2);
    expect(ports.every((port) => port >= 1024 && port < 4096)).toBe(true);
  });

  it("leave ports alone that the node's services hold, or another one has", () => {
    const [first = 0] = portsOf(farm, "node-3");
    const held = { ...farm, nodes: farm.nodes.map((node) => (node.name === "node-3" ? { ...node, heldPorts: [first] } : node)) };
    expect(portsOf(held, "node-3")).toEqual([first + 1]);
    // 0x1c3d and 0x283d want the same.
    const resource = { node: "node-3", exitPoint: false, prefix: prefix("2a02:1802:5e:283d::/64") };
    const red = { ...farm.networks[1]!, resources: [...farm.networks[1]!.resources, resource] };
    const both = portsOf({ ...farm, networks: [blue, red] }, "node-3");
    expect([both.length, new Set(both).size]).toEqual([2, 2]);
  });
});
