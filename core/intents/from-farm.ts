/** The intents of a farm. The same for any order of the file: everything is taken in the order of names. */
import { failure, success } from "../common/index.ts";
import type { Outcome, Prefix, Problem } from "../common/index.ts";
import { heldUdpPorts, nodesOfResource, overlayNicOf, presenceAt, vxlanPort, vxlanUnderlayOf } from "../farm/index.ts";
import type { Farm, FarmNode, NetworkResource, PortForward, Service, UserNetwork } from "../farm/index.ts";
import { advise, grantPrefix, reserveExitNode, reservePrefix, startAllocator } from "../allocate/index.ts";
import type { AllocatorState } from "../allocate/index.ts";
import { hexOf, subnetNumberOf } from "../derive/index.ts";
import type { AllocationIntent, Intents, NetworkIntent, NodeIntent, OverlayIntent, ResourceIntent, WorkloadIntent } from "./intents.ts";

const compare = (one: string | number | bigint, other: string | number | bigint): number => (one < other ? -1 : one > other ? 1 : 0);
const byName = (one: { readonly name: string }, other: { readonly name: string }): number => compare(one.name, other.name);

const error = (code: string, message: string, hint?: string): Problem => ({
  severity: "error",
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
});

type Nodes = ReadonlyMap<string, FarmNode>;

/** A resource with the network it is of and the exit node in whose part its prefix lies. */
interface Placed {
  readonly network: UserNetwork;
  readonly resource: NetworkResource;
  readonly exitNode: number;
  /** Its node, and for an exit point those that stand in for it. */
  readonly nodes: readonly string[];
}

/** What is gathered on the way: one allocator per allocation number, prefixes by resource, and each node's subnet numbers. */
interface Workings {
  readonly allocators: Map<number, AllocatorState>;
  readonly prefixes: Map<NetworkResource, Prefix>;
  /** By node: the ports that its own services hold. */
  readonly heldPorts: ReadonlyMap<string, ReadonlySet<number>>;
  /** By node: subnet number -> the network that has it there. */
  readonly subnetsOfNode: Map<string, Map<number, string>>;
  /** A network that is a VXLAN, of each node that has one. */
  readonly vxlans: Map<string, string>;
  readonly problems: Problem[];
}

const startAllocators = (farm: Farm, workings: Workings): void => {
  const allocations = farm.allocations.toSorted(
    (one, other) => compare(one.number, other.number) || compare(one.prefix.address.value, other.prefix.address.value),
  );
  for (const allocation of allocations) {
    const started = startAllocator(allocation.prefix);
    workings.problems.push(...started.problems);
    if (!started.ok) continue;
    if (workings.allocators.has(allocation.number)) {
      workings.problems.push(
        error(
          "allocation-number-twice",
          `two allocations have the number ${allocation.number}`,
          "give every allocation a number of its own",
        ),
      );
      continue;
    }
    workings.allocators.set(allocation.number, started.value);
  }
};

const reserveExitNodes = (nodes: readonly FarmNode[], workings: Workings): void => {
  for (const node of nodes) {
    if (node.exitNode === undefined) continue;
    const { allocationNumber, number } = node.exitNode;
    const state = workings.allocators.get(allocationNumber);
    if (state === undefined) {
      workings.problems.push(
        error("unknown-allocation", `${node.name} is an exit node of allocation ${allocationNumber}, which the farm does not have`),
      );
      continue;
    }
    const reserved = reserveExitNode(state, node.name, number);
    workings.problems.push(...reserved.problems);
    if (reserved.ok) workings.allocators.set(allocationNumber, reserved.value);
  }
};

/** The exit node number that a network's prefixes come from; a Problem unless it has exactly one exit point, on an exit node. */
const exitNodeOf = (network: UserNetwork, nodes: Nodes): number | Problem => {
  const exitPoints = network.resources.filter((resource) => resource.exitPoint);
  const [exitPoint] = exitPoints;
  if (exitPoint === undefined || exitPoints.length > 1) {
    const where = exitPoints.map((resource) => resource.node).toSorted(compare);
    const message = `network ${network.name} has ${exitPoints.length} exit points${where.length === 0 ? "" : ` (on ${where.join(", ")})`}; it needs exactly one`;
    return error("exit-point-count", message, "mark the resource on an exit node with `exit-point: true`");
  }
  const exitNode = nodes.get(exitPoint.node)?.exitNode;
  if (exitNode?.allocationNumber !== network.allocationNumber) {
    const message = `the exit point of network ${network.name} is on ${exitPoint.node}, which is no exit node of allocation ${network.allocationNumber}`;
    return error("exit-point-not-on-exit-node", message, "an exit point lives on an exit node of the network's allocation");
  }
  return exitNode.number;
};

