/**
 * A carrier's router (CGNAT): what the internet is to a home router with a public address, this is to its customers, and it translates
 * their addresses once more. Like the internet's its links are unnumbered: it says the internet's own address to them for a gateway.
 */
import { formatAddress, formatPrefix, hostPrefix } from "../../core/common/index.ts";
import type { Carrier } from "../../core/farm/index.ts";
import type { NodeRoute } from "../../emulator/topology/index.ts";
import { topologyNode, type Part, type WanPlug } from "../compile/parts.ts";
import { commonSysctls, routerSysctls4, withoutIpv6 } from "../compile/settings.ts";
import { natRules } from "./nat/ruleset.ts";
import { wanAddresses, wanRoutes } from "./wan.ts";

/** Name of its interface towards the customer at this position, from 0. */
export const customerInterface = (position: number): string => `customer${position + 1}`;

/** `customers`: the plugs of the home routers behind it, in the order of its interfaces. */
export function carrierPart(carrier: Carrier, customers: readonly WanPlug[]): Part {
  const { lan4, nat, wan4: outer } = carrier;
  const plug = { ipv4: [outer], ipv6: [] };
  const routes = customers.flatMap(({ ipv4 }, position) =>
    ipv4.map((address): NodeRoute => ({ family: 4, to: formatPrefix(hostPrefix(address)), interface: customerInterface(position) })),
  );
  const node = topologyNode(carrier.name, "carrier", false, {
    sysctls: { ...commonSysctls, ...withoutIpv6, ...routerSysctls4 },
    addresses: [{ interface: "lo", address: `${formatAddress(lan4.address)}/32` }, ...wanAddresses(plug)],
    routes: [...routes, ...wanRoutes(plug)],
    nft: natRules({ nat, inner: lan4, outer, forwards: [] }),
  });
  return { node, segments: [], wan: { ...plug, behind: [] } };
}
