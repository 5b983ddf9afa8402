/** The whole of what is derived for one network resource, as one object of texts: schema `farmlab.derive.exit-node/1`. */
import { failure, formatAddress, formatPrefix, sameAddress, success } from "../../common/index.ts";
import type { Outcome, Prefix } from "../../common/index.ts";
import { allocationOf } from "../../farm/parts.ts";
import { epPubIP4R, epPubLL, gwPubIP6, gwPubLL, gwToEPLL, nrLocalIP4, nrLocalIP6, wgIP4RT, wgLL, wgListenPort } from "./addresses.ts";
import { checkExitNodeInput } from "./check.ts";
import type { ExitNodeInput } from "./check.ts";
import { bridgeName, epPubName, gwPubName, gwToEPName, nrLocalName, nrNamespace, wgName } from "./names.ts";
import { exitPeerAllowedIPs, peerAllowedIPs } from "./peers.ts";
import { exitPointDefaultRoutes, gatewayBaseRoutes, gatewayResourceRoutes, peerRoutes, resourceDefaultRoutes } from "./routes.ts";
import type { DerivedRoute } from "./routes.ts";

/** The seed's spelling of its functions and what each gives, in the drawing's words and order. */
export const seedNames: Readonly<Record<SeedName, string>> = {
  GWPubName: "gateway routing interface",
  GWPubLL: "gateway routing link-local",
  GWPubIP6: "gateway routing IPv6, in PrefixZero",
  GWPubIP4: "gateway IPv4, for SNAT only",
  GWtoEPName: "gateway's veth to the exit point",
  GWtoEPLL: "gateway to exit point link-local",
  EPPubName: "exit point's interface to the gateway",
  EPPubLL: "exit point's link-local to the gateway",
  EPPubIP4R: "exit point's routing IPv4, on lo",
  WGName: "WireGuard interface",
  WGLL: "WireGuard link-local",
  WGIP4RT: "WireGuard IPv4 routing address",
  NRLocalName: "NR local interface",
  NRLocalIP6: "NR local IPv6",
  NRLocalIP4: "NR local IPv4",
};

export type SeedName =
  | "GWPubName"
  | "GWPubLL"
  | "GWPubIP6"
  | "GWPubIP4"
  | "GWtoEPName"
  | "GWtoEPLL"
  | "EPPubName"
  | "EPPubLL"
  | "EPPubIP4R"
  | "WGName"
  | "WGLL"
  | "WGIP4RT"
  | "NRLocalName"
  | "NRLocalIP6"
  | "NRLocalIP4";

/** One route as text; `via` null where the destination is on the link, `dev` null where the route is unreachable. */
export interface RouteText {
  readonly type: "unicast" | "unreachable";
  readonly to: string;
  readonly via: string | null;
  readonly dev: string | null;
}

/** Names and addresses (with prefix length) under the seed's function names; only GWPubIP4 can be null. */
export type ExitNodeDerivation = Readonly<Record<Exclude<SeedName, "GWPubIP4">, string>> & {
  readonly schema: "farmlab.derive.exit-node/1";
  /** Null unless given: it comes from the farmer's pool. */
  readonly GWPubIP4: string | null;
  /** UDP port of the WireGuard interface. */
  readonly WGListenPort: number;
  /** The network resource's bridge and namespace. */
  readonly bridge: string;
  readonly namespace: string;
  /** What peers of this network resource allow from it. */
  readonly AllowedIPs: readonly string[];
  readonly routes: {
    /** Of the gateway: its base routes and those to this network resource. */
    readonly gateway: readonly RouteText[];
    /** Of the network's exit point: its default routes and those to this network resource where that is another. */
    readonly exitPoint: readonly RouteText[];
    /** Of this network resource's namespace where it is not the exit point; empty where it is. */
    readonly resource: readonly RouteText[];
  };
};

const routeText = (route: DerivedRoute): RouteText =>
  route.type === "unreachable"
    ? { type: route.type, to: formatPrefix(route.to), via: null, dev: null }
    : { type: route.type, to: formatPrefix(route.to), via: route.via === undefined ? null : formatAddress(route.via), dev: route.dev };

const texts = (prefixes: readonly Prefix[]): readonly string[] => prefixes.map(formatPrefix);

/**
 * Derives everything of one network resource. Where it is not its network's exit point, the GWtoEP and EPPub names and addresses
 * are the exit point's: all of a network shares that one link to the gateway.
 * Errors: any problem of `checkExitNodeInput` with severity `error`; warnings accompany the value.
 */
export function deriveExitNode(input: ExitNodeInput): Outcome<ExitNodeDerivation> {
  const problems = checkExitNodeInput(input);
  if (problems.some((problem) => problem.severity === "error")) return failure(...problems);
  const { prefix, exitNode: x, allocation: n } = input;
  const exitPoint = input.exitPoint ?? prefix;
  const isExitPoint = sameAddress(exitPoint.address, prefix.address);
  const allocation = allocationOf(prefix);
  return success(
    {
      schema: "farmlab.derive.exit-node/1",
      GWPubName: gwPubName(x, n),
      GWPubLL: formatPrefix(gwPubLL(x)),
      GWPubIP6: formatPrefix(gwPubIP6(allocation, x)),
      GWPubIP4: input.gatewayIp4 === undefined ? null : formatPrefix(input.gatewayIp4),
      GWtoEPName: gwToEPName(exitPoint, n),
      GWtoEPLL: formatPrefix(gwToEPLL(exitPoint)),
      EPPubName: epPubName(exitPoint, n),
      EPPubLL: formatPrefix(epPubLL(exitPoint)),
      EPPubIP4R: formatPrefix(epPubIP4R(exitPoint)),
      WGName: wgName(prefix, n),
      WGLL: formatPrefix(wgLL(prefix)),
      WGIP4RT: formatPrefix(wgIP4RT(prefix)),
      NRLocalName: nrLocalName(prefix, n),
      NRLocalIP6: formatPrefix(nrLocalIP6(prefix)),
      NRLocalIP4: formatPrefix(nrLocalIP4(prefix)),
      WGListenPort: wgListenPort(prefix),
      bridge: bridgeName(prefix, n),
      namespace: nrNamespace(prefix, n),
      AllowedIPs: texts(isExitPoint ? exitPeerAllowedIPs : peerAllowedIPs(prefix)),
      routes: {
        gateway: [...gatewayBaseRoutes(allocation, x, n), ...gatewayResourceRoutes(prefix, exitPoint, n)].map(routeText),
        exitPoint: [...exitPointDefaultRoutes(exitPoint, n), ...(isExitPoint ? [] : peerRoutes(prefix, wgName(exitPoint, n)))].map(
          routeText,
        ),
        resource: (isExitPoint ? [] : resourceDefaultRoutes(exitPoint, wgName(prefix, n))).map(routeText),
      },
    },
    problems,
  );
}
