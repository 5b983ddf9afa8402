/** What a farm file wishes, and the intents that come of it. The same for any order of the file: everything is taken in the order of names. */
import { failure, success } from "../common/index.ts";
import type { Outcome } from "../common/index.ts";
import { heldUdpPorts, overlayNicOf, presenceAt, vxlanUnderlayOf } from "../farm/index.ts";
import type { Farm, FarmNode, NetworkResource, PortForward, Service, UserNetwork } from "../farm/index.ts";
import { grantedList, settle } from "../allocate/index.ts";
import type { AllocationIntent, Intents, NetworkWish, NodeWish, OverlayIntent, ResourceWish, Wishes, WorkloadIntent } from "./intents.ts";

const compare = (one: string | number | bigint, other: string | number | bigint): number => (one < other ? -1 : one > other ? 1 : 0);
const byName = (one: { readonly name: string }, other: { readonly name: string }): number => compare(one.name, other.name);

const sortedServices = (services: readonly Service[]): readonly Service[] =>
  services.toSorted((one, other) => compare(one.protocol, other.protocol) || compare(one.port, other.port));

const sortedForwards = (forwards: readonly PortForward[]): readonly PortForward[] =>
  forwards.toSorted(
    (one, other) =>
      compare(one.address.value, other.address.value) || compare(one.protocol, other.protocol) || compare(one.port, other.port),
  );

type Nodes = ReadonlyMap<string, FarmNode>;

/** A VXLAN whose nodes have no family in common is refused with the farm file. */
const overlayIntent = ({ overlay, resources }: UserNetwork, nodes: Nodes): OverlayIntent | undefined => {
  if (overlay?.kind !== "vxlan") return overlay === undefined ? undefined : { kind: overlay.kind };
  return { kind: "vxlan", underlay: vxlanUnderlayOf(resources.flatMap(({ node }) => nodes.get(node) ?? [])) ?? "ipv4" };
};

const resourceWish = ({ node, exitPoint, prefix }: NetworkResource, { overlay }: UserNetwork, nodes: Nodes): ResourceWish => {
  const home = nodes.get(node);
  const nic = overlay?.kind === "segment" && home !== undefined ? overlayNicOf(home, overlay.segment)?.name : undefined;
  return { node, ...(nic === undefined ? {} : { nic }), exitPoint, ...(prefix === undefined ? {} : { prefix }) };
};

const networkWish = (network: UserNetwork, nodes: Nodes): NetworkWish => {
  const overlay = overlayIntent(network, nodes);
  return {
    name: network.name,
    kind: network.kind,
    ...(overlay === undefined ? {} : { overlay }),
    allocationNumber: network.allocationNumber,
    ownedIpv4: network.ownedIpv4.toSorted((one, other) => compare(one.value, other.value)),
    resources: network.resources
      .map((resource) => resourceWish(resource, network, nodes))
      .toSorted((one, other) => compare(one.node, other.node)),
    workloads: network.workloads
      .map(({ name, node, host, services }): WorkloadIntent => ({ name, node, host, services: sortedServices(services) }))
      .toSorted(byName),
    portForwards: sortedForwards(network.portForwards),
  };
};

const nodeWish = (node: FarmNode): NodeWish => {
  const heldPorts = [...heldUdpPorts(node)].toSorted(compare);
  return {
    name: node.name,
    ...(node.public === undefined ? {} : { public: node.public }),
    ...(node.exitNode === undefined ? {} : { exitNode: node.exitNode }),
    ...(heldPorts.length === 0 ? {} : { heldPorts }),
  };
};

/** What a farm file wishes, in the order of names and numbers. */
export function wishesOf(farm: Farm): Wishes {
  const nodes = new Map(farm.nodes.map((node) => [node.name, node]));
  return {
    allocations: farm.allocations
      .map(({ prefix, number }): AllocationIntent => ({ prefix, number }))
      .toSorted((one, other) => compare(one.number, other.number)),
    nodes: farm.nodes.toSorted(byName).map(nodeWish),
    networks: farm.networks.toSorted(byName).map((network) => networkWish(network, nodes)),
  };
}

/** A network's list without some of its nodes, and without the workloads there and what is forwarded to them. */
export function networkWithout(network: NetworkWish, isAway: (node: string) => boolean): NetworkWish {
  const workloads = network.workloads.filter(({ node }) => !isAway(node));
  return {
    ...network,
    resources: network.resources.filter(({ node }) => !isAway(node)),
    workloads,
    portForwards: network.portForwards.filter(({ workload }) => workloads.some(({ name }) => name === workload)),
  };
}

/** What it wishes at a moment of its timeline (see `presenceAt`): without what is away then. */
export function wishesAt(farm: Farm, atMs: number): Wishes {
  const all = wishesOf(farm);
  const { hasNetwork, hasResource } = presenceAt(farm, atMs);
  const networks = all.networks
    .filter(({ name }) => hasNetwork(name))
    .map((network) => networkWithout(network, (node) => !hasResource(network.name, node)));
  return { ...all, networks };
}

/**
 * The intents of a farm that begins with nothing handed out: its wishes as the allocator grants them. Errors: what the allocator refuses, an
 * exit point that is not one or not on an exit node, the same prefix bytes twice on a node, the port of a service of the node's own or of its
 * VXLANs. Warnings and the advice to add an exit node accompany the value.
 */
export function intentsOf(farm: Farm): Outcome<Intents> {
  const wishes = wishesOf(farm);
  // Nothing rests yet, so the moment is of no account.
  const settled = settle(new Map(), wishes, { nowMs: 0 });
  if (settled.problems.some((problem) => problem.severity === "error")) return failure(...settled.problems);
  return success(grantedList(wishes, settled).list, settled.problems);
}
