/** The router's configuration for MikroTik's RouterOS 7, as commands of its terminal. */
import { formatAddress, formatPrefix } from "../../common/index.ts";
import { hasIpv4, isLinkLocal, routeComment } from "./lines.ts";
import type { UpstreamPlan, UpstreamRoute } from "./upstream-plan.ts";

/** RouterOS 7 has no route that answers: a blackhole ends the loop without a word. A link-local next hop has its interface after a %. */
function routeLine(route: UpstreamRoute, link: string): string {
  const command = `/ipv6 route add dst-address=${formatPrefix(route.to)}`;
  if (route.kind === "unreachable") return `${command} blackhole`;
  return `${command} gateway=${formatAddress(route.via)}${isLinkLocal(route.via) ? `%${link}` : ""}`;
}

export function routerosLines(plan: UpstreamPlan): readonly string[] {
  const link = plan.interface;
  return [
    "# Not tried on a device: written from the manual of RouterOS 7. Read it before you paste it.",
    `# Router ${plan.router} of farm ${plan.farm}. Default routes stay as they are; its firewall has to let forwarded IPv6 pass.`,
    "/ipv6 settings set forward=yes",
    ...(hasIpv4(plan) ? ["/ip settings set ip-forward=yes"] : []),
    "# PrefixZero; nodes there have static addresses, so that nothing is advertised",
    ...plan.addresses.map(({ address, length }) => {
      const text = formatPrefix({ address, length });
      if (address.family === 4) return `/ip address add address=${text} interface=${link}`;
      return `/ipv6 address add address=${text} interface=${link} advertise=no${isLinkLocal(address) ? " auto-link-local=no" : ""}`;
    }),
    ...plan.routes.flatMap((route) => [`# ${routeComment(route)}`, routeLine(route, link)]),
  ];
}
