/** The router's configuration for FRR, to be pasted into vtysh. */
import { formatAddress, formatPrefix } from "../../common/index.ts";
import { hasIpv4, isLinkLocal, routeComment } from "./lines.ts";
import type { UpstreamPlan, UpstreamRoute } from "./upstream-plan.ts";

/** `reject` answers with ICMP unreachable. */
function routeLine(route: UpstreamRoute, link: string): string {
  const command = `ipv6 route ${formatPrefix(route.to)}`;
  if (route.kind === "unreachable") return `${command} reject`;
  return `${command} ${formatAddress(route.via)}${isLinkLocal(route.via) ? ` ${link}` : ""}`;
}

export function frrLines(plan: UpstreamPlan): readonly string[] {
  return [
    `! Router ${plan.router} of farm ${plan.farm}, for FRR: paste it into vtysh. Again does no harm.`,
    "! Default routes stay as they are. It needs staticd; `write memory` keeps it over a restart.",
    "configure terminal",
    "ipv6 forwarding",
    ...(hasIpv4(plan) ? ["ip forwarding"] : []),
    "! PrefixZero",
    `interface ${plan.interface}`,
    ...plan.addresses.map((address) => ` ${address.address.family === 4 ? "ip" : "ipv6"} address ${formatPrefix(address)}`),
    "exit",
    ...plan.routes.flatMap((route) => [`! ${routeComment(route)}`, routeLine(route, plan.interface)]),
    "end",
  ];
}
