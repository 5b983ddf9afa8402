/** Routes of the gateway, the exit point and the other network resources (seed 1, below the drawing; IPv4 return routes added). */
import type { Address, Prefix } from "../../common/index.ts";
import { exitNodePart } from "../../farm/parts.ts";
import {
  epPubIP4R,
  epPubLL,
  gwToEPIP4,
  gwToEPLL,
  gwToVrfIP4,
  gwToVrfLL,
  nrNetwork4,
  upstreamRouterLL,
  vrfToGWIP4,
  vrfToGWLL,
  wgIP4RT,
  wgLL,
} from "./addresses.ts";
import { epPubName, gwPubName, gwToEPName, gwToVrfName, vrfToGWName } from "./names.ts";
import { anywhere4, anywhere6 } from "./peers.ts";

/** A route as derived; link-local next hops mean something on `dev` only. */
export type DerivedRoute = UnicastRoute | UnreachableRoute;

export interface UnicastRoute {
  readonly type: "unicast";
  readonly to: Prefix;
  /** Absent where the destination itself is on the link. */
  readonly via?: Address;
  readonly dev: string;
  /** Preferred source address of packets that the namespace itself sends. */
  readonly source?: Address;
  /** The next hop is on the link although no address there says so. */
  readonly onlink?: true;
}

interface UnreachableRoute {
  readonly type: "unreachable";
  readonly to: Prefix;
}

/**
 * What a gateway holds before any network: the way up, and `unreachable` for its own /52, without which a packet to an
 * unassigned /64 would bounce between gateway and upstream router. The IPv4 way up comes from the farm file.
 */
export function gatewayBaseRoutes(allocation: Prefix, x: number, n: number): readonly DerivedRoute[] {
  return [
    { type: "unicast", to: anywhere6, via: upstreamRouterLL, dev: gwPubName(x, n) },
    { type: "unreachable", to: exitNodePart(allocation, x) },
  ];
}

/** Routes of the gateway to one network resource, through the network's exit point; the same prefix twice where it is the exit point. */
export function gatewayResourceRoutes(prefix: Prefix, exitPoint: Prefix, n: number): readonly UnicastRoute[] {
  const dev = gwToEPName(exitPoint, n);
  const via4 = epPubIP4R(exitPoint);
  const transit = epPubIP4R(prefix);
  const transitRoute: UnicastRoute =
    transit.address.value === via4.address.value
      ? { type: "unicast", to: transit, dev }
      : { type: "unicast", to: transit, via: via4.address, dev };
  return [
    { type: "unicast", to: prefix, via: epPubLL(exitPoint).address, dev },
    transitRoute,
    { type: "unicast", to: nrNetwork4(prefix), via: via4.address, dev },
  ];
}

/** Routes of a gateway that has a routing table for each network to one network resource: into that of its network. */
export function gatewayVrfRoutes(prefix: Prefix, exitPoint: Prefix, n: number): readonly UnicastRoute[] {
  const dev = gwToVrfName(exitPoint, n);
  const via = vrfToGWIP4.address;
  return [
    { type: "unicast", to: prefix, via: vrfToGWLL(exitPoint).address, dev },
    { type: "unicast", to: epPubIP4R(prefix), via, dev, onlink: true },
    { type: "unicast", to: nrNetwork4(prefix), via, dev, onlink: true },
  ];
}

/** Default routes of a network's own routing table, to the gateway. */
export function vrfDefaultRoutes(exitPoint: Prefix, n: number): readonly UnicastRoute[] {
  const dev = vrfToGWName(exitPoint, n);
  return [
    { type: "unicast", to: anywhere6, via: gwToVrfLL(exitPoint).address, dev },
    { type: "unicast", to: anywhere4, via: gwToVrfIP4.address, dev, onlink: true },
  ];
}

/** Default routes of an exit point, to its gateway. */
export function exitPointDefaultRoutes(exitPoint: Prefix, n: number): readonly UnicastRoute[] {
  const dev = epPubName(exitPoint, n);
  return [
    { type: "unicast", to: anywhere6, via: gwToEPLL(exitPoint).address, dev },
    { type: "unicast", to: anywhere4, via: gwToEPIP4.address, dev, source: epPubIP4R(exitPoint).address, onlink: true },
  ];
}

/** Default routes of a network resource that is not the exit point, to the exit point by its overlay's interface. */
export function resourceDefaultRoutes(exitPoint: Prefix, dev: string): readonly UnicastRoute[] {
  return [
    { type: "unicast", to: anywhere6, via: wgLL(exitPoint).address, dev },
    { type: "unicast", to: anywhere4, via: wgIP4RT(exitPoint).address, dev },
  ];
}

/** Default routes of a network resource to its network's other exit point, in a table of their own: a tunnel with one peer needs no next hop. */
export function secondDefaultRoutes(dev: string): readonly UnicastRoute[] {
  return [
    { type: "unicast", to: anywhere6, dev },
    { type: "unicast", to: anywhere4, dev },
  ];
}

/** Routes of a network resource (exit point or not) to another that its overlay's interface reaches directly. */
export function peerRoutes(peer: Prefix, dev: string): readonly UnicastRoute[] {
  return [
    { type: "unicast", to: peer, via: wgLL(peer).address, dev },
    { type: "unicast", to: nrNetwork4(peer), via: wgIP4RT(peer).address, dev },
  ];
}
