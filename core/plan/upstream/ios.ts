/** The router's configuration for Cisco's IOS and IOS XE. */
import { formatAddress, formatPrefix } from "../../common/index.ts";
import type { Prefix } from "../../common/index.ts";
import { hasIpv4, isLinkLocal, routeComment } from "./lines.ts";
import type { UpstreamPlan, UpstreamRoute } from "./upstream-plan.ts";

function addressLine({ address, length }: Prefix): string {
  if (address.family === 4) {
    const mask = formatAddress({ family: 4, value: 0xffff_ffffn ^ ((1n << BigInt(32 - length)) - 1n) });
    return ` ip address ${formatAddress(address)} ${mask}`;
  }
  return ` ipv6 address ${isLinkLocal(address) ? `${formatAddress(address)} link-local` : formatPrefix({ address, length })}`;
}

/** Null0 answers with ICMP unreachable, as long as its `ipv6 unreachables` is on. A link-local next hop stands behind its interface. */
function routeLine(route: UpstreamRoute, link: string): string {
  const command = `ipv6 route ${formatPrefix(route.to)}`;
  if (route.kind === "unreachable") return `${command} Null0`;
  return `${command} ${isLinkLocal(route.via) ? `${link} ` : ""}${formatAddress(route.via)}`;
}

export function iosLines(plan: UpstreamPlan): readonly string[] {
  return [
    "! Not tried on a device: written from the manuals of IOS and IOS XE. Read it before you paste it.",
    `! Router ${plan.router} of farm ${plan.farm}. Default routes stay as they are; \`write memory\` keeps it over a restart.`,
    "configure terminal",
    "ipv6 unicast-routing",
    ...(hasIpv4(plan) ? ["ip routing"] : []),
    "! PrefixZero; nodes there have static addresses, so that nothing is advertised",
    `interface ${plan.interface}`,
    ...plan.addresses.map(addressLine),
    " ipv6 nd ra suppress all",
    "exit",
    ...plan.routes.flatMap((route) => [`! ${routeComment(route)}`, routeLine(route, plan.interface)]),
    "end",
  ];
}