const place = (networks: readonly UserNetwork[], nodes: Nodes, workings: Workings): readonly Placed[] => {
  const placed: Placed[] = [];
  for (const network of networks) {
    const exitNode = exitNodeOf(network, nodes);
    if (typeof exitNode !== "number") {
      workings.problems.push(exitNode);
      continue;
    }
    const resources = network.resources.toSorted((one, other) => compare(one.node, other.node));
    for (const [index, resource] of resources.entries()) {
      if (resources[index - 1]?.node === resource.node) {
        workings.problems.push(
          error(
            "resource-twice-on-node",
            `network ${network.name} has two resources on ${resource.node}`,
            "a network has at most one on each node",
          ),
        );
      } else {
        placed.push({ network, resource, exitNode, nodes: nodesOfResource(resource, nodes.get(resource.node)) });
      }
    }
  }
  return placed;
};

const subnetsOf = (workings: Workings, node: string): Map<number, string> => {
  const known = workings.subnetsOfNode.get(node);
  if (known !== undefined) return known;
  const subnets = new Map<number, string>();
  workings.subnetsOfNode.set(node, subnets);
  return subnets;
};

/** Who else listens on the port that a resource's tunnel would have on a node (EX-21); a resource without tunnel has no port. */
const listenerOn = (
  { heldPorts, vxlans }: Workings,
  { overlay }: UserNetwork,
  node: string,
  port: number,
): { readonly service: true } | { readonly vxlan: string } | undefined => {
  if (overlay !== undefined) return undefined;
  if (heldPorts.get(node)?.has(port) === true) return { service: true };
  const vxlan = port === vxlanPort ? vxlans.get(node) : undefined;
  return vxlan === undefined ? undefined : { vxlan };
};

/** All VXLANs of a node have one port, which none of its own services may hold. */
const noteVxlans = (placed: readonly Placed[], workings: Workings): void => {
  for (const { network, resource } of placed) {
    if (network.overlay?.kind !== "vxlan") continue;
    workings.vxlans.set(resource.node, workings.vxlans.get(resource.node) ?? network.name);
    if (workings.heldPorts.get(resource.node)?.has(vxlanPort) !== true) continue;
    const message = `network ${network.name} is a VXLAN and has the port ${vxlanPort} on ${resource.node}, and so has the node's own service udp/${vxlanPort}`;
    workings.problems.push(error("port-held", message, "give the service another port, or the network another overlay"));
  }
};

/** Names and port of a resource follow from its subnet number, so one node holds each number once, whatever the allocations (EX-21). */
const noteSubnet = (workings: Workings, { network, nodes }: Placed, prefix: Prefix): void => {
  const port = subnetNumberOf(prefix);
  for (const node of nodes) {
    const subnets = subnetsOf(workings, node);
    const other = subnets.get(port);
    if (other !== undefined) {
      const message = `networks ${other} and ${network.name} both have a prefix with the bytes ${hexOf(prefix)} on ${node}, so the same WireGuard port`;
      workings.problems.push(error("subnet-twice-on-node", message, "give one of them another prefix"));
    }
    const listener = listenerOn(workings, network, node, port);
    if (listener !== undefined && "service" in listener) {
      const message = `network ${network.name} has the WireGuard port ${port} on ${node}, and so has the node's own service udp/${port}`;
      workings.problems.push(error("port-held", message, "give the network another prefix there, or the service another port"));
    } else if (listener !== undefined) {
      const message = `network ${network.name} has a prefix with the bytes ${hexOf(prefix)} on ${node}, so the UDP port of the VXLAN of ${listener.vxlan}`;
      workings.problems.push(error("tunnel-port-is-vxlan", message, "give it another prefix"));
    }
    subnets.set(port, network.name);
  }
};

const allot = (placed: Placed, workings: Workings): void => {
  const { network, resource, exitNode, nodes } = placed;
  const state = workings.allocators.get(network.allocationNumber);
  if (state === undefined) return;
  const holder = { network: network.name, node: resource.node, exitNode };
  // A farm file starts from nothing: no prefix rests, so the moment is of no account.
  const isTaken = (node: string, subnetNumber: number): boolean =>
    subnetsOf(workings, node).has(subnetNumber) || listenerOn(workings, network, node, subnetNumber) !== undefined;
  const avoid = { has: (subnetNumber: number): boolean => nodes.some((node) => isTaken(node, subnetNumber)) };
  const outcome =
    resource.prefix === undefined ? grantPrefix(state, { ...holder, avoid }, 0) : reservePrefix(state, holder, resource.prefix, 0);
  if (!outcome.ok) {
    const named = outcome.problems.map((problem) => ({
      ...problem,
      message: `network ${network.name} on ${resource.node}: ${problem.message}`,
    }));
    workings.problems.push(...(resource.prefix === undefined ? outcome.problems : named));
    return;
  }
  workings.allocators.set(network.allocationNumber, outcome.value.state);
  workings.prefixes.set(resource, outcome.value.prefix);
  noteSubnet(workings, placed, outcome.value.prefix);
};

const sortedServices = (services: readonly Service[]): readonly Service[] =>
  services.toSorted((one, other) => compare(one.protocol, other.protocol) || compare(one.port, other.port));

