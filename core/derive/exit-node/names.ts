/**
 * Names of interfaces, bridges and namespaces (seed 1, the drawing's right column). `prefix` is a network resource's /64,
 * `n` the allocation number 0..127, `x` the exit node number 1..15. All are at most 15 bytes.
 */
import type { Prefix } from "../../common/index.ts";
import { subnetNumberOf } from "../../farm/parts.ts";

/** The namespace of an exit node's gateway (the BAR). */
export const gatewayNamespace = "gateway";
/** The namespace in which tunnels' sockets live on a node that is reachable from outside. */
export const publicNamespace = "public";

/** The uint16 as four hex digits, zero padded: the padding keeps `pub-{hex}-{n}` and `pub-{x}-{n}` apart. */
export function hexOf(prefix: Prefix): string {
  return subnetNumberOf(prefix).toString(16).padStart(4, "0");
}

/** GWPubName: the gateway's interface towards the upstream router, x in decimal, e.g. pub-1-1. */
export function gwPubName(x: number, n: number): string {
  return `pub-${x}-${n}`;
}

/** GWtoEPName: the gateway's side of the veth to an exit point, e.g. to-1abc-1. `exitPoint` is the exit point's /64. */
export function gwToEPName(exitPoint: Prefix, n: number): string {
  return `to-${hexOf(exitPoint)}-${n}`;
}

/** The namespace of a network's own routing table in a gateway that has one for each, e.g. vrf-1abc-1. */
export function vrfNamespace(exitPoint: Prefix, n: number): string {
  return `vrf-${hexOf(exitPoint)}-${n}`;
}

/** The gateway's interface to that namespace, called like it. */
export function gwToVrfName(exitPoint: Prefix, n: number): string {
  return vrfNamespace(exitPoint, n);
}

/** That namespace's interface to the gateway, e.g. core-1abc-1. */
export function vrfToGWName(exitPoint: Prefix, n: number): string {
  return `core-${hexOf(exitPoint)}-${n}`;
}

/** EPPubName: the exit point's side of that veth, e.g. pub-1abc-1. */
export function epPubName(exitPoint: Prefix, n: number): string {
  return `pub-${hexOf(exitPoint)}-${n}`;
}

/** WGName: the WireGuard interface, e.g. wg-1abc-1. */
export function wgName(prefix: Prefix, n: number): string {
  return `wg-${hexOf(prefix)}-${n}`;
}

/** The second WireGuard interface of a network resource, to its network's other exit point where exit nodes are partners, e.g. wh-1123-1. */
export function whName(prefix: Prefix, n: number): string {
  return `wh-${hexOf(prefix)}-${n}`;
}

/** The namespace in which a partner keeps the gateway of exit node x ready, e.g. gateway-2-4; on x's own node it is the gateway. */
export function partnerGatewayNamespace(x: number, n: number): string {
  return `${gatewayNamespace}-${x}-${n}`;
}

/** The VXLAN interface of a network that is carried by one, e.g. vx-1abc-1. */
export function vxName(prefix: Prefix, n: number): string {
  return `vx-${hexOf(prefix)}-${n}`;
}

/** The interface on a segment of its own of a network that is carried by one, e.g. sg-1abc-1. */
export function sgName(prefix: Prefix, n: number): string {
  return `sg-${hexOf(prefix)}-${n}`;
}

/** NRLocalName: the network resource's interface on its bridge, e.g. veth-1abc-1. */
export function nrLocalName(prefix: Prefix, n: number): string {
  return `veth-${hexOf(prefix)}-${n}`;
}

/** The port of the bridge that is NRLocalName's other end, e.g. nrb-1abc-1. */
export function nrBridgePortName(prefix: Prefix, n: number): string {
  return `nrb-${hexOf(prefix)}-${n}`;
}

/** The bridge that joins a network resource and its workloads, e.g. br-1abc-1. */
export function bridgeName(prefix: Prefix, n: number): string {
  return `br-${hexOf(prefix)}-${n}`;
}

/** The namespace of a network resource, e.g. net-1abc-1. */
export function nrNamespace(prefix: Prefix, n: number): string {
  return `net-${hexOf(prefix)}-${n}`;
}

/** The namespace of a workload, e.g. w-1abc-2; `host` is its host number 2..254. */
export function workloadNamespace(prefix: Prefix, host: number): string {
  return `w-${hexOf(prefix)}-${host}`;
}

/** The bridge port that is the other end of a workload's interface, e.g. v-1abc-2. */
export function workloadPortName(prefix: Prefix, host: number): string {
  return `v-${hexOf(prefix)}-${host}`;
}
