/** What a topology asks of the kernel, as rtnetlink messages, each with words for what it is: an error then tells whose it is. */
import { defaultMtu, type Endpoint, type Topology, type TopologyNode } from "../topology/index.ts";
import type { Interfaces } from "./interfaces.ts";
import { newAddress, newBridge, newRoute, newVeth, setUp, type VethEnd } from "./netlink.ts";

export interface Message {
  readonly what: string;
  readonly bytes: Buffer;
}

/** A veth pair that waits for the descriptor by which the sandbox holds the far node's network. */
export interface LinkMessage {
  readonly what: string;
  /** In whose namespace it is sent. */
  readonly node: string;
  readonly farNode: string;
  readonly bytes: (farDescriptor: number) => Buffer;
}

export function linkMessages(topology: Topology, interfaces: Interfaces): LinkMessage[] {
  const end = (endpoint: Endpoint, mtu: number): VethEnd => ({
    name: endpoint.interface,
    mtu,
    ...interfaces.of(endpoint.node, endpoint.interface),
  });
  return topology.links.map(({ name, endpoints: [near, far], mtu = defaultMtu }) => ({
    what: `link ${name}`,
    node: near.node,
    farNode: far.node,
    bytes: (farDescriptor) => newVeth(end(near, mtu), end(far, mtu), farDescriptor),
  }));
}

/** Bridges, ports, everything up, addresses and routes of one node; `names` are its ends of links. */
export function stateMessages(node: TopologyNode, names: readonly string[], interfaces: Interfaces): Message[] {
  const { bridges = [], addresses = [], routes = [] } = node.config;
  const indexOf = (name: string): number => interfaces.of(node.name, name).index;
  const masters = new Map(bridges.flatMap((bridge) => bridge.ports.map((port) => [port, indexOf(bridge.name)])));
  for (const port of masters.keys()) indexOf(port);
  return [
    { what: "interface lo", bytes: setUp(1) },
    ...bridges.flatMap(({ name }) => [
      { what: `bridge ${name}`, bytes: newBridge(name, interfaces.of(node.name, name).mac, indexOf(name)) },
      { what: `bridge ${name}`, bytes: setUp(indexOf(name)) },
    ]),
    ...names.map((name) => ({ what: `interface ${name}`, bytes: setUp(indexOf(name), masters.get(name)) })),
    ...addresses.map(({ interface: name, address }) => ({
      what: `address ${address} of ${name}`,
      bytes: newAddress(indexOf(name), address),
    })),
    ...routes.map(({ interface: name, ...route }) => ({
      what: `route to ${route.to}`,
      bytes: newRoute(name === undefined ? route : { ...route, index: indexOf(name) }),
    })),
  ];
}
