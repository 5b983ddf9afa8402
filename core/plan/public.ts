/** Namespace `public`: the node's address for tunnels, apart from the host's own and from forwarding. Nothing is forwarded in it. */
import { formatAddress, formatPrefix } from "../common/index.ts";
import { publicNamespace } from "../derive/index.ts";
import type { PublicConfig } from "../farm/index.ts";
import { plannedMac } from "./macs.ts";
import type { RoutePlan } from "./node-plan.ts";
import type { NamespacePart } from "./part.ts";
import { hostSysctls } from "./sysctls.ts";

const link = "public";

export function planPublic(node: string, config: PublicConfig): NamespacePart {
  // A stated source address: the tunnels' daemon answers from the route's source, whatever address was asked.
  const routes: RoutePlan[] = [];
  if (config.ipv6 !== undefined && config.gateway6 !== undefined) {
    routes.push({
      family: 6,
      type: "unicast",
      to: "default",
      via: formatAddress(config.gateway6),
      link,
      source: formatAddress(config.ipv6.address),
    });
  }
  if (config.ipv4 !== undefined && config.gateway4 !== undefined) {
    routes.push({
      family: 4,
      type: "unicast",
      to: "default",
      via: formatAddress(config.gateway4),
      link,
      source: formatAddress(config.ipv4.address),
    });
  }
  return {
    name: publicNamespace,
    links: [{ kind: "macvlan", name: link, parent: config.nic, mac: plannedMac(node, publicNamespace, link) }],
    addresses: [config.ipv6, config.ipv4].flatMap((address) => (address === undefined ? [] : [{ link, address: formatPrefix(address) }])),
    routes,
    sysctls: hostSysctls,
  };
}
