/**
 * A user's network as seen from a node: its resources in a fixed order, which one is the exit point, who lives here. Looked up once for
 * intents, a network or facts that stay the same: a farm has thousands of resources, and every node asks.
 */
import { remembered } from "../common/index.ts";
import type { AllocationIntent, Intents, NetworkIntent, NodeFacts, NodeIntent, ResourceIntent, WorkloadIntent } from "../intents/index.ts";

const byPrefix = (one: ResourceIntent, other: ResourceIntent): number =>
  one.prefix.address.value < other.prefix.address.value ? -1 : one.prefix.address.value > other.prefix.address.value ? 1 : 0;

const byExitPoint = (one: NetworkIntent, other: NetworkIntent): number => {
  const first = resourcesOf(one)[0];
  const second = resourcesOf(other)[0];
  return first === undefined || second === undefined ? 0 : byPrefix(first, second);
};

/** In the order of their prefixes, so that the order in which intents were written has no influence. */
export const resourcesOf: (network: NetworkIntent) => readonly ResourceIntent[] = remembered((network) => {
  return [...network.resources].sort(byPrefix);
});

/** All of the network but one. */
export function othersOf(mine: ResourceIntent, network: NetworkIntent): readonly ResourceIntent[] {
  return resourcesOf(network).filter((other) => other !== mine);
}

export function exitPointOf(network: NetworkIntent): ResourceIntent | undefined {
  return network.resources.find((resource) => resource.exitPoint);
}

/** The resource that a workload is behind: that of its node, which is not the one of an exit node that the node stands in for. */
export function resourceOf(workload: WorkloadIntent, network: NetworkIntent): ResourceIntent | undefined {
  return network.resources.find((resource) => resource.node === workload.node && resource.standsInFor === undefined);
}

/** The workloads behind a resource, by host number. */
export function workloadsOf(resource: ResourceIntent, network: NetworkIntent): readonly WorkloadIntent[] {
  return network.workloads.filter((workload) => resourceOf(workload, network) === resource).toSorted((one, other) => one.host - other.host);
}

/** A network resource with its network. */
export interface Located {
  readonly network: NetworkIntent;
  readonly resource: ResourceIntent;
}

const addTo = <Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
};

const locatedIn = remembered((network: NetworkIntent): readonly Located[] => network.resources.map((resource) => ({ network, resource })));

const resourcesByNode = remembered((networks: Intents["networks"]): ReadonlyMap<string, readonly Located[]> => {
  const lists = new Map<string, Located[]>();
  for (const network of networks) for (const located of locatedIn(network)) addTo(lists, located.resource.node, located);
  for (const list of lists.values()) list.sort((one, other) => byPrefix(one.resource, other.resource));
  return lists;
});

/** The node's own network resources with their networks, ordered by prefix. */
export function resourcesOn(node: string, intents: Intents): readonly Located[] {
  return resourcesByNode(intents.networks).get(node) ?? [];
}

const networksByExitPoint = remembered((networks: Intents["networks"]): ReadonlyMap<string, readonly NetworkIntent[]> => {
  const lists = new Map<string, NetworkIntent[]>();
  for (const network of networks) {
    const exitPoint = exitPointOf(network);
    if (exitPoint !== undefined) addTo(lists, exitPoint.node, network);
  }
  for (const list of lists.values()) list.sort(byExitPoint);
  return lists;
});

/** The networks whose exit point is on this exit node, of the allocation that it routes. */
export function networksOfGateway(node: NodeIntent, intents: Intents): readonly NetworkIntent[] {
  const here = networksByExitPoint(intents.networks).get(node.name) ?? [];
  return here.filter((network) => network.allocationNumber === node.exitNode?.allocationNumber);
}

export function allocationNumbered(number: number, intents: Intents): AllocationIntent | undefined {
  return intents.allocations.find((allocation) => allocation.number === number);
}

const nodesByName = remembered(
  (nodes: Intents["nodes"]): ReadonlyMap<string, NodeIntent> => new Map(nodes.map((node) => [node.name, node])),
);

export function nodeNamed(name: string, intents: Intents): NodeIntent | undefined {
  return nodesByName(intents.nodes).get(name);
}

/** What nodes have published, by their names. */
export const factsByNode: (facts: readonly NodeFacts[]) => ReadonlyMap<string, NodeFacts> = remembered(
  (facts: readonly NodeFacts[]) => new Map(facts.map((one) => [one.node, one])),
);
