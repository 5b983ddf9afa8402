import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { planNode } from "../../core/plan/index.ts";
import type { Store } from "../../core/store/index.ts";
import { createStandIns } from "./stand-ins.ts";

/** A store that holds nothing and forgets what it is given. */
const forgetful = {
  range: async () => await Promise.resolve({ entries: [], revision: 1 }),
  transact: async () => await Promise.resolve({ succeeded: true, revision: 2 }),
} as unknown as Store;

it.each(["exit-node", "three-exit-nodes", "overlays", "active-active"])(
  "nodes of %s that labs do not have publish a key for each of their tunnels, and have taken those of all its peers",
  async (name) => {
    const file = new URL(`../../topologies/${name}.farm.yml`, import.meta.url).pathname;
    const { farm } = expectValue(loadFarm(readFileSync(file, "utf8"), file));
    const intents = expectValue(intentsOf(farm));
    const absent = { ...farm, nodes: farm.nodes.map((node) => ({ ...node, emulate: false })) };
    const all = await createStandIns(absent, "seed").write(forgetful, intents);
    expect(all.map(({ node }) => node).toSorted()).toEqual(farm.nodes.map((node) => node.name).toSorted());
    for (const facts of all) {
      const tunnels = planNode(facts.node, intents, all).namespaces.flatMap(({ links }) =>
        links.flatMap((link) => (link.kind === "wireguard" ? [link] : [])),
      );
      expect(Object.keys(facts.publicKeys).toSorted()).toEqual(tunnels.map((tunnel) => tunnel.name).toSorted());
      if (facts.reachability.ipv4 !== "public") continue;
      for (const { name: tunnel, wireguard } of tunnels) {
        const starts = wireguard.peers.map(({ publicKey }) => publicKey.slice(0, 8));
        expect(facts.acceptedKeys?.[tunnel], `${tunnel} of ${facts.node}`).toEqual(starts);
      }
    }
  },
);
