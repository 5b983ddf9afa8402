/** A user's network as seen from a node: its resources in a fixed order, which one is the exit point, who lives here. */
import type { AllocationIntent, Intents, NetworkIntent, NodeIntent, ResourceIntent, WorkloadIntent } from "../intents/index.ts";

const byPrefix = (one: ResourceIntent, other: ResourceIntent): number =>
  one.prefix.address.value < other.prefix.address.value ? -1 : one.prefix.address.value > other.prefix.address.value ? 1 : 0;

const byExitPoint = (one: NetworkIntent, other: NetworkIntent): number => {
  const first = resourcesOf(one)[0];
  const second = resourcesOf(other)[0];
  return first === undefined || second === undefined ? 0 : byPrefix(first, second);
};

/** In the order of their prefixes, so that the order in which intents were written has no influence. */
export function resourcesOf(network: NetworkIntent): readonly ResourceIntent[] {
  return [...network.resources].sort(byPrefix);
}

export function exitPointOf(network: NetworkIntent): ResourceIntent | undefined {
  return network.resources.find((resource) => resource.exitPoint);
}

/** The resource that a workload is behind: that of its node, which is not the one of an exit node that the node stands in for. */
export function resourceOf(workload: WorkloadIntent, network: NetworkIntent): ResourceIntent | undefined {
  return network.resources.find((resource) => resource.node === workload.node && resource.standsInFor === undefined);
}

/** The node's own network resources with their networks, ordered by prefix. */
export function resourcesOn(
  node: string,
  intents: Intents,
): readonly { readonly network: NetworkIntent; readonly resource: ResourceIntent }[] {
  return intents.networks
    .flatMap((network) => network.resources.filter((resource) => resource.node === node).map((resource) => ({ network, resource })))
    .sort((one, other) => byPrefix(one.resource, other.resource));
}

/** The networks whose exit point is on this exit node, of the allocation that it routes. */
export function networksOfGateway(node: NodeIntent, intents: Intents): readonly NetworkIntent[] {
  return intents.networks
    .filter((network) => network.allocationNumber === node.exitNode?.allocationNumber && exitPointOf(network)?.node === node.name)
    .sort(byExitPoint);
}

export function allocationNumbered(number: number, intents: Intents): AllocationIntent | undefined {
  return intents.allocations.find((allocation) => allocation.number === number);
}

export function nodeNamed(name: string, intents: Intents): NodeIntent | undefined {
  return intents.nodes.find((node) => node.name === name);
}
