/**
 * What the router above the exit nodes has to hold, as data: it follows from the farm's allocations and exit nodes alone, however many
 * Network Resources there are (seed 1, "Setting up Routes towards the ExitNode's Gateway Containers"; EX-6). How a router is told is a
 * dialect's matter.
 */
import { addressIn, contains, networkOf, samePrefix } from "../../common/index.ts";
import type { Address, Prefix } from "../../common/index.ts";
import { exitNodePart, gwPubIP6, gwPubLL, subnetOf, upstreamRouterLL } from "../../derive/index.ts";
import type { Allocation, Farm, FarmNode, UpstreamRouter } from "../../farm/index.ts";

/** By which of a gateway's two addresses the router reaches it: the link-local one on its interface, or the one in PrefixZero. */
export type NextHopKind = "link-local" | "prefix-zero";

/** A route of the router; a link-local next hop means something on its interface of PrefixZero only. */
export type UpstreamRoute =
  | { readonly kind: "via"; readonly to: Prefix; readonly via: Address; readonly exitNode: number }
  | { readonly kind: "unreachable"; readonly to: Prefix };

export interface UpstreamPlan {
  readonly farm: string;
  readonly router: string;
  /** Its interface on PrefixZero, as the router itself calls it. */
  readonly interface: string;
  /** With their lengths; fe80::1 first, to which the gateways' default routes lead. */
  readonly addresses: readonly Prefix[];
  /** One per exit node, at most 15 of an allocation, then one that ends what no exit node has. */
  readonly routes: readonly UpstreamRoute[];
}

/** The two next hops by which an upstream router may reach the gateway of exit node x: link-local, or in PrefixZero. */
export function gatewayNextHops(allocation: Prefix, exitNode: number): Readonly<Record<NextHopKind, Address>> {
  return { "link-local": gwPubLL(exitNode).address, "prefix-zero": gwPubIP6(allocation, exitNode).address };
}

/** The exit nodes of an allocation whose forwarding NIC is on the router's segment, by their numbers. */
export function exitNodesBelow(farm: Farm, upstream: UpstreamRouter, allocation: Allocation): readonly FarmNode[] {
  return farm.nodes
    .filter(
      ({ exitNode, nics }) =>
        exitNode?.allocationNumber === allocation.number &&
        nics.some(({ name, segment }) => name === exitNode.nic && segment === upstream.segment),
    )
    .toSorted((one, other) => (one.exitNode?.number ?? 0) - (other.exitNode?.number ?? 0));
}

/** The allocations that the router routes: those of its exit nodes, and that of its own address. */
export function allocationsBelow(farm: Farm, upstream: UpstreamRouter): readonly Allocation[] {
  return farm.allocations.filter(
    (allocation) => contains(allocation.prefix, upstream.ipv6.address) || exitNodesBelow(farm, upstream, allocation).length > 0,
  );
}

/** The router's address in PrefixZero: that of the farm file where it is one, else the first, $prefix::1. */
function prefixZeroAddress({ ipv6 }: UpstreamRouter, { prefix }: Allocation): Prefix {
  const prefixZero = subnetOf(prefix, 0);
  return samePrefix(networkOf(ipv6), prefixZero) ? ipv6 : { address: addressIn(prefixZero, 1), length: prefixZero.length };
}

interface Choices {
  /** What the router calls its interface on PrefixZero. */
  readonly interface: string;
  readonly nextHop: NextHopKind;
}

/** What a router of the farm has to hold; undefined where no allocation of the farm is routed by it. The routes that the file states are not read. */
export function planUpstream(farm: Farm, upstream: UpstreamRouter, choices: Choices): UpstreamPlan | undefined {
  const allocations = allocationsBelow(farm, upstream);
  if (allocations.length === 0) return undefined;
  const routesOf = (allocation: Allocation): UpstreamRoute[] => [
    ...exitNodesBelow(farm, upstream, allocation).flatMap(({ exitNode }): UpstreamRoute[] => {
      if (exitNode === undefined) return [];
      const via = gatewayNextHops(allocation.prefix, exitNode.number)[choices.nextHop];
      return [{ kind: "via", to: exitNodePart(allocation.prefix, exitNode.number), via, exitNode: exitNode.number }];
    }),
    { kind: "unreachable", to: allocation.prefix },
  ];
  return {
    ...{ farm: farm.name, router: upstream.name, interface: choices.interface },
    addresses: [
      { address: upstreamRouterLL, length: 64 },
      ...allocations.map((allocation) => prefixZeroAddress(upstream, allocation)),
      ...(upstream.ipv4 === undefined ? [] : [upstream.ipv4]),
    ],
    routes: allocations.flatMap(routesOf),
  };
}
