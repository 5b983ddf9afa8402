/** Where conditions and faults can be, in one order: links and nodes by what they are, so that a search can tell which kinds it has tried. */
import type { FarmFile } from "../../core/farm/index.ts";
import type { SettledSurroundings } from "./ground.ts";

export const linkKinds = ["home-wan", "home-lan", "carrier-wan", "node-nic", "upstream-wan", "upstream-lan", "host-wan"] as const;
export type LinkKind = (typeof linkKinds)[number];

export const nodeKinds = ["hidden", "public", "exit-node", "home-router", "carrier", "upstream", "store", "host"] as const;
export type NodeKind = (typeof nodeKinds)[number];

/** Daemons that every node of a kind runs. */
export const daemonsOf: Readonly<Record<NodeKind, readonly string[]>> = {
  hidden: ["agent"],
  public: ["agent"],
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

/** The places of a farm file: routers, carriers, nodes, upstream routers, internet hosts, in the file's order. */
export function placesOf(document: FarmFile): Places {
  const links: (readonly [LinkKind, string])[] = [
    ...keys(document["home-routers"]).flatMap((name) => [["home-wan", `${name}:wan`] as const, ["home-lan", `${name}:lan`] as const]),
    ...keys(document.carriers).map((name) => ["carrier-wan", `${name}:wan`] as const),
    ...Object.entries(document.nodes).flatMap(([name, { nics }]) => keys(nics).map((nic) => ["node-nic", `${name}:${nic}`] as const)),
    ...keys(document.upstreams).flatMap((name) => [["upstream-wan", `${name}:wan`] as const, ["upstream-lan", `${name}:swp1`] as const]),
    ...keys(document.internet.hosts).map((name) => ["host-wan", `${name}:wan`] as const),
  ];
  const nodes: (readonly [NodeKind, string])[] = [
    ...keys(document["home-routers"]).map((name) => ["home-router", name] as const),
    ...keys(document.carriers).map((name) => ["carrier", name] as const),
    ...Object.entries(document.nodes).map(([name, node]): [NodeKind, string] => [
      node["exit-node"] !== undefined ? "exit-node" : node.public !== undefined ? "public" : "hidden",
      name,
    ]),
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
  for (const { role, exit, nics } of nodes) {
    links.push("node-nic");
    if ((nics & 1) !== 0) links.push("node-nic");
    if (exit >= 0 || (nics & 2) !== 0) links.push("node-nic");
    kinds.push(role);
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
