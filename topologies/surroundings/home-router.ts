/**
 * A home router: it hides an IPv4 LAN behind one public address and has no IPv6. Mapping and filtering are the kernel's masquerade:
 * the port is kept where it is free, and only answers from the very address and port that was asked come in.
 */
import { formatPrefix, networkOf } from "../../core/common/index.ts";
import type { HomeRouter } from "../../core/farm/index.ts";
import { topologyNode, wanInterface, type Part } from "../compile/parts.ts";
import { commonSysctls, routerSysctls4, withoutIpv6 } from "../compile/settings.ts";
import { wanAddresses, wanRoutes } from "./wan.ts";

const lanInterface = "lan";

/** Its rules in nft's language: LAN to the internet and answers back; from outside only an echo is answered. */
export function homeRouterRules(router: HomeRouter): string {
  return `table ip home {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${formatPrefix(networkOf(router.lan4))} oifname "${wanInterface}" masquerade
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "${lanInterface}" oifname "${wanInterface}" accept
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iifname { "lo", "${lanInterface}" } accept
    ct state established,related accept
    icmp type echo-request accept
  }
}
`;
}

export function homeRouterPart(router: HomeRouter): Part {
  const plug = { ipv4: [router.wan4], ipv6: [] };
  const node = topologyNode(router.name, "home-router", false, {
    sysctls: { ...commonSysctls, ...withoutIpv6, ...routerSysctls4 },
    addresses: [{ interface: lanInterface, address: formatPrefix(router.lan4) }, ...wanAddresses(plug)],
    routes: wanRoutes(plug),
    nft: homeRouterRules(router),
  });
  return { node, segments: [{ segment: router.segment, interface: lanInterface }], wan: { ...plug, behind: [] } };
}
