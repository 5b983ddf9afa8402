import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue, formatPrefix } from "../common/index.ts";
import { subnetOf } from "../derive/index.ts";
import { loadFarm } from "../farm/index.ts";
import { intentsOf, type Intents } from "../intents/index.ts";
import { noTunnels } from "./acceptance.ts";
import { claimsOf } from "./allocator.ts";
import { factsOf, ownLinks } from "./own-part.ts";

const intentsIn = (name: string): Intents => {
  const file = `topologies/${name}.farm.yml`;
  return expectValue(intentsOf(expectValue(loadFarm(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), file)).farm));
};

/** Every node's part of the farm, as its claims say it, and as the list does: `network/holder prefix`. */
function saidAndListed(intents: Intents): { readonly said: readonly string[]; readonly listed: readonly string[] } {
  const facts = intents.nodes.map(({ name }) => factsOf(name, undefined, {}, undefined, noTunnels, ownLinks(name, intents)));
  const said = claimsOf(facts).map(({ network, node, allocationNumber, subnetNumber }) => {
    const { prefix } = intents.allocations.find(({ number }) => number === allocationNumber)!;
    return `${network}/${node} ${formatPrefix(subnetOf(prefix, subnetNumber))}`;
  });
  const listed = intents.networks.flatMap(({ name, resources }) =>
    resources.map(({ node, prefix }) => `${name}/${node} ${formatPrefix(prefix)}`),
  );
  return { said, listed };
}

describe("what nodes say that they have of networks", () => {
  it.each(["exit-node", "three-exit-nodes", "overlays"])("is what the list gives them: %s", (name) => {
    const { said, listed } = saidAndListed(intentsIn(name));
    expect(said.toSorted()).toEqual(listed.toSorted());
  });

  it("is of the exit node's own node where a standby says it", () => {
    const intents = intentsIn("standby");
    const { said, listed } = saidAndListed(intents);
    expect([...new Set(said)].toSorted()).toEqual(listed.toSorted());
    const spare = ownLinks("spare", intents);
    expect(Object.keys(spare.standsInFor).length).toBeGreaterThan(0);
    expect(new Set(Object.values(spare.standsInFor))).toEqual(new Set(["exit-3"]));
    const claims = claimsOf([factsOf("spare", undefined, {}, undefined, noTunnels, spare)]);
    expect(claims.filter(({ standIn }) => standIn === "spare").map(({ node }) => node)).toEqual(
      Object.keys(spare.standsInFor).map(() => "exit-3"),
    );
  });

  it("names tunnels of WireGuard only as what needs a key", () => {
    const intents = intentsIn("overlays");
    for (const { name } of intents.nodes) {
      const { networks, tunnels } = ownLinks(name, intents);
      expect(tunnels).toEqual(
        Object.keys(networks)
          .filter((link) => link.startsWith("wg-"))
          .toSorted(),
      );
    }
  });
});
