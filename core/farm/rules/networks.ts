/** Users' networks: the list node <-> Network Resource, one exit point, prefixes where they are stated (seed 1; EX-5, EX-21, EX-25). */
import { formatPrefix, networkOf } from "../../common/index.ts";
import type { Prefix } from "../../common/index.ts";
import type { Farm, NetworkResource, UserNetwork } from "../farm.ts";
import { nearestHint } from "../../common/reading/index.ts";
import { judgeAllocation } from "../allocation.ts";
import { heldUdpPorts } from "../held-ports.ts";
import { nodesOfResource } from "../whereabouts.ts";
import { judgeResourcePrefix, maximumExitNodeNumber, subnetNumberOf } from "../parts.ts";
import type { Path } from "../../common/reading/index.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, refuseKey, repeats } from "./rule.ts";

const resourcePath = (network: UserNetwork, index: number, key: string): Path => ["networks", network.name, "resources", index, key];

const resourceNodes: Rule = (farm) => {
  const names = farm.nodes.map(({ name }) => name);
  return farm.networks.flatMap((network) => [
    ...network.resources.flatMap(({ node }, index) =>
      names.includes(node)
        ? []
        : [refuse("unknown-node", resourcePath(network, index, "node"), `there is no node "${node}"`, nearestHint(node, names, "nodes"))],
    ),
    ...repeats(network.resources, ({ node }) => node).map(({ entry, index }) =>
      refuse(
        "two-resources-on-node",
        resourcePath(network, index, "node"),
        `network ${network.name} has a resource on ${entry.node} already`,
        "a network has at most one Network Resource on a node",
      ),
    ),
  ]);
};

const exitPoints: Rule = (farm) =>
  farm.networks.flatMap((network): Finding[] => {
    // A network of an unknown allocation is refused for that.
    if (!farm.allocations.some(({ number }) => number === network.allocationNumber)) return [];
    const points = network.resources.flatMap((resource, index) => (resource.exitPoint ? [{ resource, index }] : []));
    const hosts = farm.nodes.filter((node) => node.exitNode?.allocationNumber === network.allocationNumber).map(({ name }) => name);
    const hint = `write exit-point: true at one resource, on an exit node${hosts.length > 0 ? ` (${hosts.slice(0, 15).join(", ")})` : ""}`;
    if (points.length === 0)
      return [refuseKey("exit-point-count", ["networks", network.name, "resources"], `network ${network.name} has no exit point`, hint)];
    return points.flatMap(({ resource, index }, order) => {
      const path = resourcePath(network, index, "exit-point");
      if (order > 0)
        return [
          refuse(
            "exit-point-count",
            path,
            `network ${network.name} has an exit point already, on ${points[0]?.resource.node}`,
            "a network has exactly one exit point",
          ),
        ];
      const node = farm.nodes.find(({ name }) => name === resource.node);
      if (node === undefined || node.exitNode?.allocationNumber === network.allocationNumber) return [];
      const why =
        node.exitNode === undefined
          ? "is not an exit node"
          : `is an exit node of allocation ${node.exitNode.allocationNumber}, not ${network.allocationNumber}`;
      return [
        refuse(
          "exit-point-not-on-exit-node",
          resourcePath(network, index, "node"),
          `the exit point of ${network.name} is on ${resource.node}, which ${why}`,
          hint,
        ),
      ];
    });
  });

/** The allocation and the exit node that hosts the network's exit point; undefined where there are none, which other rules refuse. */
function homeOf(farm: Farm, network: UserNetwork): { readonly allocation: Prefix; readonly exitNode: number } | undefined {
  const point = network.resources.find((resource) => resource.exitPoint);
  const exitNode = farm.nodes.find(({ name }) => name === point?.node)?.exitNode;
  const allocation = farm.allocations.find(({ number }) => number === network.allocationNumber);
  if (exitNode === undefined || allocation === undefined || exitNode.allocationNumber !== allocation.number) return undefined;
  if (judgeAllocation(allocation.prefix).some(({ severity }) => severity === "error")) return undefined;
  if (exitNode.number < 1 || exitNode.number > maximumExitNodeNumber) return undefined;
  return { allocation: allocation.prefix, exitNode: exitNode.number };
}

function prefixFault(farm: Farm, network: UserNetwork, prefix: Prefix, path: Path): Finding[] {
  const home = homeOf(farm, network);
  const judgement = home === undefined ? undefined : judgeResourcePrefix(prefix, home.allocation, home.exitNode);
  return judgement === undefined ? [] : [{ ...judgement, path }];
}

interface Stated {
  readonly network: UserNetwork;
  readonly resource: NetworkResource;
  readonly prefix: Prefix;
  readonly path: Path;
}

const statedPrefixes = (farm: Farm): Stated[] =>
  farm.networks.flatMap((network) =>
    network.resources.flatMap((resource, index) =>
      resource.prefix === undefined ? [] : [{ network, resource, prefix: resource.prefix, path: resourcePath(network, index, "prefix") }],
    ),
  );

/** By node on which it is, or comes to be when that node stands in for the exit node. */
const whereItMayBe = (farm: Farm, stated: Stated): (Stated & { readonly node: string })[] => {
  const home = farm.nodes.find(({ name }) => name === stated.resource.node);
  return nodesOfResource(stated.resource, home).map((node) => ({ ...stated, node }));
};

/** The tunnel of a resource listens on the port that its prefix's bytes 6 and 7 give; other overlays have no port of the resource's. */
function heldPorts(farm: Farm, { network, node, prefix, path }: Stated & { readonly node: string }): Finding[] {
  const port = subnetNumberOf(prefix);
  if (network.overlay !== undefined) return [];
  if (!heldUdpPorts(farm.nodes.find(({ name }) => name === node)).has(port)) return [];
  const message = `the tunnel of ${network.name} on ${node} would have port ${port} of ${formatPrefix(prefix)}, which is that of the node's own service udp/${port}`;
  return [refuse("port-held", path, message, "give the network resource another /64 there, or the service another port")];
}

const prefixes: Rule = (farm) => {
  const stated = statedPrefixes(farm);
  const everywhere = stated.flatMap((one) => whereItMayBe(farm, one));
  return [
    ...everywhere.flatMap((one) => heldPorts(farm, one)),
    ...stated.flatMap(({ network, prefix, path }) => prefixFault(farm, network, prefix, path)),
    ...repeats(stated, ({ prefix }) => formatPrefix(networkOf(prefix))).map(({ entry, first }) =>
      refuse(
        "duplicate-prefix",
        entry.path,
        `${formatPrefix(entry.prefix)} is ${first.network.name}'s already, on ${first.resource.node}`,
        "every Network Resource has a /64 of its own",
      ),
    ),
    // Names differ by the allocation's number, but the port and the IPv4 addresses come from these 16 bits alone.
    ...repeats(everywhere, ({ node, prefix }) => `${node} ${subnetNumberOf(prefix)}`)
      .filter(({ entry, first }) => entry.network.allocationNumber !== first.network.allocationNumber)
      .map(({ entry, first }) =>
        refuse(
          "prefix-collision",
          entry.path,
          `${formatPrefix(entry.prefix)} of ${entry.network.name} and ${formatPrefix(first.prefix)} of ${first.network.name} meet on ${entry.node} with the same 16 bits ${subnetNumberOf(entry.prefix).toString(16).padStart(4, "0")}`,
          "port and IPv4 addresses come from these bits: give one of them another /64",
        ),
      ),
  ];
};

export const networkRules: readonly Rule[] = [resourceNodes, exitPoints, prefixes];
