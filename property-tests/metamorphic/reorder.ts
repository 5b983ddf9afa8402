/** The same farm written, and brought up, in another order. */
import { seededRandom } from "../../core/common/index.ts";
import type { Random } from "../../core/common/index.ts";
import type { NetworkEntry } from "../../core/farm/index.ts";
import { mapEntries, sameNames } from "./relation.ts";
import type { Relation } from "./relation.ts";

const shuffledMap = <T>(map: Readonly<Record<string, T>>, random: Random): Readonly<Record<string, T>> =>
  Object.fromEntries(random.shuffle(Object.entries(map)));

function shuffledNetwork(network: NetworkEntry, random: Random): NetworkEntry {
  const { workloads, "port-forwards": forwards, "owned-ipv4": owned } = network;
  return {
    ...network,
    resources: random.shuffle(network.resources),
    ...(workloads === undefined ? {} : { workloads: shuffledMap(workloads, random) }),
    ...(forwards === undefined ? {} : { "port-forwards": random.shuffle(forwards) }),
    ...(owned === undefined ? {} : { "owned-ipv4": random.shuffle(owned) }),
  };
}

/**
 * What keeps its order says something by it: a node's NICs (its way out is the first that has one), conditions and the timeline (what they
 * decide by chance follows from their place).
 */
export const reorder: Relation = {
  name: "permuting the order of entries, in which nodes boot too",
  precondition: "no pool is short: what is given out is enough for all in any order",
  apply(document, seed) {
    const random = seededRandom(seed, "order");
    const { upstreams, carriers, networks, "home-routers": homes, internet } = document;
    return {
      document: {
        ...document,
        allocations: random.shuffle(document.allocations),
        segments: random.shuffle(document.segments),
        internet: { ...internet, hosts: shuffledMap(internet.hosts, random) },
        ...(upstreams === undefined
          ? {}
          : {
              upstreams: mapEntries(shuffledMap(upstreams, random), (name, router) => [
                name,
                router.routes === undefined ? router : { ...router, routes: random.shuffle(router.routes) },
              ]),
            }),
        ...(homes === undefined ? {} : { "home-routers": shuffledMap(homes, random) }),
        ...(carriers === undefined ? {} : { carriers: shuffledMap(carriers, random) }),
        nodes: shuffledMap(document.nodes, random),
        ...(networks === undefined
          ? {}
          : { networks: mapEntries(shuffledMap(networks, random), (name, network) => [name, shuffledNetwork(network, random)]) }),
      },
      renamed: sameNames,
    };
  },
};
