import { describe, expect, it } from "vitest";
import type { Intents, NodeFacts } from "../intents/index.ts";
import { prefix } from "../common/address.fixture.ts";
import { firstFacts, firstFarm } from "./first-farm.fixture.ts";
import { createPlanMemory, planNode } from "./index.ts";
import type { NodePlan } from "./index.ts";

const added = { node: "node-3", exitPoint: false, prefix: prefix("2a02:1802:5e:1d4e::/64") };
const larger: Intents = {
  ...firstFarm,
  networks: firstFarm.networks.map((network) =>
    network.name === "red" ? { ...network, resources: [...network.resources, added] } : network,
  ),
};
const withKey: readonly NodeFacts[] = firstFacts.map((facts) =>
  facts.node === "node-3"
    ? { ...facts, publicKeys: { ...facts.publicKeys, "wg-1d4e-1": "ocSRuY4B4LoZhKuS7rbZkQKbB3d1GnNpfV+ySG7TJlo=" } }
    : facts,
);

/** The namespaces of which the later plan has the very same object. */
function kept(before: NodePlan, after: NodePlan): readonly string[] {
  const held = new Set(before.namespaces);
  return after.namespaces.filter((namespace) => held.has(namespace)).map(({ name }) => name);
}

/** The very same networks and resources, of which each has a routing table now. */
const inTables: Intents = {
  ...firstFarm,
  nodes: firstFarm.nodes.map((node) =>
    node.exitNode === undefined ? node : { ...node, exitNode: { ...node.exitNode, isolation: "vrf" } },
  ),
};

describe("planning with a memory", () => {
  it("gives the plans that are given without, whatever was planned before", () => {
    const memory = createPlanMemory();
    for (const [intents, facts] of [
      [firstFarm, firstFacts],
      [larger, firstFacts],
      [larger, withKey],
      [{ ...larger, nodes: larger.nodes.map(({ name }) => ({ name })) }, withKey],
      [firstFarm, []],
      [{ ...firstFarm, networks: [] }, firstFacts],
      [inTables, firstFacts],
      [firstFarm, firstFacts],
    ] as const) {
      expect(planNode("node-1", intents, facts, memory)).toEqual(planNode("node-1", intents, facts));
    }
  });

  it("EX-19 keeps what one more NR does not concern as it is", () => {
    const memory = createPlanMemory();
    const before = planNode("node-1", firstFarm, firstFacts, memory);
    const routed = planNode("node-1", larger, firstFacts, memory);
    expect(kept(before, routed)).toEqual(["host", "public", "net-1abc-1", "w-1123-2", "w-1abc-2"]);
    // The key of a node that is in both networks.
    const peered = planNode("node-1", larger, withKey, memory);
    expect(kept(routed, peered)).toEqual(["host", "public", "gateway", "net-1abc-1", "w-1123-2", "w-1abc-2"]);
    expect(kept(peered, planNode("node-1", { ...larger }, [...withKey], memory))).toEqual(peered.namespaces.map(({ name }) => name));
  });
});
