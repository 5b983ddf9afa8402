/**
 * Who opens a tunnel first, and when. A first WireGuard message that finds nobody is repeated only after 5 s, so the side that can
 * open waits until the other side says that it has been given its key. Pure.
 */
import { remembered } from "../common/index.ts";
import { wgName, whName } from "../derive/index.ts";
import type { Intents, NodeFacts } from "../intents/index.ts";
import { mirrorOf, resourcesOn, type NodePlan, type WireguardPlan } from "../plan/index.ts";

export type AcceptedKeys = NonNullable<NodeFacts["acceptedKeys"]>;

const startOf = (publicKey: string): string => publicKey.slice(0, 8);

const startsOfPeers = remembered((plan: WireguardPlan): readonly string[] => plan.peers.map((peer) => startOf(peer.publicKey)).toSorted());

/** The keys that the node's tunnels have been given once the plan is carried out. */
export function acceptedBy(plan: NodePlan): AcceptedKeys {
  const accepted = plan.namespaces.flatMap((namespace) =>
    namespace.links.flatMap((link): [string, readonly string[]][] =>
      link.kind === "wireguard" ? [[link.name, startsOfPeers(link.wireguard)]] : [],
    ),
  );
  return Object.fromEntries(accepted);
}

const isReachable = (facts: NodeFacts): boolean => facts.endpoints.ipv4 !== undefined || facts.endpoints.ipv6 !== undefined;

/**
 * Whether `mine` opens only after `theirs` has accepted: it does towards a node that it can reach. Where both can open, the one whose
 * name comes first does not wait, for else they would wait for each other; the other one's first message then finds it.
 */
const waitsFor = (mine: NodeFacts, theirs: NodeFacts): boolean => isReachable(theirs) && !(isReachable(mine) && mine.node < theirs.node);

export interface OthersFacts {
  /** The facts of other nodes, without the keys of tunnels that do not expect the node yet. */
  readonly usable: readonly NodeFacts[];
  /** The node's own, likewise: where a second tunnel ends on the node that it begins on. */
  readonly own: NodeFacts;
  /** What was left out, as `wg-1abc-1 on node-1`. */
  readonly awaited: readonly string[];
}

/** Leaves out what it is too early to use of other nodes' facts. */
export function usableFacts(mine: NodeFacts, intents: Intents, facts: readonly NodeFacts[]): OthersFacts {
  const awaited: string[] = [];
  const without = (theirs: NodeFacts, pairs: readonly TunnelPair[]): NodeFacts => {
    const early = pairs.filter((pair) => isEarly(mine, theirs, pair)).map(({ other }) => other);
    if (early.length === 0) return theirs;
    awaited.push(...early.map((tunnel) => `${tunnel} on ${theirs.node}`));
    return { ...theirs, publicKeys: Object.fromEntries(Object.entries(theirs.publicKeys).filter(([tunnel]) => !early.includes(tunnel))) };
  };
  const usable = facts
    .filter((theirs) => theirs.node !== mine.node)
    .map((theirs) => {
      const first = waitsFor(mine, theirs) ? tunnelPairs(mine.node, theirs.node, intents) : [];
      return without(theirs, [...first, ...secondPairs(mine.node, theirs.node, intents)]);
    });
  return { usable, own: without(mine, secondPairs(mine.node, mine.node, intents)), awaited };
}

/** Whether the other tunnel is there and has not been given this node's key yet. */
function isEarly(mine: NodeFacts, theirs: NodeFacts, { own, other }: TunnelPair): boolean {
  const key = mine.publicKeys[own];
  return theirs.publicKeys[other] !== undefined && (key === undefined || theirs.acceptedKeys?.[other]?.includes(startOf(key)) !== true);
}

interface TunnelPair {
  readonly own: string;
  readonly other: string;
}

function tunnelPairs(node: string, otherNode: string, intents: Intents): readonly TunnelPair[] {
  return resourcesOn(node, intents).flatMap(({ network, resource: own }) =>
    network.resources
      .filter((resource) => resource.node === otherNode)
      .map((other) => ({ own: wgName(own.prefix, network.allocationNumber), other: wgName(other.prefix, network.allocationNumber) })),
  );
}

/** A second tunnel is opened by the resource that has it, whoever of both could open it. */
function secondPairs(node: string, otherNode: string, intents: Intents): readonly TunnelPair[] {
  return resourcesOn(node, intents).flatMap(({ network, resource: own }) => {
    const exitPoint = own.exitPoint ? undefined : mirrorOf(network, intents)?.resources.find((resource) => resource.exitPoint);
    if (exitPoint?.node !== otherNode) return [];
    const n = network.allocationNumber;
    return [{ own: whName(own.prefix, n), other: wgName(exitPoint.prefix, n) }];
  });
}
