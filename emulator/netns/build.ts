/** Brings a topology up in a sandbox: first all nodes, then their links, then each node's own state. Requests are not awaited one by one. */
import { seededMac } from "../../core/common/index.ts";
import type { Endpoint, Topology, TopologyNode } from "../topology/index.ts";
import { newAddress, newBridge, newRoute, newVeth, setUp, type VethEnd } from "./netlink.ts";
import type { Sandbox } from "./sandbox.ts";

const defaultMtu = 1500;
/** Interface indexes are unique in the whole lab: a bridge port whose index equals its peer's comes up as much as a second late. */
const firstIndex = 10;

export interface BuiltNode {
  /** farmlab-init's process id inside the sandbox; 0 where there is none. */
  readonly initPid: number;
}

interface Interface {
  readonly index: number;
  readonly mac: string;
}

type Interfaces = ReadonlyMap<string, Interface>;

const keyOf = (node: string, name: string): string => `${node}\0${name}`;

function numberInterfaces(topology: Topology): Interfaces {
  const interfaces = new Map<string, Interface>();
  const add = (node: string, name: string): void => {
    if (interfaces.has(keyOf(node, name))) throw new Error(`interface ${name} of ${node} is there twice`);
    interfaces.set(keyOf(node, name), { index: firstIndex + interfaces.size, mac: seededMac(topology.seed, node, name) });
  };
  for (const link of topology.links) for (const endpoint of link.endpoints) add(endpoint.node, endpoint.interface);
  for (const node of topology.nodes) for (const bridge of node.config.bridges ?? []) add(node.name, bridge.name);
  return interfaces;
}

function interfaceOf(interfaces: Interfaces, node: string, name: string): Interface {
  const found = name === "lo" ? { index: 1, mac: "" } : interfaces.get(keyOf(node, name));
  if (found === undefined) throw new Error(`node ${node} has no interface ${name}`);
  return found;
}

const vethEnd = (interfaces: Interfaces, endpoint: Endpoint, mtu: number): VethEnd => ({
  name: endpoint.interface,
  mtu,
  ...interfaceOf(interfaces, endpoint.node, endpoint.interface),
});

function linkMessages(topology: Topology, node: TopologyNode, interfaces: Interfaces, descriptors: ReadonlyMap<string, number>): Buffer {
  const messages: Buffer[] = [];
  for (const link of topology.links) {
    const [near, far] = link.endpoints;
    if (near.node !== node.name) continue;
    const mtu = link.mtu ?? defaultMtu;
    messages.push(newVeth(vethEnd(interfaces, near, mtu), vethEnd(interfaces, far, mtu), descriptors.get(far.node) ?? -1));
  }
  return Buffer.concat(messages);
}

/** Bridges, ports, everything up, addresses and routes of one node. */
function stateMessages(node: TopologyNode, names: readonly string[], interfaces: Interfaces): Buffer {
  const messages: Buffer[] = [setUp(1)];
  const at = (name: string): Interface => interfaceOf(interfaces, node.name, name);
  const masters = new Map<string, number>();
  for (const bridge of node.config.bridges ?? []) {
    messages.push(newBridge(bridge.name, at(bridge.name).mac, at(bridge.name).index));
    for (const port of bridge.ports) masters.set(port, at(bridge.name).index);
    messages.push(setUp(at(bridge.name).index));
  }
  for (const name of names) messages.push(setUp(at(name).index, masters.get(name)));
  for (const { interface: name, address } of node.config.addresses ?? []) messages.push(newAddress(at(name).index, address));
  for (const route of node.config.routes ?? []) {
    const { interface: name, ...rest } = route;
    messages.push(newRoute(name === undefined ? rest : { ...rest, index: at(name).index }));
  }
  return Buffer.concat(messages);
}

/** Settings of one interface can only be made once it is there; all others come before, so that links inherit the defaults. */
function splitSysctls(node: TopologyNode): { early: string; late: string } {
  const lines = { early: "", late: "" };
  for (const [path, value] of Object.entries(node.config.sysctls ?? {})) {
    const owner = /^net\/ipv[46]\/(?:conf|neigh)\/([^/]+)\//.exec(path)?.[1];
    const late = owner !== undefined && !["all", "default", "lo"].includes(owner);
    lines[late ? "late" : "early"] += `${path}=${value}\n`;
  }
  return lines;
}

export async function buildTopology(sandbox: Sandbox, topology: Topology): Promise<Map<string, BuiltNode>> {
  const interfaces = numberInterfaces(topology);
  const descriptors = new Map<string, number>();
  const built = new Map<string, BuiltNode>();
  await Promise.all(
    topology.nodes.map(async (node) => {
      const [descriptor, initPid] = await sandbox.request(["node", node.name, node.init ? "init" : "plain"]);
      descriptors.set(node.name, Number(descriptor));
      built.set(node.name, { initPid: Number(initPid) });
    }),
  );
  const work: Promise<unknown>[] = [];
  const ask = (fields: readonly string[], payload: Buffer | string): void => {
    if (payload.length > 0) work.push(sandbox.request(fields, payload));
  };
  const splits = new Map(topology.nodes.map((node) => [node.name, splitSysctls(node)]));
  for (const node of topology.nodes) ask(["sysctl", node.name], splits.get(node.name)?.early ?? "");
  for (const node of topology.nodes) ask(["netlink", node.name], linkMessages(topology, node, interfaces, descriptors));
  for (const node of topology.nodes) {
    const names = topology.links.flatMap((link) => link.endpoints.filter((endpoint) => endpoint.node === node.name).map((endpoint) => endpoint.interface));
    ask(["sysctl", node.name], splits.get(node.name)?.late ?? "");
    ask(["offloads", node.name], names.map((name) => `${name}\n`).join(""));
    ask(["netlink", node.name], stateMessages(node, names, interfaces));
    ask(["nft", node.name], node.config.nft ?? "");
    for (const [path, content] of Object.entries(node.config.files ?? {})) work.push(sandbox.request(["file", node.name, path, "644"], content));
  }
  await Promise.all(work);
  return built;
}
