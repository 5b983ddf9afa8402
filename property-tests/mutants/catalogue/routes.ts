/** Routes of gateways, exit points and other NRs. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const derived = "core/derive/exit-node/routes.ts";
const gateway = "core/plan/gateway.ts";
const resource = "core/plan/resource.ts";
const workload = "core/plan/workload.ts";
const patched = patchedIn("routes");

export const routeMutants: readonly Mutant[] = [
  patched("return-route-left-out", "the gateway has no route to the /64s of NRs", "EX-1 EX-8", [
    derived,
    '    { type: "unicast", to: prefix, via: epPubLL(exitPoint).address, dev },\n    transitRoute,',
    "    transitRoute,",
  ]),
  patched("return-route-ipv4-left-out", "the gateway has no route to the IPv4 networks of NRs", "EX-1 EX-9", [
    derived,
    '    { type: "unicast", to: nrNetwork4(prefix), via: via4.address, dev },\n  ];\n}\n\n/** Routes of a gateway that has',
    "  ];\n}\n\n/** Routes of a gateway that has",
  ]),
  patched(
    "return-routes-planned-not",
    "only the exit point's own networks are routed by the gateway, not its network's others",
    "EX-8 EX-9",
    [
      gateway,
      "[exitPoint, ...resourcesOf(network).filter((resource) => !resource.exitPoint)]",
      "[exitPoint, ...resourcesOf(network).filter((resource) => resource.exitPoint && resource !== exitPoint)]",
    ],
  ),
  patched("transit-route-left-out", "the gateway has no route to the transit addresses of NRs", "EX-1", [
    derived,
    "    transitRoute,\n",
    "",
  ]),
  patched("unreachable-left-out", "the gateway has no unreachable route for its /52, so that packets bounce", "EX-1 EX-11", [
    derived,
    '    { type: "unreachable", to: exitNodePart(allocation, x) },\n',
    "",
  ]),
  patched("unreachable-not-planned", "the gateway's plan leaves its unreachable routes out", "EX-11", [
    gateway,
    "...gatewayBaseRoutes(allocation, config.number, config.allocationNumber).map(routePlan),",
    '...gatewayBaseRoutes(allocation, config.number, config.allocationNumber).filter(({ type }) => type === "unicast").map(routePlan),',
  ]),
  patched("gateway-without-default4", "the gateway has no IPv4 default route", "EX-9", [
    gateway,
    "      ...(isShared ? [] : defaultRoute(config.ipv4, config.gateway4, up)),\n",
    "",
  ]),
  patched("gateway-default-crossed", "the gateway's IPv6 default route leads to its own address", "EX-1 EX-8", [
    derived,
    '{ type: "unicast", to: anywhere6, via: upstreamRouterLL, dev: gwPubName(x, n) },',
    '{ type: "unicast", to: anywhere6, via: { family: 6 as const, value: upstreamRouterLL.value + 1n }, dev: gwPubName(x, n) },',
  ]),
  patched(
    "exit-point-default-not-onlink",
    "the exit point's IPv4 default route is refused by the kernel, whose next hop no connected network holds",
    "EX-9",
    [derived, "source: epPubIP4R(exitPoint).address, onlink: true }", "source: epPubIP4R(exitPoint).address }"],
  ),
  patched("default4-of-nr-left-out", "an NR that is no exit point has no IPv4 default route", "EX-1 EX-9", [
    derived,
    '    { type: "unicast", to: anywhere4, via: wgIP4RT(exitPoint).address, dev },\n',
    "",
  ]),
  patched(
    "peer-route6-left-out",
    "an NR has no IPv6 route to its peers, so that the exit point sends their packets back to its gateway",
    "EX-1 EX-7",
    [derived, '    { type: "unicast", to: peer, via: wgLL(peer).address, dev },\n', ""],
  ),
  patched("peer-routes-at-peers-only", "the exit point lacks its routes to the others' networks", "EX-7 EX-8", [
    resource,
    "const others = mine.exitPoint ? othersOf(mine, network) : peers;",
    "const others = mine.exitPoint ? [] : peers;",
  ]),
  patched("workload-without-default6", "workloads have no IPv6 default route", "EX-7 EX-8", [
    workload,
    '        { family: 6, type: "unicast", to: "default", via: formatAddress(nrLocalIP6(prefix).address), link },\n',
    "",
  ]),
  patched("owned-address-left-out", "the gateway does not answer for IPv4 addresses that users own", "EX-9", [
    gateway,
    "    ...owned.map(hostPrefix),\n",
    "",
  ]),
];
