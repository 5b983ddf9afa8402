/**
 * A home router: it hides an IPv4 LAN behind one address, which is public or of its carrier's inner network, and has no IPv6. It has no
 * UPnP; how it translates is its preset's (`nat/`).
 */
import { formatPrefix } from "../../core/common/index.ts";
import { plugInterfaces } from "../../core/farm/index.ts";
import type { Carrier, HomeRouter } from "../../core/farm/index.ts";
import { topologyNode, type Part } from "../compile/parts.ts";
import { commonSysctls, routerSysctls4, withoutIpv6 } from "../compile/settings.ts";
import { natRules } from "./nat/ruleset.ts";
import { wanAddresses, wanRoutes } from "./wan.ts";

export const lanInterface: string = plugInterfaces.lan;

/** `carrier`: the one that it is behind, if any. */
export function homeRouterPart(router: HomeRouter, carrier: Carrier | undefined): Part {
  const { lan4, nat, portForwards: forwards, wan4: outer } = router;
  const plug = { ipv4: [outer], ipv6: [] };
  const node = topologyNode(router.name, "home-router", false, {
    sysctls: { ...commonSysctls, ...withoutIpv6, ...routerSysctls4 },
    addresses: [{ interface: lanInterface, address: formatPrefix(lan4) }, ...wanAddresses(plug)],
    routes: wanRoutes(plug, carrier?.lan4.address),
    nft: natRules({ nat, inner: lan4, outer, forwards }),
  });
  const segments = [{ segment: router.segment, interface: lanInterface }];
  return { node, segments, wan: { ...plug, behind: [], ...(carrier === undefined ? {} : { carrier: carrier.name }) } };
}