const sortedForwards = (forwards: readonly PortForward[]): readonly PortForward[] =>
  forwards.toSorted(
    (one, other) =>
      compare(one.address.value, other.address.value) || compare(one.protocol, other.protocol) || compare(one.port, other.port),
  );

/** A VXLAN whose nodes have no family in common is refused with the farm file. */
const overlayIntent = ({ overlay, resources }: UserNetwork, nodes: Nodes): OverlayIntent | undefined => {
  if (overlay?.kind !== "vxlan") return overlay === undefined ? undefined : { kind: overlay.kind };
  return { kind: "vxlan", underlay: vxlanUnderlayOf(resources.flatMap(({ node }) => nodes.get(node) ?? [])) ?? "ipv4" };
};

const networkIntent = (network: UserNetwork, prefixes: ReadonlyMap<NetworkResource, Prefix>, nodes: Nodes): NetworkIntent => {
  const resources: ResourceIntent[] = [];
  for (const resource of network.resources) {
    const prefix = prefixes.get(resource);
    const node = nodes.get(resource.node);
    const nic = network.overlay?.kind === "segment" && node !== undefined ? overlayNicOf(node, network.overlay.segment)?.name : undefined;
    const place = nic === undefined ? { node: resource.node } : { node: resource.node, nic };
    if (prefix !== undefined) resources.push({ ...place, exitPoint: resource.exitPoint, prefix });
  }
  const overlay = overlayIntent(network, nodes);
  return {
    name: network.name,
    kind: network.kind,
    ...(overlay === undefined ? {} : { overlay }),
    allocationNumber: network.allocationNumber,
    ownedIpv4: network.ownedIpv4.toSorted((one, other) => compare(one.value, other.value)),
    resources: resources.toSorted((one, other) => compare(one.node, other.node)),
    workloads: network.workloads
      .map(({ name, node, host, services }): WorkloadIntent => ({ name, node, host, services: sortedServices(services) }))
      .toSorted(byName),
    portForwards: sortedForwards(network.portForwards),
  };
};

const nodeIntent = (node: FarmNode): NodeIntent => ({
  name: node.name,
  ...(node.public === undefined ? {} : { public: node.public }),
  ...(node.exitNode === undefined ? {} : { exitNode: node.exitNode }),
});

/**
 * The intents of a farm, in the order of names and numbers. Prefixes that the file states are reserved first, the allocator then
 * gives the rest. Errors: those of the allocator, an exit point that is not one or not on an exit node, the same prefix bytes twice
 * on a node, the port of a service of the node's own or of its VXLANs. Warnings and the advice to add an exit node accompany the value.
 */
export function intentsOf(farm: Farm): Outcome<Intents> {
  const heldPorts = new Map(farm.nodes.map((node) => [node.name, heldUdpPorts(node)]));
  const workings: Workings = {
    allocators: new Map(),
    prefixes: new Map(),
    subnetsOfNode: new Map(),
    heldPorts,
    vxlans: new Map(),
    problems: [],
  };
  const nodes = farm.nodes.toSorted(byName);
  const networks = farm.networks.toSorted(byName);
  startAllocators(farm, workings);
  reserveExitNodes(nodes, workings);
  const byNodeName: Nodes = new Map(nodes.map((node) => [node.name, node]));
  const placed = place(networks, byNodeName, workings);
  noteVxlans(placed, workings);
  for (const one of placed) if (one.resource.prefix !== undefined) allot(one, workings);
  for (const one of placed) if (one.resource.prefix === undefined) allot(one, workings);
  const allocations = farm.allocations
    .map(({ prefix, number }): AllocationIntent => ({ prefix, number }))
    .toSorted((one, other) => compare(one.number, other.number));
  for (const { number } of allocations) {
    const state = workings.allocators.get(number);
    if (state !== undefined) workings.problems.push(...advise(state));
  }
  if (workings.problems.some((problem) => problem.severity === "error")) return failure(...workings.problems);
  return success(
    {
      allocations,
      nodes: nodes.map(nodeIntent),
      networks: networks.map((network) => networkIntent(network, workings.prefixes, byNodeName)),
    },
    workings.problems,
  );
}

/**
 * The intents at a moment of the farm's timeline (see `presenceAt`): those of the whole farm without what is away then. Prefixes are given
 * out for all that are ever there, so that nobody's changes when another comes or goes.
 */
export function intentsAt(farm: Farm, atMs: number): Outcome<Intents> {
  const all = intentsOf(farm);
  if (!all.ok) return all;
  const { hasNetwork, hasResource } = presenceAt(farm, atMs);
  const networks = all.value.networks
    .filter(({ name }) => hasNetwork(name))
    .map((network): NetworkIntent => {
      const workloads = network.workloads.filter(({ node }) => hasResource(network.name, node));
      return {
        ...network,
        resources: network.resources.filter(({ node }) => hasResource(network.name, node)),
        workloads,
        portForwards: network.portForwards.filter(({ workload }) => workloads.some(({ name }) => name === workload)),
      };
    });
  return { ...all, value: { ...all.value, networks } };
}
