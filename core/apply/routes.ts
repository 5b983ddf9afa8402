/** Routes of both families, told from all others by their protocol number. */
import { remembered } from "../common/index.ts";
import type { NamespacePlan, RoutePlan } from "../plan/index.ts";
import { routeProtocol } from "./ownership.ts";
import type { ShownRoute } from "./shown.ts";

/** `ip` shows a single address without its length. */
const destination = (to: string): string => to.replace(/(?<=\..*)\/32$|(?<=:.*)\/128$/, "");
/** Of a table that is not the main one its number stands at the end. */
const key = (family: 4 | 6, to: string, table?: number | string): string =>
  `${family} ${destination(to)}${table === undefined || table === "main" ? "" : ` ${table}`}`;

const rest = (route: Omit<RoutePlan, "family" | "to">): string =>
  route.type === "unreachable"
    ? "unreachable"
    : [
        "unicast",
        ...(route.via === undefined ? [] : [`via ${route.via}`]),
        ...(route.link === undefined ? [] : [`dev ${route.link}`]),
        ...(route.source === undefined ? [] : [`src ${route.source}`]),
        ...(route.onlink === true ? ["onlink"] : []),
      ].join(" ");

const entryOf = remembered((route: RoutePlan): readonly [string, string] => [key(route.family, route.to, route.table), rest(route)]);

const entriesOf = (routes: readonly RoutePlan[]): ReadonlyMap<string, string> =>
  new Map(routes.filter(({ by }) => by === undefined).map(entryOf));

/** Which routes a map of them was made of. */
const sources = new WeakMap<ReadonlyMap<string, string>, readonly RoutePlan[]>();

export const routesOf: (plan: NamespacePlan) => ReadonlyMap<string, string> = remembered((plan) => {
  const routes = entriesOf(plan.routes);
  sources.set(routes, plan.routes);
  return routes;
});

interface Apart {
  readonly observed: ReadonlyMap<string, string>;
  readonly wanted: ReadonlyMap<string, string>;
}

/** How many routes two lists begin with that are the very same objects. */
function commonStart(one: readonly RoutePlan[], other: readonly RoutePlan[]): number {
  const differing = one.findIndex((route, index) => route !== other[index]);
  return differing === -1 ? one.length : differing;
}

/** Where the routes are those that another plan had: without what both plans have of the very same objects. */
function apart(plan: NamespacePlan, observed: ReadonlyMap<string, string>): Apart {
  const before = sources.get(observed);
  if (before === undefined) return { observed, wanted: routesOf(plan) };
  // Of thousands a few have come or gone: what lies before and behind those need not be gone through by sets.
  const start = commonStart(before, plan.routes);
  const [had, has] = [before.slice(start).toReversed(), plan.routes.slice(start).toReversed()];
  const end = commonStart(had, has);
  const [gone, come] = [had.slice(end).toReversed(), has.slice(end).toReversed()];
  const [left, right] = [new Set(gone), new Set(come)];
  return {
    observed: entriesOf(gone.filter((route) => !right.has(route))),
    wanted: entriesOf(come.filter((route) => !left.has(route))),
  };
}

/** The word `default` tells no family; a router preference (RFC 4191) is shown for IPv6 only. */
const familyOf = (route: ShownRoute): 4 | 6 => (route.dst.includes(":") || route.pref !== undefined ? 6 : 4);

export function readRoutes(routes: readonly ShownRoute[]): ReadonlyMap<string, string> {
  return new Map(
    routes.map((route) => [
      key(familyOf(route), route.dst, route.table),
      rest({
        type: route.type === "unreachable" ? "unreachable" : "unicast",
        ...(route.gateway === undefined ? {} : { via: route.gateway }),
        ...(route.dev === undefined ? {} : { link: route.dev }),
        ...(route.prefsrc === undefined ? {} : { source: route.prefsrc }),
        ...(route.flags?.includes("onlink") === true ? { onlink: true } : {}),
      }),
    ]),
  );
}

const typeOf = (text: string): string => text.split(" ")[0] ?? "";

const inTable = (table: string | undefined): string => (table === undefined ? "" : ` table ${table}`);

/** `default` tells no family without a next hop, as where the link alone says where to. */
const target = (family: string | undefined, to: string): string => (to !== "default" ? to : family === "6" ? "::/0" : "0.0.0.0/0");

/** `unreachable 10.0.0.0/8` or `default via ... dev ...`, with farmlab's mark. */
const line = (verb: "add" | "replace", entry: string, text: string): string => {
  const [family, to = "", table] = entry.split(" ");
  const type = typeOf(text);
  const where = table === undefined ? to : target(family, to);
  const body = type === "unicast" ? `${where}${text.slice(type.length)}` : `${type} ${where}`;
  return `route ${verb} ${body}${inTable(table)} proto ${routeProtocol}`;
};

/** Lines for `ip -batch` in the plan's namespace. A route that changes is replaced in place, so that no packet finds none. */
export function routeLines(
  plan: NamespacePlan,
  seen: ReadonlyMap<string, string>,
): { readonly remove: readonly string[]; readonly add: readonly string[] } {
  const { observed, wanted } = apart(plan, seen);
  const remove: string[] = [];
  for (const [entry, text] of observed) {
    const replacement = wanted.get(entry);
    if (replacement === text) continue;
    const [family, to = "", table] = entry.split(" ");
    // The kernel replaces a route by one of its own type only.
    if (replacement !== undefined && typeOf(replacement) === typeOf(text)) continue;
    const type = typeOf(text) === "unicast" ? "" : `${typeOf(text)} `;
    remove.push(`route del ${type}${target(family, to)}${inTable(table)} proto ${routeProtocol}`);
  }
  const add: string[] = [];
  for (const [entry, text] of wanted) {
    const before = observed.get(entry);
    if (before === text) continue;
    add.push(line(before !== undefined && typeOf(before) === typeOf(text) ? "replace" : "add", entry, text));
  }
  return { remove, add };
}

/** Prefixes, with length, that something was routed to and that nothing will be routed to any more; a default route is none of a network's. */
export function unroutedPrefixes(plan: NamespacePlan, seen: ReadonlyMap<string, string>): readonly string[] {
  const { observed, wanted } = apart(plan, seen);
  const prefixes: string[] = [];
  for (const [entry, text] of observed) {
    if (wanted.get(entry) === text) continue;
    const [family, to = ""] = entry.split(" ");
    if (to === "default" || typeOf(text) !== "unicast" || typeOf(wanted.get(entry) ?? "") === "unicast") continue;
    prefixes.push(to.includes("/") ? to : `${to}/${family === "4" ? 32 : 128}`);
  }
  return prefixes;
}
