import { describe, expect, it } from "vitest";
import { prefix } from "../common/address.fixture.ts";
import type { ExitNodeHost, Intents } from "../intents/index.ts";
import { firstFarm } from "./first-farm.fixture.ts";
import { fencedGatewayOf, openFence } from "./fence.ts";
import { hostedIntents, planNode } from "./index.ts";

const withStandby = (intents: Intents, ...standbys: readonly string[]): Intents => ({
  ...intents,
  nodes: intents.nodes.map((node) =>
    node.exitNode === undefined
      ? node
      : { ...node, exitNode: { ...node.exitNode, standbys: standbys.map((one) => ({ node: one, nic: "eth9" })) } },
  ),
});
const host = (node: string): ExitNodeHost => ({ allocationNumber: 1, exitNode: 1, node, lease: "7" });
const farm = withStandby(firstFarm, "node-2");
const away = hostedIntents(farm, [host("node-2")]);
const namesOf = (node: string, intents: Intents): readonly string[] => planNode(node, intents, []).namespaces.map(({ name }) => name);

describe("EX-14 intents as they are hosted", () => {
  it("are as written while the exit node is at home, is nobody's, or is said to be on a node that is none of its standbys", () => {
    for (const hosts of [[], [host("node-1")], [host("node-3")], [{ ...host("node-2"), exitNode: 2 }]]) {
      expect(hostedIntents(farm, hosts)).toBe(farm);
    }
    expect(hostedIntents(firstFarm, [host("node-2")])).toBe(firstFarm);
  });

  it("have the exit node with its addresses on the standby, by the standby's own NIC, and nothing of it at home", () => {
    const [home, standby] = away.nodes;
    expect(home?.exitNode).toBeUndefined();
    expect(standby?.exitNode).toEqual({ ...farm.nodes[0]?.exitNode, nic: "eth9" });
  });

  it("have the exit points there too, beside the standby's own resources, and not what ran at home", () => {
    const blue = away.networks.find(({ name }) => name === "blue");
    expect(blue?.resources).toContainEqual({
      node: "node-2",
      exitPoint: true,
      prefix: prefix("2a02:1802:5e:1abc::/64"),
      standsInFor: "node-1",
    });
    expect(blue?.resources.filter(({ node }) => node === "node-2")).toHaveLength(2);
    expect(blue?.workloads.map(({ name }) => name)).toEqual(["blue-2", "blue-3"]);
    expect(namesOf("node-2", away)).toEqual(expect.arrayContaining(["gateway", "net-1abc-1", "net-1b2c-1", "w-1b2c-2"]));
    expect(namesOf("node-2", away)).not.toContain("w-1abc-2");
    expect(namesOf("node-1", away)).toEqual(["host", "public"]);
  });
});

describe("EX-14 the fence", () => {
  it("is around the gateway of an exit node that has standbys, and around no other", () => {
    const gateway = (intents: Intents, node: string): readonly string[] =>
      planNode(node, intents, [])
        .namespaces.flatMap(({ tables }) => tables.map(({ family, name }) => `${family} ${name}`))
        .filter((name) => name.endsWith("fence"));
    expect(gateway(firstFarm, "node-1")).toEqual([]);
    expect(gateway(farm, "node-1")).toEqual(["inet farmlab-fence", "arp farmlab-fence"]);
    expect(gateway(away, "node-2")).toEqual(["inet farmlab-fence", "arp farmlab-fence"]);
    expect(fencedGatewayOf(planNode("node-1", firstFarm, []))).toBeUndefined();
    expect(fencedGatewayOf(planNode("node-2", away, []))?.link).toBe("pub-1-1");
  });

  it("is opened for a time of both families' own sets", () => {
    expect(openFence("pub-1-1", 4000)).toBe(
      ["inet", "arp"]
        .flatMap((family) => [
          `add element ${family} farmlab-fence hosted { "pub-1-1" }\n`,
          `delete element ${family} farmlab-fence hosted { "pub-1-1" }\n`,
          `add element ${family} farmlab-fence hosted { "pub-1-1" timeout 4000ms }\n`,
        ])
        .join(""),
    );
  });
});
