/** Derived routes as plan routes: addresses as text, the default route by name. */
import { formatAddress, formatPrefix } from "../common/index.ts";
import type { Address, Prefix } from "../common/index.ts";
import type { DerivedRoute } from "../derive/index.ts";
import type { RoutePlan } from "./node-plan.ts";

export function routePlan(route: DerivedRoute): RoutePlan {
  const family = route.to.address.family;
  if (route.type === "unreachable") return unreachable(route.to);
  return {
    family,
    type: "unicast",
    to: route.to.length === 0 ? "default" : formatPrefix(route.to),
    ...(route.via === undefined ? {} : { via: formatAddress(route.via) }),
    link: route.dev,
    ...(route.source === undefined ? {} : { source: formatAddress(route.source) }),
    ...(route.onlink === true ? { onlink: true } : {}),
  };
}

/** The IPv4 or IPv6 default route by a gateway, from an interface's own address; none where the one or the other is not configured. */
export function defaultRoute(own: Prefix | undefined, gateway: Address | undefined, link: string): readonly RoutePlan[] {
  if (own === undefined || gateway === undefined) return [];
  const { family } = own.address;
  return [{ family, type: "unicast", to: "default", via: formatAddress(gateway), link, source: formatAddress(own.address) }];
}

export function unreachable(prefix: Prefix): RoutePlan {
  return { family: prefix.address.family, type: "unreachable", to: formatPrefix(prefix) };
}
