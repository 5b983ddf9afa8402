/** Names for what is exercised that are the same on every farm: roles in place of names, kinds in place of addresses. */
import { formatPrefix, parsePrefix, sameAddress, samePrefix, wellKnown } from "../../../core/common/index.ts";
import type { Prefix } from "../../../core/common/index.ts";
import type { World } from "../../oracle/index.ts";

export interface Route {
  /** `unicast`, `unreachable`, ... */
  readonly type: string;
  readonly prefix: Prefix;
  readonly interface: string;
}

/** What a namespace is there for: `gateway`, `NR`, `node` (a farm node's own), `public`, `upstream`. */
export function roleOf(world: World, where: string): string {
  const [node = where, namespace] = where.split("/");
  if (namespace !== undefined) return namespace.startsWith("net-") ? "NR" : namespace.replace(/-.*/, "");
  if (world.farm.upstreams.some(({ name }) => name === node)) return "upstream";
  return world.farm.nodes.some(({ name }) => name === node) ? "node" : "surroundings";
}

/** `to-1abc-1`, `pub-1-1`, `eth0` without what is one farm's: the seed's names have their role before the first dash. */
const interfaceRole = (name: string): string => name.replace(/-.*/, "-*");

/** Prefixes that rules and routes of every farm name: link-local IPv4, and the network of all tunnels, besides the well-known ones. */
const fixed = [
  ...[...wellKnown.private4, wellKnown.ula, wellKnown.linkLocal, wellKnown.globalUnicast],
  ...["169.254.0.0/16", "10.255.0.0/16"].flatMap((text) => parsePrefix(text) ?? []),
];

function destinationKind(world: World, prefix: Prefix): string {
  const resources = world.networks.flatMap((network) => network.resources);
  if (prefix.length === 0) return prefix.address.family === 4 ? "0.0.0.0/0" : "::/0";
  if (fixed.some((one) => samePrefix(one, prefix))) return formatPrefix(prefix);
  if (world.farm.allocations.some((allocation) => samePrefix(allocation.prefix, prefix))) return "allocation";
  if (world.bars.some((bar) => samePrefix(bar.part, prefix))) return "part";
  if (resources.some((resource) => samePrefix(resource.prefix6, prefix))) return "NR6";
  if (resources.some((resource) => samePrefix(resource.prefix4, prefix))) return "NR4";
  if (prefix.length === 32 && resources.some((resource) => sameAddress(resource.transit4, prefix.address))) return "transit";
  const isFirst = (prefixes: Prefix): boolean => prefix.length === 64 && sameAddress(prefixes.address, prefix.address);
  if (world.farm.allocations.some((allocation) => isFirst(allocation.prefix))) return "prefix-zero";
  return prefix.address.family === 4 ? "IPv4" : "IPv6";
}

export function routeKey(world: World, role: string, { type, prefix, interface: link }: Route): string {
  const way = type === "unicast" ? ` dev ${interfaceRole(link)}` : "";
  return `route:${role}/${type === "unicast" ? "" : `${type} `}${destinationKind(world, prefix)}${way}`;
}

const constants = [...fixed.map(formatPrefix), "::"];
/** A table or chain that is one NR's or one port's is called like it. */
const ownName = /\b([a-z]+)-[0-9a-f]{4}-\d+\b/g;
const address = /(?<![\w:.])(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]*)(?:\/\d+)?(?::\d+)?(?![\w:.])/gi;

/** `text` as `readRuleWords` gives it. */
export function ruleKey(role: string, text: string): string {
  const [, place = "", words = ""] = /^(.*?): (.*)$/.exec(text) ?? [];
  const kinds = words
    .replaceAll(/"([^"]*)"/g, (_, name: string) => interfaceRole(name))
    .replaceAll(/\bvmap \{[^}]*\}/g, "vmap")
    .replaceAll(address, (found) => (constants.includes(found) ? found : "ADDRESS"))
    .replaceAll(/\b([sd]port) \d+/g, "$1 PORT");
  return `rule:${role}/${place.replaceAll(ownName, "$1-*")}: ${kinds}`;
}

export const dropKey = (role: string, reason: string): string => `drop:${role}/${reason}`;
