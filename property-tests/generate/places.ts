/** Where conditions and faults can be, in one order: links and nodes by what they are, so that a search can tell which kinds it has tried. */
import type { FarmFile, NodeEntry } from "../../core/farm/index.ts";
import { hasSecondNic } from "./ground.ts";
import type { SettledSurroundings } from "./ground.ts";

export const linkKinds = [
  "home-wan",
  "home-lan",
  "carrier-wan",
  "node-nic",
  "cloth-nic",
  "upstream-wan",
  "upstream-lan",
  "host-wan",
] as const;
export type LinkKind = (typeof linkKinds)[number];

export const nodeKinds = ["hidden", "public", "standby", "exit-node", "home-router", "carrier", "upstream", "store", "host"] as const;
export type NodeKind = (typeof nodeKinds)[number];

/** Daemons that every node of a kind runs. */
export const daemonsOf: Readonly<Record<NodeKind, readonly string[]>> = {
  hidden: ["agent"],
  public: ["agent"],
  standby: ["agent"],
  "exit-node": ["agent"],
  "home-router": [],
  carrier: [],
  upstream: ["zebra", "staticd", "mgmtd"],
  store: ["store", "reflector"],
  host: [],
};

/** Kinds alone, by position. */
export interface PlaceKinds {
  readonly links: readonly LinkKind[];
  readonly nodes: readonly NodeKind[];
}

/** With the names by which a farm file calls them. */
export interface Places extends PlaceKinds {
  readonly linkNames: readonly string[];
  readonly nodeNames: readonly string[];
  readonly segments: readonly string[];
}

const keys = (map: object | undefined): string[] => Object.keys(map ?? {});

/** Segments without a router: nothing but networks that have one for themselves is there. */
function clothsOf(document: FarmFile): readonly string[] {
  const routers = [...Object.values(document["home-routers"] ?? {}), ...Object.values(document.upstreams ?? {})];
  return document.segments.filter((segment) => !routers.some((router) => router.segment === segment));
}

function kindOf(document: FarmFile, name: string, node: NodeEntry): NodeKind {
  if (node["exit-node"] !== undefined) return "exit-node";
  const standbys = Object.values(document.nodes).flatMap((home) => home["exit-node"]?.standby ?? []);
  return standbys.some((standby) => standby.node === name) ? "standby" : node.public === undefined ? "hidden" : "public";
}

/** The places of a farm file's lab: routers, carriers, nodes, upstream routers, internet hosts, in the file's order. */
export function placesOf(document: FarmFile): Places {
  const cloths = clothsOf(document);
  const present = Object.entries(document.nodes).filter(([, { emulate }]) => emulate !== false);
  const links: (readonly [LinkKind, string])[] = [
    ...keys(document["home-routers"]).flatMap((name) => [["home-wan", `${name}:wan`] as const, ["home-lan", `${name}:lan`] as const]),
    ...keys(document.carriers).map((name) => ["carrier-wan", `${name}:wan`] as const),
    ...present.flatMap(([name, { nics }]) =>
      Object.entries(nics).map(([nic, { segment }]) => [cloths.includes(segment) ? "cloth-nic" : "node-nic", `${name}:${nic}`] as const),
    ),
    ...keys(document.upstreams).flatMap((name) => [["upstream-wan", `${name}:wan`] as const, ["upstream-lan", `${name}:swp1`] as const]),
    ...keys(document.internet.hosts).map((name) => ["host-wan", `${name}:wan`] as const),
  ];
  const nodes: (readonly [NodeKind, string])[] = [
    ...keys(document["home-routers"]).map((name) => ["home-router", name] as const),
    ...keys(document.carriers).map((name) => ["carrier", name] as const),
    ...present.map(([name, node]): [NodeKind, string] => [kindOf(document, name, node), name]),
    ...keys(document.upstreams).map((name) => ["upstream", name] as const),
    ...Object.entries(document.internet.hosts).map(([name, { store }]): [NodeKind, string] => [store === true ? "store" : "host", name]),
  ];
  return {
    links: links.map(([kind]) => kind),
    linkNames: links.map(([, name]) => name),
    nodes: nodes.map(([kind]) => kind),
    nodeNames: nodes.map(([, name]) => name),
    segments: document.segments,
  };
}

/** What `placesOf` says of the farm that these surroundings become. */
export function placeKindsOf({ routers, carriers, nodes, allocations, hosts }: SettledSurroundings): PlaceKinds {
  const links: LinkKind[] = [];
  const kinds: NodeKind[] = [];
  for (let count = routers.length; count > 0; count -= 1) {
    links.push("home-wan", "home-lan");
    kinds.push("home-router");
  }
  for (let count = carriers.length; count > 0; count -= 1) {
    links.push("carrier-wan");
    kinds.push("carrier");
  }
  for (const node of nodes) {
    if (!node.emulated) continue;
    links.push("node-nic");
    if ((node.nics & 1) !== 0) links.push("node-nic");
    if (hasSecondNic(node)) links.push("node-nic");
    if (node.cables !== 0) links.push("cloth-nic");
    kinds.push(node.standsInFor < 0 ? node.role : "standby");
  }
  for (let count = allocations.length; count > 0; count -= 1) {
    links.push("upstream-wan", "upstream-lan");
    kinds.push("upstream");
  }
  links.push("host-wan");
  kinds.push("store");
  for (let count = (hosts & 1) + ((hosts >> 1) & 1); count > 0; count -= 1) {
    links.push("host-wan");
    kinds.push("host");
  }
  return { links, nodes: kinds };
}
