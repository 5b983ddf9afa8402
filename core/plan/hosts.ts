/** The intents as they come to, once it is known who hosts the exit nodes that have standbys (seed 1, "Gateway Containers"; EX-14). */
import type { ExitNodeConfig } from "../farm/index.ts";
import type { ExitNodeHost, Intents, NetworkIntent, NodeIntent } from "../intents/index.ts";

/** An exit node with its own node. */
export interface ExitNodeHome {
  readonly name: string;
  readonly exitNode: ExitNodeConfig;
}

/** The nodes that may host it, the first that can before the others: its own, then its standbys. */
export function candidatesFor(home: ExitNodeHome): readonly string[] {
  return [home.name, ...(home.exitNode.standbys ?? []).map(({ node }) => node)];
}

/** The exit nodes that have standbys, with their own nodes. */
export function leasedExitNodes(nodes: readonly NodeIntent[]): readonly ExitNodeHome[] {
  return nodes.flatMap(({ name, exitNode }) => (exitNode?.standbys === undefined ? [] : [{ name, exitNode }]));
}

/** An exit node that is not on its own node. */
interface Moved {
  readonly from: string;
  readonly to: string;
  readonly exitNode: ExitNodeConfig;
}

function movedOf(intents: Intents, hosts: readonly ExitNodeHost[]): readonly Moved[] {
  return leasedExitNodes(intents.nodes).flatMap(({ name, exitNode }): Moved[] => {
    const { number, allocationNumber } = exitNode;
    const host = hosts.find((one) => one.allocationNumber === allocationNumber && one.exitNode === number);
    const standby = exitNode.standbys?.find(({ node }) => node === host?.node);
    return standby === undefined ? [] : [{ from: name, to: standby.node, exitNode: { ...exitNode, nic: standby.nic } }];
  });
}

function movedNetwork(network: NetworkIntent, moved: readonly Moved[]): NetworkIntent {
  const exitPoint = network.resources.find((resource) => resource.exitPoint);
  const move = moved.find(({ from, exitNode }) => from === exitPoint?.node && exitNode.allocationNumber === network.allocationNumber);
  if (move === undefined) return network;
  return {
    ...network,
    resources: network.resources.map((one) => (one === exitPoint ? { ...one, node: move.to, standsInFor: move.from } : one)),
    // What ran there is where it was, and its prefix is not.
    workloads: network.workloads.filter(({ node }) => node !== move.from),
  };
}

/**
 * The intents with every exit node, and the exit points on it, where they are hosted now. While nobody hosts one, all of it counts as on its
 * own node: its gateway is to be there when the record is, and answers nobody before (see `fence.ts`).
 */
export function hostedIntents(intents: Intents, hosts: readonly ExitNodeHost[]): Intents {
  const moved = movedOf(intents, hosts);
  if (moved.length === 0) return intents;
  return {
    ...intents,
    nodes: intents.nodes.map((node): NodeIntent => {
      const { exitNode: own, ...rest } = node;
      const taken = moved.find(({ to }) => to === node.name)?.exitNode;
      const kept = moved.some(({ from }) => from === node.name) ? undefined : own;
      const exitNode = taken ?? kept;
      return exitNode === undefined ? rest : { ...rest, exitNode };
    }),
    networks: intents.networks.map((network) => movedNetwork(network, moved)),
  };
}
