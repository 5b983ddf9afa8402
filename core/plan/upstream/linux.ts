/** The router's configuration for plain Linux: commands of iproute2, which can be pasted again. */
import { formatAddress, formatPrefix } from "../../common/index.ts";
import { hasIpv4, isLinkLocal, routeComment } from "./lines.ts";
import type { UpstreamPlan, UpstreamRoute } from "./upstream-plan.ts";

function routeLine(route: UpstreamRoute, link: string): string {
  const to = formatPrefix(route.to);
  if (route.kind === "unreachable") return `ip -6 route replace unreachable ${to}`;
  return `ip -6 route replace ${to} via ${formatAddress(route.via)}${isLinkLocal(route.via) ? ` dev ${link}` : ""}`;
}

export function linuxLines(plan: UpstreamPlan): readonly string[] {
  const link = plan.interface;
  return [
    `# Router ${plan.router} of farm ${plan.farm}, for Linux (iproute2): paste it as root. Again does no harm.`,
    "# Default routes stay as they are. One that comes from router advertisements needs net.ipv6.conf.INTERFACE.accept_ra=2 on a router.",
    "# A reboot forgets these lines: keep them where your distribution keeps its network configuration.",
    "sysctl -q -w net.ipv6.conf.all.forwarding=1",
    ...(hasIpv4(plan) ? ["sysctl -q -w net.ipv4.ip_forward=1"] : []),
    "# PrefixZero",
    `ip link set dev ${link} up`,
    ...plan.addresses.map((address) => `ip address replace ${formatPrefix(address)} dev ${link}`),
    ...plan.routes.flatMap((route) => [`# ${routeComment(route)}`, routeLine(route, link)]),
  ];
}
