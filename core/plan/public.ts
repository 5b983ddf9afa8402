/** Namespace `public`: the node's address for tunnels, apart from the host's own and from forwarding. Nothing is forwarded in it. */
import { formatPrefix } from "../common/index.ts";
import { publicNamespace } from "../derive/index.ts";
import type { PublicConfig } from "../farm/index.ts";
import { plannedMac } from "./macs.ts";
import type { NamespacePart } from "./part.ts";
import { defaultRoute } from "./routes.ts";
import { hostSysctls } from "./sysctls.ts";

const link = "public";

export function planPublic(node: string, config: PublicConfig): NamespacePart {
  return {
    name: publicNamespace,
    links: [{ kind: "macvlan", name: link, parent: config.nic, mac: plannedMac(node, publicNamespace, link) }],
    addresses: [config.ipv6, config.ipv4].flatMap((address) => (address === undefined ? [] : [{ link, address: formatPrefix(address) }])),
    // With a stated source address: the tunnels' daemon answers from the route's source, whatever address was asked.
    routes: [...defaultRoute(config.ipv6, config.gateway6, link), ...defaultRoute(config.ipv4, config.gateway4, link)],
    sysctls: hostSysctls,
  };
}
