/** What the router above the exit nodes needs: PrefixZero, a route per exit node, a route that ends loops (seed 1, "Network requirements"). */
import { addressIn, contains, formatAddress, formatPrefix, networkOf, sameAddress, samePrefix } from "../common/index.ts";
import { exitNodePart, subnetOf } from "../farm/index.ts";
import type { Allocation, FarmNode, Finding, UpstreamRouter } from "../farm/index.ts";
import { exitNodesBelow, gatewayNextHops } from "../plan/index.ts";
import { advise, warn } from "./finding.ts";
import type { FarmCheck } from "./finding.ts";

function prefixZeroFindings(upstream: UpstreamRouter, allocation: Allocation): Finding[] {
  const prefixZero = subnetOf(allocation.prefix, 0);
  if (samePrefix(networkOf(upstream.ipv6), prefixZero)) return [];
  const message = `PrefixZero of allocation ${allocation.number} is not routed: ${upstream.name} has no address of ${formatPrefix(prefixZero)} on ${upstream.segment}`;
  return [
    warn("prefix-zero-unrouted", ["upstreams", upstream.name, "ipv6"], message, `give it ${formatAddress(addressIn(prefixZero, 1))}/64`),
  ];
}

function uplinkFindings(upstream: UpstreamRouter, allocation: Allocation): Finding[] {
  if (upstream.wan6 !== undefined) return [];
  const message = `${upstream.name} has no IPv6 towards the internet: ${formatPrefix(allocation.prefix)} is reached by nobody`;
  return [warn("no-ipv6-uplink", ["upstreams", upstream.name], message, "add wan6, its address towards the provider")];
}

function partFindings(upstream: UpstreamRouter, allocation: Allocation, node: FarmNode, exitNode: number): Finding[] {
  const part = exitNodePart(allocation.prefix, exitNode);
  const { "link-local": linkLocal, "prefix-zero": inPrefixZero } = gatewayNextHops(allocation.prefix, exitNode);
  const hops = [linkLocal, inPrefixZero];
  const wanted = `add { to: "${formatPrefix(part)}", via: "${formatAddress(linkLocal)}" } to its routes`;
  const index = upstream.routes.findIndex(({ prefix }) => samePrefix(prefix, part));
  const route = upstream.routes[index];
  if (route === undefined) {
    const wider = upstream.routes.some(
      (other) => other.kind === "via" && contains(other.prefix, part) && hops.some((hop) => sameAddress(hop, other.via)),
    );
    if (wider) return [];
    const message = `${upstream.name} has no route to ${formatPrefix(part)}, the part of exit node ${exitNode} (${node.name})`;
    return [warn("missing-route", ["upstreams", upstream.name, "routes"], message, wanted)];
  }
  if (route.kind === "via" && hops.some((hop) => sameAddress(hop, route.via))) return [];
  const why =
    route.kind === "via"
      ? `leads to ${formatAddress(route.via)}, which is not the gateway of exit node ${exitNode} (${node.name})`
      : "is unreachable, so that nothing reaches its exit node";
  const hint = `its gateway has ${formatAddress(linkLocal)} and ${formatAddress(inPrefixZero)}`;
  return [
    {
      ...warn(
        "wrong-next-hop",
        ["upstreams", upstream.name, "routes", index, route.kind === "via" ? "via" : "unreachable"],
        `the route to ${formatPrefix(part)} ${why}`,
        hint,
      ),
    },
  ];
}

function loopFindings(upstream: UpstreamRouter, allocation: Allocation): Finding[] {
  if (upstream.routes.some((route) => route.kind === "unreachable" && samePrefix(route.prefix, allocation.prefix))) return [];
  const text = formatPrefix(allocation.prefix);
  const message = `packets to unused addresses of ${text} leave ${upstream.name} by its default route and come back, in a loop`;
  return [
    warn("missing-unreachable", ["upstreams", upstream.name, "routes"], message, `add { to: "${text}", unreachable: true } to its routes`),
  ];
}

function idleRouteFindings(upstream: UpstreamRouter, allocation: Allocation, numbers: readonly number[]): Finding[] {
  return upstream.routes.flatMap((route, index) => {
    const number = Number((route.prefix.address.value >> 76n) & 0xfn);
    const isPart = route.kind === "via" && route.prefix.length === 52 && contains(allocation.prefix, route.prefix);
    if (!isPart || numbers.includes(number)) return [];
    const message =
      number === 0
        ? `${formatPrefix(route.prefix)} is PrefixZero's part, which has no exit node`
        : `there is no exit node ${number} for ${formatPrefix(route.prefix)}`;
    return [
      advise(
        "idle-route",
        ["upstreams", upstream.name, "routes", index, "to"],
        message,
        "leave the route out, unless the exit node is about to come",
      ),
    ];
  });
}

export const upstreamFindings: FarmCheck = (farm) =>
  farm.allocations.flatMap((allocation) => {
    const numbers = farm.nodes.flatMap(({ exitNode }) => (exitNode?.allocationNumber === allocation.number ? [exitNode.number] : []));
    return farm.upstreams.flatMap((upstream) => {
      const here = exitNodesBelow(farm, upstream, allocation);
      if (here.length === 0) return [];
      return [
        ...uplinkFindings(upstream, allocation),
        ...prefixZeroFindings(upstream, allocation),
        ...here.flatMap((node) => (node.exitNode === undefined ? [] : partFindings(upstream, allocation, node, node.exitNode.number))),
        ...loopFindings(upstream, allocation),
        ...idleRouteFindings(upstream, allocation, numbers),
      ];
    });
  });
