/** Who is cut off: nodes without a way out, exit nodes that hidden nodes cannot reach. */
import type { Farm, FarmNode, Finding, Nic } from "../farm/index.ts";
import { warn } from "./finding.ts";
import type { FarmCheck } from "./finding.ts";

const hasGateway = ({ gateway4, gateway6 }: Pick<Nic, "gateway4" | "gateway6">): boolean =>
  gateway4 !== undefined || gateway6 !== undefined;

/** The host itself, in which the agent is: what is public has a namespace of its own, with ways of its own. */
function unroutedFindings({ name, nics, public: outer }: FarmNode): Finding[] {
  if (nics.some(hasGateway)) return [];
  const isCut = outer === undefined || !hasGateway(outer);
  const message = isCut
    ? `node ${name} has no gateway: it reaches neither the store nor other nodes`
    : `the host of ${name} has no gateway, only its public namespace has: its agent does not reach the store`;
  const hint = "put one of its NICs on a segment with a router, or state gateway4 or gateway6";
  return [warn("node-unrouted", ["nodes", name], message, hint)];
}

/** Where an exit node has none of its own, its standbys' are not asked for. */
function standbyFindings(farm: Farm, home: FarmNode): Finding[] {
  return (home.exitNode?.standbys ?? []).flatMap(({ node }, index): Finding[] => {
    if (farm.nodes.find(({ name }) => name === node)?.public !== undefined || home.public === undefined) return [];
    const message = `${node}, which stands in for ${home.name}, has no public configuration: other nodes' tunnels may not reach it`;
    const path = ["nodes", home.name, "exit-node", "standby", index, "node"];
    return [warn("standby-not-public", path, message, `give ${node} public: { nic: ..., ipv4: ..., ipv6: ... }`)];
  });
}

export const reachabilityFindings: FarmCheck = (farm) => {
  const behindHome = new Set(farm.homeRouters.map(({ segment }) => segment));
  return farm.nodes.flatMap((node): Finding[] => {
    const path = ["nodes", node.name];
    const unrouted = unroutedFindings(node);
    if (node.exitNode === undefined) return unrouted;
    const inner = [...path, "exit-node"];
    const found = [...unrouted, ...standbyFindings(farm, node)];
    if (node.public === undefined) {
      found.push(
        warn(
          "exit-node-not-public",
          inner,
          `exit node ${node.name} has no public configuration: other nodes' tunnels may not reach it`,
          "add public: { nic: ..., ipv4: ..., ipv6: ... }",
        ),
      );
    } else if (node.public.ipv4 === undefined && farm.nodes.some(({ nics }) => nics.some(({ segment }) => behindHome.has(segment)))) {
      found.push(
        warn(
          "exit-node-without-ipv4",
          [...path, "public"],
          `${node.name} has no public IPv4: nodes behind IPv4 home routers cannot build tunnels to it`,
          "add ipv4 to public",
        ),
      );
    }
    return found;
  });
};
