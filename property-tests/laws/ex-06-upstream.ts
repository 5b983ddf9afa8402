/** EX-6: the router above the exit nodes stays simple, however many NRs exist. */
import { contains, formatAddress, formatPrefix, parseAddress, parsePrefix, sameAddress, samePrefix } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import { expectedUpstreams, mostStaticParts } from "../oracle/index.ts";
import type { ExpectedUpstream } from "../oracle/index.ts";
import type { Session } from "../run/session.ts";
import { HarnessError, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";

/** A route of `ip -j -6 route`, as far as it matters here. */
interface KernelRoute {
  readonly type: string;
  readonly prefix: Prefix;
  readonly gateway?: string;
  readonly device?: string;
}

const everything6: Prefix = { address: { family: 6, value: 0n }, length: 0 };

function readRoute(entry: Record<string, unknown>): KernelRoute[] {
  const destination = String(entry["dst"] ?? "");
  const prefix = destination === "default" ? everything6 : parsePrefix(destination.includes("/") ? destination : `${destination}/128`);
  if (prefix === undefined) return [];
  const hops = Array.isArray(entry["nexthops"]) ? (entry["nexthops"] as Record<string, unknown>[]) : [entry];
  return hops.map((hop) => ({
    type: String(entry["type"] ?? "unicast"),
    prefix,
    ...(hop["gateway"] === undefined ? {} : { gateway: String(hop["gateway"]) }),
    ...(hop["dev"] === undefined ? {} : { device: String(hop["dev"]) }),
  }));
}

/** The IPv6 routes of a router's main table, without those that the kernel keeps for link-local and multicast. */
export function readRoutes(json: string): KernelRoute[] {
  let entries: unknown;
  try {
    entries = JSON.parse(json === "" ? "[]" : json);
  } catch {
    throw new HarnessError(`the router's routes cannot be read: ${json.slice(0, 200)}`);
  }
  if (!Array.isArray(entries)) throw new HarnessError("the router's routes are no list");
  const linkLocal = parsePrefix("fe80::/10");
  const multicast = parsePrefix("ff00::/8");
  return (entries as Record<string, unknown>[])
    .flatMap(readRoute)
    .filter(({ prefix }) => ![linkLocal, multicast].some((kept) => kept !== undefined && contains(kept, prefix)));
}

const routeText = (route: KernelRoute): string =>
  `${route.type === "unicast" ? "" : `${route.type} `}${formatPrefix(route.prefix)}${route.gateway === undefined ? "" : ` via ${route.gateway}`}${route.device === undefined ? "" : ` dev ${route.device}`}`;

/** What is wrong with a router's routes; exported for its test. */
export function judgeRoutes(expected: ExpectedUpstream, routes: readonly KernelRoute[], internet6: boolean): string[] {
  const name = expected.upstream.name;
  const stories: string[] = [];
  const rest = new Set(routes);
  const take = (matches: (route: KernelRoute) => boolean): KernelRoute | undefined => {
    const found = [...rest].find(matches);
    if (found !== undefined) rest.delete(found);
    return found;
  };
  for (const part of expected.parts) {
    const route = take((candidate) => candidate.type === "unicast" && samePrefix(candidate.prefix, part.prefix));
    const via = route?.gateway === undefined ? undefined : parseAddress(route.gateway);
    const ways = part.via.map(formatAddress).join(" or ");
    if (route === undefined) stories.push(`router ${name} has no route to ${formatPrefix(part.prefix)}; expected: one via ${ways}`);
    else if (via === undefined || !part.via.some((address) => sameAddress(address, via))) {
      stories.push(`router ${name} has ${routeText(route)}; expected: via ${ways}`);
    }
  }
  for (const allocation of expected.allocations) {
    const route = take((candidate) => candidate.type === "unreachable" && samePrefix(candidate.prefix, allocation));
    if (route === undefined)
      stories.push(
        `router ${name} has no route unreachable ${formatPrefix(allocation)}; expected: one, so that nothing of the /48 goes back to the internet`,
      );
  }
  const zero = take(({ prefix, gateway, type }) => type === "unicast" && samePrefix(prefix, expected.prefixZero) && gateway === undefined);
  if (zero === undefined) stories.push(`router ${name} has no PrefixZero ${formatPrefix(expected.prefixZero)}; expected: it is connected`);
  if (internet6) {
    const byDefault = take(({ prefix, type }) => prefix.length === 0 && type === "unicast");
    if (byDefault === undefined) stories.push(`router ${name} has no IPv6 default route; expected: one towards the internet`);
  }
  const inAllocation = [...rest].filter(({ prefix }) => expected.allocations.some((allocation) => contains(allocation, prefix)));
  const stray = inAllocation.map((route) => `router ${name} also has ${routeText(route)}; expected: nothing but a /52 per exit node`);
  if (expected.parts.length > mostStaticParts)
    stories.push(`router ${name} has ${expected.parts.length} static /52 routes; expected: at most ${mostStaticParts}`);
  return [...stories, ...stray];
}

async function readUpstream(session: Session, expected: ExpectedUpstream): Promise<KernelRoute[]> {
  return readRoutes(await session.read({ node: expected.upstream.name }, ["ip", "-j", "-6", "route", "show", "table", "main"]));
}

async function kernelTable(session: Session): Promise<PropertyOutcome> {
  const expected = expectedUpstreams(session.world);
  const resources = session.world.networks.reduce((sum, network) => sum + network.resources.length, 0);
  const tables = await Promise.all(expected.map(async (one) => ({ one, routes: await readUpstream(session, one) })));
  const stories = tables.flatMap(({ one, routes }) => judgeRoutes(one, routes, one.upstream.wan6 !== undefined));
  const runs = tables.reduce((sum, { routes }) => sum + routes.length, 0);
  return outcomeOf(runs, stories, {
    nothing: "this farm has no upstream router",
    figures: [
      { name: "routes of upstream routers", value: runs, unit: "routes", bound: null },
      { name: "network resources", value: resources, unit: "NRs", bound: null },
    ],
  });
}

/** Static routes as FRR says they were configured, where the router runs FRR; a router of plain Linux has no vtysh socket. */
async function typedRoutes(session: Session): Promise<PropertyOutcome> {
  const stories: string[] = [];
  let runs = 0;
  for (const expected of expectedUpstreams(session.world)) {
    const text = await session.read({ node: expected.upstream.name }, ["vtysh", "-c", "show ipv6 route static json"]);
    const typed = Object.entries(JSON.parse(text === "" ? "{}" : text) as Record<string, unknown>).map(([prefix]) => parsePrefix(prefix));
    const wanted = [...expected.parts.map((part) => part.prefix), ...expected.allocations];
    for (const prefix of typed) {
      if (prefix === undefined || prefix.length === 0) continue;
      runs += 1;
      if (!wanted.some((one) => samePrefix(one, prefix))) {
        stories.push(
          `router ${expected.upstream.name} was told the static route ${formatPrefix(prefix)}; expected: only a /52 per exit node and the unreachable /48`,
        );
      }
    }
    for (const prefix of wanted) {
      if (!typed.some((one) => one !== undefined && samePrefix(one, prefix))) {
        stories.push(
          `router ${expected.upstream.name} was not told the static route ${formatPrefix(prefix)}; expected: one per exit node and the unreachable /48`,
        );
      }
    }
  }
  return outcomeOf(runs, stories, { nothing: "this farm has no upstream router" });
}

export const upstreamProperties: readonly Property[] = [
  {
    law: "EX-6",
    name: "EX-6 the upstream router's table holds one /52 per exit node, PrefixZero, a default and the unreachable /48",
    needs: [],
    run: kernelTable,
  },
  { law: "EX-6", name: "EX-6 the upstream router is told nothing that depends on how many NRs there are", needs: [], run: typedRoutes },
];
