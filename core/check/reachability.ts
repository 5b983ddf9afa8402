/** Who is cut off: nodes without a way out, exit nodes that hidden nodes cannot reach. */
import type { FarmNode, Finding } from "../farm/index.ts";
import { warn } from "./finding.ts";
import type { FarmCheck } from "./finding.ts";

const gatewayFree = (node: FarmNode): boolean =>
  [...node.nics, ...(node.public === undefined ? [] : [node.public])].every(
    ({ gateway4, gateway6 }) => gateway4 === undefined && gateway6 === undefined,
  );

export const reachabilityFindings: FarmCheck = (farm) => {
  const behindHome = new Set(farm.homeRouters.map(({ segment }) => segment));
  return farm.nodes.flatMap((node): Finding[] => {
    const path = ["nodes", node.name];
    const unrouted = gatewayFree(node)
      ? [
          warn(
            "node-unrouted",
            path,
            `node ${node.name} has no gateway: it reaches neither the store nor other nodes`,
            "put one of its NICs on a segment with a router, or state gateway4 or gateway6",
          ),
        ]
      : [];
    if (node.exitNode === undefined) return unrouted;
    const inner = [...path, "exit-node"];
    const found = [...unrouted];
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
