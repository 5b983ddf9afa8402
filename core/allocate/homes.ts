/** Where networks have their home: the exit nodes' numbers, and of whose part each network's prefixes are. */
import { formatPrefix } from "../common/index.ts";
import type { Problem } from "../common/index.ts";
import { nodesOfResource } from "../derive/index.ts";
import { exitNodeNumberOf, grantExitNode, keepExitNodes, reserveExitNode } from "./exit-nodes.ts";
import type { AllocationList, ListedNetwork, ListedNode, ListedResource } from "./list.ts";
import { error } from "./refusal.ts";
import { startAllocator } from "./state.ts";
import type { AllocatorState } from "./state.ts";

const compare = (one: string | number | bigint, other: string | number | bigint): number => (one < other ? -1 : one > other ? 1 : 0);
export const byName = (one: { readonly name: string }, other: { readonly name: string }): number => compare(one.name, other.name);

/** A resource that may have a prefix, and the exit node in whose part that has to lie. */
export interface Placed {
  readonly network: ListedNetwork;
  readonly resource: ListedResource;
  readonly exitNode: number;
  /** Its node, and for an exit point those that stand in for it. */
  readonly nodes: readonly string[];
}

/** A problem, and whose it is; nobody's where it is the farm's. */
export interface Complaint {
  readonly problem: Problem;
  readonly network?: string;
  readonly allocationNumber?: number;
}

/** Allocators by allocation number, those of `book` where their allocation is still the same. */
export function startStates(
  book: ReadonlyMap<number, AllocatorState>,
  { allocations }: Pick<AllocationList, "allocations">,
  complain: (complaint: Complaint) => void,
): Map<number, AllocatorState> {
  const states = new Map(book);
  const seen = new Set<number>();
  const inOrder = allocations.toSorted(
    (one, other) => compare(one.number, other.number) || compare(one.prefix.address.value, other.prefix.address.value),
  );
  for (const { number, prefix } of inOrder) {
    const started = startAllocator(prefix);
    for (const problem of started.problems) complain({ problem });
    if (!started.ok) continue;
    if (seen.has(number)) {
      const hint = "give every allocation a number of its own";
      complain({ problem: error("allocation-number-twice", `two allocations have the number ${number}`, hint) });
      continue;
    }
    seen.add(number);
    const held = states.get(number);
    // Nothing of another /48 can be taken for something of this one.
    if (held === undefined || formatPrefix(held.prefix) !== formatPrefix(started.value.prefix)) states.set(number, started.value);
  }
  return states;
}

/** Numbers follow the list: who is no exit node any more has none, stated ones are reserved, then the others get what is free. */
export function numberExitNodes(
  states: Map<number, AllocatorState>,
  { allocations, nodes }: AllocationList,
  complain: (complaint: Complaint) => void,
): void {
  const exitNodes = nodes.toSorted(byName).flatMap(({ name, exitNode }) => (exitNode === undefined ? [] : [{ name, ...exitNode }]));
  for (const [allocationNumber, state] of states) {
    const own = new Map(exitNodes.filter((one) => one.allocationNumber === allocationNumber).map(({ name, number }) => [name, number]));
    states.set(
      allocationNumber,
      keepExitNodes(state, (node, number) => own.has(node) && (own.get(node) ?? number) === number),
    );
  }
  for (const isStated of [true, false]) {
    for (const { name, number, allocationNumber } of exitNodes) {
      if ((number !== undefined) !== isStated) continue;
      const state = states.get(allocationNumber);
      if (state === undefined || !allocations.some((one) => one.number === allocationNumber)) {
        const message = `${name} is an exit node of allocation ${allocationNumber}, which the farm does not have`;
        complain({ problem: error("unknown-allocation", message), allocationNumber });
        continue;
      }
      if (number === undefined) {
        const granted = grantExitNode(state, name);
        for (const problem of granted.problems) complain({ problem, allocationNumber });
        if (granted.ok) states.set(allocationNumber, granted.value.state);
      } else {
        const reserved = reserveExitNode(state, name, number);
        for (const problem of reserved.problems) complain({ problem, allocationNumber });
        if (reserved.ok) states.set(allocationNumber, reserved.value);
      }
    }
  }
}

/** The exit node that a network's prefixes come from; a Problem unless it has exactly one exit point, on an exit node. */
function homeOf(
  network: ListedNetwork,
  nodes: ReadonlyMap<string, ListedNode>,
  states: ReadonlyMap<number, AllocatorState>,
): number | Problem {
  const exitPoints = network.resources.filter((resource) => resource.exitPoint);
  const [exitPoint] = exitPoints;
  if (exitPoint === undefined || exitPoints.length > 1) {
    const where = exitPoints.map((resource) => resource.node).toSorted(compare);
    const message = `network ${network.name} has ${exitPoints.length} exit points${where.length === 0 ? "" : ` (on ${where.join(", ")})`}; it needs exactly one`;
    return error("exit-point-count", message, "mark the resource on an exit node with `exit-point: true`");
  }
  const exitNode = nodes.get(exitPoint.node)?.exitNode;
  const state = states.get(network.allocationNumber);
  if (exitNode?.allocationNumber !== network.allocationNumber || state === undefined) {
    const message = `the exit point of network ${network.name} is on ${exitPoint.node}, which is no exit node of allocation ${network.allocationNumber}`;
    return error("exit-point-not-on-exit-node", message, "an exit point lives on an exit node of the network's allocation");
  }
  const number = exitNodeNumberOf(state, exitPoint.node);
  if (number !== undefined) return number;
  const message = `the exit point of network ${network.name} is on ${exitPoint.node}, which has no number as an exit node`;
  return error("exit-node-without-number", message, "see what is said of that exit node");
}

/** What of the networks can have prefixes, in the order of names. */
export function placeResources(
  states: ReadonlyMap<number, AllocatorState>,
  list: AllocationList,
  complain: (complaint: Complaint) => void,
): readonly Placed[] {
  const nodes = new Map(list.nodes.map((node) => [node.name, node]));
  const placed: Placed[] = [];
  for (const network of list.networks.toSorted(byName)) {
    const refuse = (problem: Problem): void => complain({ problem, network: network.name });
    const exitNode = homeOf(network, nodes, states);
    if (typeof exitNode !== "number") {
      refuse(exitNode);
      continue;
    }
    const resources = network.resources.toSorted((one, other) => compare(one.node, other.node));
    for (const [index, resource] of resources.entries()) {
      if (!nodes.has(resource.node)) {
        const hint = "add the node to the list, or take the resource out of the network";
        refuse(error("unknown-node", `network ${network.name} has a resource on ${resource.node}, and there is no such node`, hint));
      } else if (resources[index - 1]?.node === resource.node) {
        const message = `network ${network.name} has two resources on ${resource.node}`;
        refuse(error("resource-twice-on-node", message, "a network has at most one on each node"));
      } else placed.push({ network, resource, exitNode, nodes: nodesOfResource(resource, nodes.get(resource.node)) });
    }
  }
  return placed;
}
