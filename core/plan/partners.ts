/**
 * Exit nodes that are partners (EX-15): each keeps the other's gateway and exit points ready under the same names and addresses, and the
 * other nodes of their networks have a second tunnel to them.
 */
import { secondPorts, subnetNumberOf } from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import type { Intents, NetworkIntent, NodeIntent, ResourceIntent } from "../intents/index.ts";
import { exitPointOf, networksOfGateway, nodeNamed, resourcesOn } from "./networks.ts";

/** An exit node with the node that is its partner. */
interface Pair {
  readonly home: NodeIntent & { readonly exitNode: ExitNodeConfig };
  readonly partner: NodeIntent & { readonly exitNode: ExitNodeConfig };
}

const isExitNode = (node: NodeIntent | undefined): node is NodeIntent & { readonly exitNode: ExitNodeConfig } =>
  node?.exitNode !== undefined;

/** The partner of the exit node on this node; none where the two do not name each other. */
function pairOf(name: string, intents: Intents): Pair | undefined {
  const home = nodeNamed(name, intents);
  const partner = isExitNode(home) && home.exitNode.partner !== undefined ? nodeNamed(home.exitNode.partner, intents) : undefined;
  return isExitNode(home) && isExitNode(partner) && partner.exitNode.partner === name ? { home, partner } : undefined;
}

const mirrors = new WeakMap<NetworkIntent, { readonly to: string; readonly mirror: NetworkIntent }>();

/** The network as it is for the partner of its exit node: the exit point is there, and what runs on the exit node's own node is not in it. */
function mirrored(network: NetworkIntent, { home, partner }: Pair): NetworkIntent {
  const known = mirrors.get(network);
  if (known?.to === partner.name) return known.mirror;
  const exitPoint = exitPointOf(network);
  const mirror: NetworkIntent = {
    ...network,
    mirrored: true,
    resources: network.resources.map((one) => (one === exitPoint ? { ...one, node: partner.name, standsInFor: home.name } : one)),
    workloads: network.workloads.filter(({ node }) => node !== home.name),
  };
  mirrors.set(network, { to: partner.name, mirror });
  return mirror;
}

/** The network's mirror; undefined where its exit node has no partner. Its resources are the network's own, but for the exit point. */
export function mirrorOf(network: NetworkIntent, intents: Intents): NetworkIntent | undefined {
  const exitPoint = exitPointOf(network);
  const pair = exitPoint === undefined ? undefined : pairOf(exitPoint.node, intents);
  return pair?.home.exitNode.allocationNumber === network.allocationNumber ? mirrored(network, pair) : undefined;
}

/** What a node keeps ready for its partner. */
export interface StandIn {
  /** The partner's exit node, as it is on this node. */
  readonly config: ExitNodeConfig;
  /** The mirrors of the networks behind it. */
  readonly networks: readonly NetworkIntent[];
}

/** Undefined where the node is no exit node with a partner. */
export function standInOf(name: string, intents: Intents): StandIn | undefined {
  const pair = pairOf(name, intents);
  if (pair === undefined) return undefined;
  const other: Pair = { home: pair.partner, partner: pair.home };
  return {
    config: { ...other.home.exitNode, nic: other.partner.exitNode.nic },
    networks: networksOfGateway(other.home, intents).map((network) => mirrored(network, other)),
  };
}

/** The second tunnel of a network resource. */
export interface SecondTunnel {
  readonly mirror: NetworkIntent;
  /** A free one of its node. */
  readonly port: number;
}

/** The second tunnels of a node's resources, by these. Who comes first keeps its port whatever else comes and goes, as far as two do not want the same. */
export function secondTunnelsOf(name: string, intents: Intents): ReadonlyMap<ResourceIntent, SecondTunnel> {
  const taken = new Set(nodeNamed(name, intents)?.heldPorts);
  const count = secondPorts.last - secondPorts.first + 1;
  const tunnels = new Map<ResourceIntent, SecondTunnel>();
  for (const { network, resource } of resourcesOn(name, intents)) {
    const mirror = resource.exitPoint || network.overlay !== undefined ? undefined : mirrorOf(network, intents);
    if (mirror === undefined) continue;
    let port = secondPorts.first + (subnetNumberOf(resource.prefix) % count);
    for (let tries = 0; tries < count && taken.has(port); tries += 1) port = port === secondPorts.last ? secondPorts.first : port + 1;
    taken.add(port);
    tunnels.set(resource, { mirror, port });
  }
  return tunnels;
}
