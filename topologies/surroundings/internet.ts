/** The internet: one router in the middle that knows where everything is, and says so of everything that is nowhere. */
import { formatAddress, formatPrefix, hostPrefix } from "../../core/common/index.ts";
import type { NodeRoute, TopologyNode } from "../../emulator/topology/index.ts";
import { topologyNode, type WanPlug } from "../compile/parts.ts";
import { commonSysctls, routerSysctls4, routerSysctls6, statedLinkLocals } from "../compile/settings.ts";
import { farLinkLocal, internet4, internet6, internetLinkLocal } from "./wan.ts";

/** Name of its interface towards the plug at this position, from 0. */
export const internetInterface = (position: number): string => `eth${position + 1}`;

function routesTowards(plug: WanPlug, link: string): NodeRoute[] {
  const hosts4 = plug.ipv4.map((address): NodeRoute => ({ family: 4, to: formatPrefix(hostPrefix(address)), interface: link }));
  const via6 = formatAddress(farLinkLocal);
  const hosts6 = plug.ipv6.map((address): NodeRoute => ({ family: 6, to: formatPrefix(hostPrefix(address)), via: via6, interface: link }));
  const via4 = plug.ipv4[0];
  const networks = plug.behind.flatMap((prefix): NodeRoute[] => {
    const to = formatPrefix(prefix);
    if (prefix.address.family === 6) return hosts6.length === 0 ? [] : [{ family: 6, to, via: via6, interface: link }];
    return via4 === undefined ? [] : [{ family: 4, to, via: formatAddress(via4), interface: link }];
  });
  return [...hosts4, ...hosts6, ...networks];
}

/**
 * The node of the internet. There is no default route, so that a packet to an address that nobody has is answered "unreachable" and
 * never goes in circles.
 */
export function internetNode(name: string, plugs: readonly WanPlug[]): TopologyNode {
  const links = plugs.map((_, position) => internetInterface(position));
  return topologyNode(name, "internet", false, {
    sysctls: { ...commonSysctls, ...statedLinkLocals, ...routerSysctls4, ...routerSysctls6 },
    addresses: [
      ...[internet4, internet6].map((address) => ({ interface: "lo", address: formatPrefix(hostPrefix(address)) })),
      ...links.map((link) => ({ interface: link, address: `${formatAddress(internetLinkLocal)}/64` })),
    ],
    routes: plugs.flatMap((plug, position) => routesTowards(plug, internetInterface(position))),
  });
}
