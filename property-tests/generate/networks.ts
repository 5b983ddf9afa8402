/** Networks on given ground, with every reference resolved and nothing there twice. */
import { edgeSubnets, forwardedPorts, serviceChoices, workloadHosts } from "./edges.ts";
import type { ServiceChoice } from "./edges.ts";
import { nextFreeBit, standInsOf } from "./ground.ts";
import type { Ground, GroundExit, GroundNode } from "./ground.ts";
import { atMost } from "./sketch.ts";
import type { NetworkSketch } from "./sketch.ts";

export interface SettledNetwork {
  /** Position among the ground's exit nodes. */
  readonly exit: number;
  readonly overlay: SettledOverlay;
  /** In the order of the nodes. */
  readonly resources: readonly SettledResource[];
  readonly workloads: readonly SettledWorkload[];
  /** Positions among the allocation's addresses that may be owned. */
  readonly owned: readonly number[];
  readonly forwards: readonly SettledForward[];
}

export interface SettledOverlay {
  readonly kind: "wireguard" | "vxlan" | "segment";
  /** Position among the segments that networks may have for themselves; -1 for other overlays. */
  readonly segment: number;
}

export interface SettledResource {
  readonly node: number;
  readonly exitPoint: boolean;
  /** Bytes 6 and 7 of its /64; -1 where the allocator chooses. */
  readonly subnet: number;
}

export interface SettledWorkload {
  /** Position among the network's resources. */
  readonly resource: number;
  readonly host: number;
  /** Bit n: service n of `serviceChoices`. */
  readonly services: number;
}

export interface SettledForward {
  /** Position among the network's owned addresses. */
  readonly address: number;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Position among the network's workloads. */
  readonly workload: number;
  readonly workloadPort: number;
}

/** The services of a workload's bits. */
export const servicesOf = (bits: number): readonly ServiceChoice[] => serviceChoices.filter((_, bit) => (bits & (1 << bit)) !== 0);

/** Two hidden nodes are no peers; any other two need a family that both speak. */
const canPeer = (one: GroundNode, other: GroundNode): boolean =>
  (one.hidden && other.hidden) || (one.ipv4 && other.ipv4) || (one.ipv6 && other.ipv6);

/** What carries a network of this exit node. Only WireGuard moves with one that others stand in for. */
function overlayOf({ nodes }: Ground, exit: GroundExit, choice: number): SettledOverlay {
  const wireguard: SettledOverlay = { kind: "wireguard", segment: -1 };
  if (choice === 0 || standInsOf(exit).length > 0) return wireguard;
  if (choice === 1) return { kind: "vxlan", segment: -1 };
  const cables = nodes[exit.node]?.cables ?? 0;
  const segments = Array.from({ length: 32 - Math.clz32(cables) }, (_, bit) => bit).filter((bit) => (cables & (1 << bit)) !== 0);
  const segment = segments[atMost(choice - 2, segments.length)];
  return segment === undefined ? wireguard : { kind: "segment", segment };
}

/** Whether a node can be of a network, beside those that are already. */
function canJoin(node: GroundNode, chosen: readonly GroundNode[], { kind, segment }: SettledOverlay): boolean {
  if (kind === "segment") return (node.cables & (1 << segment)) !== 0;
  if (kind === "wireguard") return chosen.every((other) => canPeer(node, other));
  const all = [...chosen, node];
  return !node.hidden && (all.every(({ ipv4 }) => ipv4) || all.every(({ ipv6 }) => ipv6));
}

function membersOf(ground: Ground, exit: GroundExit, members: number, overlay: SettledOverlay): number[] {
  const exitNode = exit.node;
  // Whoever stands in for the exit node comes to be a peer of all others.
  const chosen = [exitNode, ...standInsOf(exit)].flatMap((position) => ground.nodes[position] ?? []);
  const positions: number[] = [];
  for (const [position, node] of ground.nodes.entries()) {
    if (position !== exitNode) {
      if ((members & (1 << position)) === 0 || !canJoin(node, chosen, overlay)) continue;
      chosen.push(node);
    }
    positions.push(position);
  }
  return positions;
}

/** ff00 and above belong to nobody: in part 15 the choice moves one hundred (hexadecimal) down. */
const reservedFrom = 0xff00;
/** The port of VXLANs: a tunnel with these bits would listen on it too. */
const vxlanBits = 0x12b5;

