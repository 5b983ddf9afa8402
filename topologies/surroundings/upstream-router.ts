/** The router above the exit nodes: FRR with PrefixZero, the farmer's static routes and default routes, and nothing else (seed 1). */
import { contains, formatAddress, formatPrefix } from "../../core/common/index.ts";
import type { Address, Prefix } from "../../core/common/index.ts";
import { plugInterfaces } from "../../core/farm/index.ts";
import type { Farm, UpstreamRouter } from "../../core/farm/index.ts";
import { nameFiles, topologyNode, wanInterface, type Part } from "../compile/parts.ts";
import { commonSysctls, routerSysctls4, routerSysctls6, statedLinkLocals } from "../compile/settings.ts";
import { staticFrrFiles, staticFrrServices, staticRouteLine } from "./frr.ts";
import { internet4, internetLinkLocal, wanAddresses } from "./wan.ts";

/** Its interface on PrefixZero, by the seed's name. */
export const prefixZeroInterface: string = plugInterfaces.prefixZero;
/** It is always there, besides its other addresses; the gateways' default route leads to it. */
const prefixZeroLinkLocal = "fe80::1/64";

/** What the internet routes to it: each /48 and IPv4 network that one of its addresses on PrefixZero is of. */
function networksBehind(router: UpstreamRouter, farm: Farm): Prefix[] {
  return farm.allocations.flatMap(({ prefix, ipv4 }) => [
    ...(contains(prefix, router.ipv6.address) ? [prefix] : []),
    ...(ipv4 !== undefined && router.ipv4 !== undefined && contains(ipv4, router.ipv4.address) ? [ipv4] : []),
  ]);
}

/** All lines of its configuration: the file's routes as they stand there, then the default routes. */
export function upstreamConfiguration(router: UpstreamRouter): string[] {
  const lines = router.routes.map((route) => staticRouteLine(route, prefixZeroInterface));
  if (router.wan4 !== undefined) lines.push(`ip route 0.0.0.0/0 ${formatAddress(internet4)} ${wanInterface} onlink`);
  if (router.wan6 !== undefined) lines.push(`ipv6 route ::/0 ${formatAddress(internetLinkLocal)} ${wanInterface}`);
  return lines;
}

export function upstreamPart(router: UpstreamRouter, farm: Farm): Part {
  const own = (address: Address | undefined): readonly Address[] => (address === undefined ? [] : [address]);
  const plug = { ipv4: own(router.wan4), ipv6: own(router.wan6) };
  const inside = [router.ipv4, router.ipv6].flatMap((prefix) => (prefix === undefined ? [] : [formatPrefix(prefix)]));
  const node = topologyNode(router.name, "upstream", true, {
    sysctls: { ...commonSysctls, ...statedLinkLocals, ...routerSysctls4, ...routerSysctls6 },
    addresses: [...[prefixZeroLinkLocal, ...inside].map((address) => ({ interface: prefixZeroInterface, address })), ...wanAddresses(plug)],
    files: { ...nameFiles(router.name), ...staticFrrFiles(router.name, upstreamConfiguration(router)) },
    services: staticFrrServices(),
  });
  return {
    node,
    segments: [{ segment: router.segment, interface: prefixZeroInterface }],
    wan: { ...plug, behind: networksBehind(router, farm) },
  };
}
