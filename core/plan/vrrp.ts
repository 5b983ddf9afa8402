/**
 * What two gateways have that are one exit node's by turns, on its own node and on its partner (EX-15): addresses of which only the active one
 * has those of the exit node (VRRPv3, RFC 9568), and what they may say to each other.
 */
import { formatAddress, formatPrefix, hostPrefix } from "../common/index.ts";
import type { Address, Prefix } from "../common/index.ts";
import { gatewayNamespace, gwOwnLL, gwPubIP6, gwPubLL, gwPubName } from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import { given, taken } from "./exit-choice.ts";
import type { AddressPlan, NodePlan, RoutePlan } from "./node-plan.ts";
import { defaultRoute } from "./routes.ts";

/** Which of the two a gateway is: on the exit node's own node, or on its partner. */
export type Seat = "home" | "partner";

/** The port of conntrackd, at the gateways' own addresses. */
export const flowSyncPort = 3780;

export const otherSeat = (seat: Seat): Seat => (seat === "home" ? "partner" : "home");
/** What only the active gateway has: GWPubLL first, as VRRP for IPv6 wants it, then GWPubIP6, GWPubIP4 and the users' own addresses. */
export const heldPrefixes = (config: ExitNodeConfig, allocation: Prefix, owned: readonly Address[]): readonly Prefix[] => [
  gwPubLL(config.number),
  gwPubIP6(allocation, config.number),
  ...(config.ipv4 === undefined ? [] : [config.ipv4, ...owned.map(hostPrefix)]),
];

/** The gateway's own address on PrefixZero, and those of the active one. */
export function vrrpAddresses(config: ExitNodeConfig, allocation: Prefix, owned: readonly Address[], seat: Seat): readonly AddressPlan[] {
  const link = gwPubName(config.number, config.allocationNumber);
  return [
    { link, address: formatPrefix(gwOwnLL(config.number, seat)) },
    ...heldPrefixes(config, allocation, owned).map((address): AddressPlan => ({ link, address: formatPrefix(address), by: "vrrp" })),
  ];
}

/** The IPv4 way up, which needs an address; and the way to the other gateway, from this one's own address. */
export function vrrpRoutes(config: ExitNodeConfig, seat: Seat): readonly RoutePlan[] {
  const link = gwPubName(config.number, config.allocationNumber);
  const [own, theirs] = [gwOwnLL(config.number, seat), gwOwnLL(config.number, otherSeat(seat))];
  return [
    {
      ...{ family: 6, type: "unicast", to: formatPrefix(hostPrefix(theirs.address)), link },
      source: formatAddress(own.address),
    },
    ...defaultRoute(config.ipv4, config.gateway4, link).map((route): RoutePlan => ({ ...route, by: "vrrp" })),
  ];
}

/** Lines of the gateway's table: what the two gateways say to each other is no flow, and is taken from the other one alone. */
export function vrrpRules(
  config: ExitNodeConfig,
  seat: Seat,
): { readonly untracked: readonly string[]; readonly input: readonly string[] } {
  const up = `"${gwPubName(config.number, config.allocationNumber)}"`;
  const theirs = formatAddress(gwOwnLL(config.number, otherSeat(seat)).address);
  return {
    untracked: [`  iifname ${up} meta l4proto 112 notrack`, `  iifname ${up} ip6 saddr ${theirs} udp dport ${flowSyncPort} notrack`],
    input: [
      `  iifname ${up} ip6 saddr ${theirs} meta l4proto 112 accept`,
      `  iifname ${up} ip6 saddr ${theirs} udp dport ${flowSyncPort} accept`,
    ],
  };
}

/** What a gateway sends to the other one, which is no flow either. */
export function vrrpOutput(config: ExitNodeConfig, seat: Seat): readonly string[] {
  const theirs = formatAddress(gwOwnLL(config.number, otherSeat(seat)).address);
  return [
    "  meta l4proto 112 notrack",
    `  ip6 daddr ${theirs} udp dport ${flowSyncPort} notrack`,
    `  udp dport { ${taken}, ${given} } notrack`,
  ];
}

/** What VRRP gives to the gateway of a node's own exit node while it is the active one. */
export interface HeldAddresses {
  readonly namespace: string;
  readonly link: string;
  /** Without lengths. */
  readonly addresses: readonly string[];
}

/** Undefined where the node is no exit node with a partner. What it keeps ready for its partner is in a namespace of its own. */
export function heldAddressesOf(plan: NodePlan): HeldAddresses | undefined {
  const gateway = plan.namespaces.find(({ name }) => name === gatewayNamespace);
  const held = gateway?.addresses.filter(({ by }) => by === "vrrp") ?? [];
  const [first] = held;
  if (first === undefined) return undefined;
  const addresses = held.map(({ address }) => address.split("/")[0] ?? "");
  return { namespace: gatewayNamespace, link: first.link, addresses };
}