/**
 * The first free subnet from the one chosen on. Free in the whole farm, not only in its allocation or on its node: two networks of different
 * allocations with the same 16 bits have the same IPv4 addresses, and to whom a packet from one of them goes no law says.
 */
function subnetOf(choice: number, exitNumber: number, taken: Set<number>): number {
  if (choice === 0) return -1;
  const low = edgeSubnets[choice - 1] ?? (choice - 1 - edgeSubnets.length) & 0xfff;
  const part = exitNumber << 12;
  for (let step = 0; step < 0x1000; step += 1) {
    const wanted = part | ((low + step) & 0xfff);
    const subnet = wanted >= reservedFrom ? wanted - 0x100 : wanted;
    if (taken.has(subnet) || subnet === vxlanBits) continue;
    taken.add(subnet);
    return subnet;
  }
  return -1;
}

/** Workloads run on nodes that labs have, and leave by an exit node that they have. */
function workloadsOf(sketch: NetworkSketch, { nodes }: Ground, resources: readonly SettledResource[]): SettledWorkload[] {
  const taken = new Uint32Array(resources.length);
  const runs = ({ node }: SettledResource): boolean => nodes[node]?.emulated === true;
  if (!resources.some((resource) => resource.exitPoint && runs(resource))) return [];
  const places = resources.flatMap((resource, position) => (runs(resource) ? [position] : []));
  return sketch.workloads.map(({ resource, host, services }) => {
    const place = places[atMost(resource, places.length)] ?? 0;
    const position = nextFreeBit(host, workloadHosts.length, taken[place] ?? 0);
    taken[place] = (taken[place] ?? 0) | (1 << position);
    return { resource: place, host: workloadHosts[position] ?? 2, services };
  });
}

function forwardsOf(sketch: NetworkSketch, owned: number, workloads: readonly SettledWorkload[]): SettledForward[] {
  if (owned === 0 || workloads.length === 0) return [];
  const taken = new Uint32Array(2 * owned);
  const settled: SettledForward[] = [];
  for (const forward of sketch.forwards) {
    const workload = atMost(forward.workload, workloads.length);
    const services = servicesOf(workloads[workload]?.services ?? 0);
    const service = services[atMost(forward.service, services.length)];
    if (service === undefined) continue;
    const address = atMost(forward.address, owned);
    const { protocol, port: workloadPort } = service;
    const ports = 2 * address + (protocol === "tcp" ? 0 : 1);
    const position = nextFreeBit(forward.port, forwardedPorts.length, taken[ports] ?? 0);
    taken[ports] = (taken[ports] ?? 0) | (1 << position);
    settled.push({ address, protocol, port: forwardedPorts[position] ?? 8080, workload, workloadPort });
  }
  return settled;
}

function positionsFrom(first: number, count: number): number[] {
  const positions: number[] = [];
  for (let position = first; position < first + count; position += 1) positions.push(position);
  return positions;
}

/**
 * Resolves networks on their ground, which has an exit node. A network behind a gateway without IPv4 owns no address: nothing could come in
 * by it. A member that would have to be a peer of another, and speaks no family with it, is left out, and so is one that the network's overlay
 * cannot reach.
 */
export function settleNetworks(ground: Ground, sketches: readonly NetworkSketch[]): SettledNetwork[] {
  const subnets = new Set<number>();
  const ownedSoFar = ground.allocations.map(() => 0);
  return sketches.map((sketch) => {
    const position = atMost(sketch.exit, ground.exits.length);
    const exit = ground.exits[position];
    if (exit === undefined) throw new Error("networks need an exit node");
    const overlay = overlayOf(ground, exit, sketch.overlay);
    const resources = membersOf(ground, exit, sketch.members, overlay).map((node, order) => ({
      node,
      exitPoint: node === exit.node,
      subnet: subnetOf(sketch.subnets[order] ?? 0, exit.number, subnets),
    }));
    const workloads = workloadsOf(sketch, ground, resources);
    const first = ownedSoFar[exit.allocation] ?? 0;
    const left = (ground.allocations[exit.allocation]?.ownable ?? 0) - first;
    const count = exit.ipv4 ? Math.min(sketch.owned, left) : 0;
    ownedSoFar[exit.allocation] = first + count;
    const owned = positionsFrom(first, count);
    return { exit: position, overlay, resources, workloads, owned, forwards: forwardsOf(sketch, count, workloads) };
  });
}
