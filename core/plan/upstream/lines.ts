/** What the dialects have in common. */
import { contains, wellKnown } from "../../common/index.ts";
import type { Address } from "../../common/index.ts";
import type { UpstreamPlan, UpstreamRoute } from "./upstream-plan.ts";

export const isLinkLocal = (address: Address): boolean => contains(wellKnown.linkLocal, address);

export const hasIpv4 = (plan: UpstreamPlan): boolean => plan.addresses.some(({ address }) => address.family === 4);

/** What a route is there for. */
export const routeComment = (route: UpstreamRoute): string =>
  route.kind === "via"
    ? `Exit node ${route.exitNode}`
    : "What no exit node has ends here; it would go out by the default route and come back";
