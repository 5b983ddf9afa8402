/** A gateway's routing table for each network. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const gateway = "core/plan/gateway.ts";
const gatewayRules = "core/plan/gateway-rules.ts";
const ownership = "core/apply/ownership.ts";
const patched = patchedIn("routes");

export const tableMutants: readonly Mutant[] = [
  patched("vrf-leaks-private", "a network's routing table sends private addresses of others on to the gateway", "EX-10 EX-16", [
    gateway,
    "...vrfDefaultRoutes(exitPoint.prefix, n).map(routePlan), ...neverUpstream, ...inner.routes",
    "...vrfDefaultRoutes(exitPoint.prefix, n).map(routePlan), ...inner.routes",
  ]),
  patched("vrf-beside-rules", "rules keep networks apart although each has a routing table", "EX-16", [
    gatewayRules,
    'config.isolation === "vrf" ? [] : [line]',
    'config.isolation === "vrf" ? [line] : [line]',
  ]),
  patched(
    "vrf-leaks-behind-rules",
    "only rules keep private addresses apart, and not each network's routing table",
    "EX-16",
    [
      gateway,
      "...vrfDefaultRoutes(exitPoint.prefix, n).map(routePlan), ...neverUpstream, ...inner.routes",
      "...vrfDefaultRoutes(exitPoint.prefix, n).map(routePlan), ...inner.routes",
    ],
    [gatewayRules, 'config.isolation === "vrf" ? [] : [line]', 'config.isolation === "vrf" ? [line] : [line]'],
  ),
  patched("vrf-not-known-again", "an agent does not know a network's routing table for its own", "EX-18", [
    ownership,
    "public|(?:net|vrf)-",
    "public|(?:net)-",
  ]),
].map((mutant) => ({ ...mutant, farm: "vrf" }));
