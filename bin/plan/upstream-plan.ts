/** `farmlab plan FILE --for upstream`: the configuration of the router that the farmer owns, in the language that it speaks. */
import { contains, failure, formatAddress, formatPrefix, success, wellKnown } from "../../core/common/index.ts";
import type { Outcome, Place, Problem } from "../../core/common/index.ts";
import { nearestHint } from "../../core/common/reading/index.ts";
import type { LoadedFarm } from "../../core/farm/index.ts";
import { plugInterfaces, type UpstreamRouter } from "../../core/farm/index.ts";
import { dialects, planUpstream } from "../../core/plan/index.ts";
import type { Dialect, NextHopKind, UpstreamPlan, UpstreamRoute } from "../../core/plan/index.ts";

/** What the seed calls the interface on PrefixZero. */
export const usualInterface: string = plugInterfaces.prefixZero;

export interface UpstreamOptions {
  readonly node?: string;
  readonly dialect?: Dialect;
  readonly interface: string;
  readonly nextHop: NextHopKind;
}

const refused = (code: string, message: string, hint: string, place?: Place): Outcome<never> => {
  const problem: Problem = { severity: "error", code, message, hint };
  return failure(place === undefined ? problem : { ...problem, place });
};

function routerOf(file: string, { farm, places }: LoadedFarm, name: string | undefined): Outcome<UpstreamRouter> {
  const names = farm.upstreams.map((upstream) => upstream.name);
  const list = names.join(", ");
  if (names.length === 0) {
    const hint = "add it under upstreams: NAME: { segment: ..., ipv6: the first address of PrefixZero }";
    return refused("no-upstream", `${file} has no upstream router`, hint);
  }
  if (name === undefined && names.length > 1) {
    return refused(
      "which-upstream",
      `${file} has ${names.length} upstream routers`,
      `say which with --node: ${list}`,
      places.ofKey(["upstreams"]),
    );
  }
  const found = farm.upstreams.find((upstream) => name === undefined || upstream.name === name);
  if (found !== undefined) return success(found);
  return refused("no-such-upstream", `${file} has no upstream router ${name ?? ""}`, nearestHint(name ?? "", names, "upstream routers"));
}

/**
 * The configuration of a farm's router. Errors: `no-upstream`, `which-upstream`, `no-such-upstream`, `dialect-needed`,
 * `bad-interface-name`, `upstream-without-allocation`.
 */
export function upstreamPlanOf(
  file: string,
  loaded: LoadedFarm,
  options: UpstreamOptions,
): Outcome<{ readonly plan: UpstreamPlan; readonly dialect: Dialect }> {
  const { dialect } = options;
  if (dialect === undefined) {
    return refused("dialect-needed", "the router's language is not said", `add --dialect: ${Object.keys(dialects).join(", ")}`);
  }
  if (!dialects[dialect].interfaceName.test(options.interface)) {
    const hint = "give the name that the router itself has for its interface on PrefixZero, such as eth1 or GigabitEthernet0/1";
    return refused("bad-interface-name", `"${options.interface}" is no name of an interface in ${dialect}`, hint);
  }
  const router = routerOf(file, loaded, options.node);
  if (!router.ok) return router;
  const plan = planUpstream(loaded.farm, router.value, options);
  if (plan !== undefined) return success({ plan, dialect });
  const { name, ipv6 } = router.value;
  const message = `no allocation of the farm is routed by ${name}: it has no exit node, and ${formatAddress(ipv6.address)} is of none`;
  const hint = "give it an address of the allocation's PrefixZero, or put an exit node's forwarding NIC on its segment";
  return refused("upstream-without-allocation", message, hint, loaded.places.of(["upstreams", name, "ipv6"]));
}

const routeObject = (route: UpstreamRoute, link: string): Readonly<Record<string, unknown>> =>
  route.kind === "unreachable"
    ? { type: route.kind, to: formatPrefix(route.to), via: null, interface: null, exitNode: null }
    : {
        ...{ type: "unicast", to: formatPrefix(route.to), via: formatAddress(route.via) },
        ...{ interface: contains(wellKnown.linkLocal, route.via) ? link : null, exitNode: route.exitNode },
      };

/** As scripts see it: `farmlab.upstream/1`; `configuration` holds the lines that the text form prints. */
export const upstreamObject = (plan: UpstreamPlan, dialect: Dialect): Readonly<Record<string, unknown>> => ({
  ...{ schema: "farmlab.upstream/1", farm: plan.farm, router: plan.router, dialect, tried: dialects[dialect].tried },
  interface: plan.interface,
  addresses: plan.addresses.map(formatPrefix),
  routes: plan.routes.map((route) => routeObject(route, plan.interface)),
  configuration: dialects[dialect].lines(plan),
});

export const upstreamText = (plan: UpstreamPlan, dialect: Dialect): string =>
  dialects[dialect]
    .lines(plan)
    .map((line) => `${line}\n`)
    .join("");
