/** What happens in a node: observing and applying, the agent and what it tells others, the store's contents. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const applies = patchedIn("apply");
const acts = patchedIn("agent");
const stores = patchedIn("store");

export const nodeMutants: readonly Mutant[] = [
  applies("routes-misread", "routes to single addresses are read otherwise than they are planned, and made again at every look", "EX-17", [
    "core/apply/routes.ts",
    "const destination = (to: string): string => to.replace(",
    'const destination = (to: string): string => to.replaceAll("#", "") || to.replace(',
  ]),
  applies("families-misread", "default routes of IPv6 are read as IPv4 ones", "EX-17", [
    "core/apply/routes.ts",
    'route.dst.includes(":") || route.pref !== undefined ? 6 : 4',
    'route.dst.includes(":") ? 6 : 4',
  ]),
  applies("addresses-misread", "addresses are compared without their length", "EX-17", [
    "core/apply/addresses.ts",
    ".map((entry) => key(link.ifname, `${entry.local}/${entry.prefixlen}`)),",
    ".map((entry) => key(link.ifname, entry.local)),",
  ]),
  applies("rules-miscounted", "one rule more is counted than there is, so that rules are made anew at every look", "EX-17", [
    "core/apply/tables.ts",
    "return `${hash} ${rules.length}`;",
    "return `${hash} ${rules.length + 1}`;",
  ]),
  applies(
    "setconf-at-every-look",
    "a tunnel is configured whole and with setconf at every look, which forgets learnt endpoints",
    "EX-17",
    [
      "core/apply/wireguard.ts",
      "if (observed === undefined || !observed.keyIsRight || observed.listenPort !== plan.listenPort) return { whole: true };",
      "if (observed === undefined || observed.listenPort === plan.listenPort) return { whole: true };",
    ],
    ["core/apply/apply.ts", '["wg", "syncconf", name', '["wg", "setconf", name'],
  ),
  applies("links-stay-down", "links are made and not brought up", "EX-7 EX-8 EX-9", [
    "core/apply/links.ts",
    "up: observed?.up === true ? [] : [`link set dev ${link.name} up`] };",
    "up: [] };",
  ]),
  applies("ports-not-in-bridge", "a bridge does not get its ports", "EX-7 EX-8 EX-9", [
    "core/apply/links.ts",
    "if (link.bridge !== undefined && observed?.bridge !== link.bridge)",
    "if (link.bridge !== undefined && fresh && observed?.bridge !== undefined)",
  ]),
  applies("removes-no-route", "a route that is not planned is left where it is", "EX-17", [
    "core/apply/routes.ts",
    "    remove.push(`route del ${type}",
    "    void (`route del ${type}",
  ]),
  applies("removes-no-address", "an address that is not planned is left where it is", "EX-17", [
    "core/apply/addresses.ts",
    ".filter((entry) => !wanted.has(entry))\n",
    ".filter((entry) => wanted.size === 0 && !wanted.has(entry))\n",
  ]),
  applies("removes-no-table", "rules of a table of farmlab's that is not planned stay", "EX-17", [
    "core/apply/tables.ts",
    "const removed = [...observed.keys()].filter((table) => !wanted.has(table))",
    "const removed = [...observed.keys()].filter((table) => wanted.size === 0 && !wanted.has(table))",
  ]),
  applies("removes-no-peer", "a peer that is none stays in the tunnel", "EX-13 EX-17", [
    "core/apply/wireguard.ts",
    "const removed = [...observed.peers.keys()].filter((key) => !wanted.has(key));",
    "const removed = [...observed.peers.keys()].filter((key) => wanted.size === 0 && !wanted.has(key));",
  ]),
  applies("removes-foreign-routes", "routes of others in a namespace of farmlab's are taken away", "EX-17", [
    "core/apply/observe.ts",
    "`route show table all proto ${routeProtocol}`",
    "`route show table main`",
  ]),
  applies(
    "flushed-rules-unseen",
    "rules that were flushed by hand are not missed",
    "EX-17",
    [
      "core/apply/tables.ts",
      "return [[key(table), `${hash} ${rules.get(key(table)) ?? 0}`]];",
      'return [[key(table), `${hash} ${rules.get(key(table)) ?? Number((table.comment ?? "").split(" ")[2] ?? 0)}`]];',
    ],
    ["core/apply/tables.ts", 'comment "${tablePrefix} ${markOf(table).split(" ")[0]}"`', 'comment "${tablePrefix} ${markOf(table)}"`'],
  ),
  acts("hidden-after-all", "a public node takes itself for hidden", "EX-7 EX-8 EX-20", [
    "core/agents/reachability.ts",
    'return translated ? "hidden" : found.reachability;',
    'return translated ? "hidden" : "hidden";',
  ]),
  acts("keys-not-published", "a node publishes the keys of its first tunnel only", "EX-7 EX-8 EX-20", [
    "core/agents/own-part.ts",
    "secondLinkName(resource, network)),\n    ].toSorted(),",
    "secondLinkName(resource, network)),\n    ]\n      .toSorted()\n      .slice(0, 1),",
  ]),
  acts("publishes-once", "what another wrote over a node's facts is not noticed", "EX-17", [
    "core/agents/publisher.ts",
    "      if (revision < held.revision) return;\n      held = { value, revision };",
    "      if (revision < held.revision) return;",
  ]),
  acts("services-unseen", "an agent that starts anew does not see the tunnels that run", "EX-17", [
    "core/agents/node-system.ts",
    "listServices: async () => (await parts.init.list()).map((service) => service.name),",
    'listServices: async () => (await parts.init.list()).map((service) => service.name).filter((name) => !name.startsWith("wg-")),',
  ]),
  acts("deaf-after-first-look", "what the store says after the first look is passed over", "EX-7 EX-8", [
    "core/store/contents.ts",
    '    for (const event of events) {\n      if (event.kind === "put") this.#take(event);',
    '    for (const event of events) {\n      if (event.kind === "put") continue;',
  ]),
  acts("other-tunnels-keys", "a tunnel is configured with the key of another one", "EX-7 EX-8", [
    "core/agents/node-system.ts",
    "privateKeyOf: async (name) => await Promise.resolve(parts.keys.privateKeyOf(name)),",
    'privateKeyOf: async (name) => await Promise.resolve(parts.keys.privateKeyOf(name).replace(/^../, "AA")),',
  ]),
  stores("high-ports-undecodable", "intents with a port above 8000 are not understood", "EX-7 EX-8 EX-9", [
    "core/store/codec.ts",
    "const port = whole(1, 65535);",
    "const port = whole(1, 8000);",
  ]),
  stores("endpoints-dropped", "endpoints are lost when facts are read", "EX-7 EX-20", [
    "core/store/codec.ts",
    'endpoints: object<NodeFacts["endpoints"]>({ ipv4: address(4), ipv6: address(6) }, "ipv4", "ipv6"),',
    'endpoints: object<NodeFacts["endpoints"]>({} as never, "ipv4", "ipv6"),',
  ]),
];
