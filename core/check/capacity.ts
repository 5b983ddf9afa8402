/** What a farm will run out of: exit nodes to fall back on, IPv4 addresses, routes per gateway. */
import { formatPrefix } from "../common/index.ts";
import { adviseExitNodeRoutes, capacityOf } from "../allocate/index.ts";
import type { Farm, FarmNode, Finding } from "../farm/index.ts";
import { advise, warn } from "./finding.ts";
import type { FarmCheck } from "./finding.ts";

const forwardingSegment = (node: FarmNode): string | undefined => node.nics.find(({ name }) => name === node.exitNode?.nic)?.segment;

/** Whether a node could take over an exit node on a segment: two NICs, one of them there and free for forwarding. */
const couldStandIn = (node: FarmNode, segment: string | undefined): boolean =>
  node.exitNode === undefined &&
  node.nics.length >= 2 &&
  node.nics.some((nic) => nic.segment === segment && nic.ipv4 === undefined && nic.ipv6 === undefined && nic.name !== node.public?.nic);

/** One for each segment on which an exit node has neither a partner nor a node that could stand in. */
const spareFindings = (farm: Farm): Finding[] => {
  const alone = farm.nodes.filter(({ exitNode }) => exitNode !== undefined && exitNode.partner === undefined);
  const segments = [...new Set(alone.map(forwardingSegment))];
  return segments.flatMap((segment) => {
    if (farm.nodes.some((node) => couldStandIn(node, segment))) return [];
    const name = alone.find((node) => forwardingSegment(node) === segment)?.name ?? "";
    const message = `no node could stand in for ${name}: its networks are cut off when it fails`;
    return [
      advise(
        "no-spare-node",
        ["nodes", name, "exit-node"],
        message,
        `set up another node alike: two NICs, one of them on ${segment ?? "PrefixZero"} without address`,
      ),
    ];
  });
};

const ipv4Findings = (farm: Farm): Finding[] =>
  farm.allocations.flatMap(({ number, ipv4 }, index): Finding[] => {
    const hint = "ask for a small routable IPv4 network, such as a /29";
    if (ipv4 === undefined) {
      return [
        warn(
          "no-ipv4",
          ["allocations", index, "prefix"],
          `allocation ${number} has no routable IPv4 network: its networks have no way to the IPv4 internet`,
          hint,
        ),
      ];
    }
    if (ipv4.length < 32) return [];
    return [
      warn(
        "ipv4-too-small",
        ["allocations", index, "ipv4"],
        `${formatPrefix(ipv4)} is a single address: gateway, tunnels and users need one each`,
        hint,
      ),
    ];
  });

const routeFindings = (farm: Farm): Finding[] =>
  farm.nodes.flatMap((node): Finding[] => {
    const { exitNode } = node;
    if (exitNode === undefined) return [];
    const routes = farm.networks
      .filter(
        ({ allocationNumber, resources }) =>
          allocationNumber === exitNode.allocationNumber && resources.some((resource) => resource.exitPoint && resource.node === node.name),
      )
      .reduce((count, { resources }) => count + resources.length, 0);
    const capacity = capacityOf(exitNode.number);
    const path = ["nodes", node.name, "exit-node"];
    const hint = "add an exit node and give it the exit points of some of the networks";
    if (routes > capacity) {
      const message = `exit node ${exitNode.number} has ${routes} Network Resources, and its part holds ${capacity}`;
      return [{ ...warn("part-full", path, message, hint), severity: "error" }];
    }
    return routes < adviseExitNodeRoutes
      ? []
      : [advise("many-routes", path, `the gateway of exit node ${exitNode.number} has ${routes} routes`, hint)];
  });

export const capacityFindings: FarmCheck = (farm) => [...spareFindings(farm), ...ipv4Findings(farm), ...routeFindings(farm)];
