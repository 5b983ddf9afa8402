/** Static routes of the router that the farmer owns. */
import { formatAddress, formatPrefix, hasHostBits, networkOf } from "../../common/index.ts";
import type { Prefix } from "../../common/index.ts";
import type { Farm } from "../farm.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, repeats } from "./rule.ts";

/** For `$prefix:x::/52`, written where `$prefix:x000::/52` was meant: the latter. */
function meantPart(prefix: Prefix, farm: Farm): Prefix | undefined {
  if (prefix.address.family !== 6 || prefix.length !== 52) return undefined;
  const allocation = farm.allocations.find(({ prefix: { address } }) => address.value >> 80n === prefix.address.value >> 80n);
  const subnet = (prefix.address.value >> 64n) & 0xffffn;
  if (allocation === undefined || subnet < 1n || subnet > 15n || (prefix.address.value & 0xffff_ffff_ffff_ffffn) !== 0n) return undefined;
  return { address: { family: 6, value: allocation.prefix.address.value + (subnet << 76n) }, length: 52 };
}

export const routeRules: Rule = (farm) =>
  farm.upstreams.flatMap((upstream) => [
    ...upstream.routes.flatMap((route, index): Finding[] => {
      const path = ["upstreams", upstream.name, "routes", index];
      const findings: Finding[] = [];
      if (hasHostBits(route.prefix)) {
        const meant = meantPart(route.prefix, farm);
        const message = `${formatPrefix(route.prefix)} has bits set after its prefix length; a kernel would silently install ${formatPrefix(networkOf(route.prefix))} instead`;
        const hint = `did you mean ${formatPrefix(meant ?? networkOf(route.prefix))}?${meant === undefined ? "" : " (exit node x has $prefix:{x}000::/52)"}`;
        findings.push(refuse("route-host-bits", [...path, "to"], message, hint));
      }
      if (route.kind === "via" && route.via.family !== route.prefix.address.family) {
        const message = `next hop ${formatAddress(route.via)} is of another family than ${formatPrefix(route.prefix)}`;
        findings.push(refuse("route-family", [...path, "via"], message, "give a next hop of the route's own family"));
      }
      return findings;
    }),
    ...repeats(upstream.routes, (route) => formatPrefix(networkOf(route.prefix))).map(({ entry, index }) =>
      refuse(
        "duplicate-route",
        ["upstreams", upstream.name, "routes", index, "to"],
        `there is a route to ${formatPrefix(networkOf(entry.prefix))} already`,
        "one route per prefix",
      ),
    ),
  ]);
