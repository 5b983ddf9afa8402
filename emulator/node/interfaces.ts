/** The interfaces of a topology, numbered and with their addresses, and the mistakes in it that a kernel would only tell of in numbers. */
import { macOf, type Endpoint, type Topology } from "../topology/index.ts";

/** Interface indexes are unique in the whole lab: a bridge port whose index equals its peer's comes up as much as a second late. */
const firstIndex = 10;
/** Above what a kernel gives out by itself before it has made a million interfaces. */
const firstBridgeIndex = 1_000_000;
/** IFNAMSIZ without its end. */
const nameBytesMax = 15;

export interface Interface {
  readonly index: number;
  readonly mac: string;
}

export interface Interfaces {
  /** Throws where the node has no such interface. */
  of(node: string, name: string): Interface;
}

const keyOf = (node: string, name: string): string => `${node}\0${name}`;

function requireName(node: string, name: string): void {
  if (name === "" || Buffer.byteLength(name) > nameBytesMax || /[\s/:]/.test(name) || [".", "..", "lo", "all", "default"].includes(name)) {
    throw new Error(`${JSON.stringify(name)} of node ${node} is no name for an interface`);
  }
}

/** Names of every node's ends of links. */
export function linkEnds(topology: Topology): ReadonlyMap<string, readonly string[]> {
  const ends = new Map<string, string[]>();
  for (const { node, interface: name } of topology.links.flatMap((link) => link.endpoints)) {
    const names = ends.get(node);
    if (names === undefined) ends.set(node, [name]);
    else names.push(name);
  }
  return ends;
}

/** Interfaces of a lab whose links others have made, under the indexes that these happened to get; bridges come above all of them. */
export function observedInterfaces(topology: Topology, indexOf: (node: string, name: string) => number): Interfaces {
  const numbered = numberInterfaces(topology);
  const ends = new Set(topology.links.flatMap((link) => link.endpoints.map((end) => keyOf(end.node, end.interface))));
  return {
    of(node, name) {
      const planned = numbered.of(node, name);
      if (ends.has(keyOf(node, name))) return { ...planned, index: indexOf(node, name) };
      return name === "lo" ? planned : { ...planned, index: firstBridgeIndex + planned.index };
    },
  };
}

/** Numbers the interfaces. Throws for an interface that is there twice, a name that the kernel refuses, a node that does not exist or is there twice. */
export function numberInterfaces(topology: Topology): Interfaces {
  const nodes = new Set<string>();
  for (const { name } of topology.nodes) {
    if (nodes.has(name)) throw new Error(`node ${name} is there twice`);
    nodes.add(name);
  }
  const interfaces = new Map<string, Interface>();
  const add = (endpoint: Endpoint): void => {
    const { node, interface: name } = endpoint;
    if (!nodes.has(node)) throw new Error(`there is no node ${node} for interface ${name}`);
    requireName(node, name);
    if (interfaces.has(keyOf(node, name))) throw new Error(`interface ${name} of ${node} is there twice`);
    interfaces.set(keyOf(node, name), { index: firstIndex + interfaces.size, mac: macOf(topology.seed, endpoint) });
  };
  for (const link of topology.links) for (const endpoint of link.endpoints) add(endpoint);
  for (const node of topology.nodes) for (const bridge of node.config.bridges ?? []) add({ node: node.name, interface: bridge.name });
  return {
    of(node, name) {
      const found = name === "lo" ? { index: 1, mac: "" } : interfaces.get(keyOf(node, name));
      if (found === undefined) throw new Error(`node ${node} has no interface ${name}`);
      return found;
    },
  };
}
