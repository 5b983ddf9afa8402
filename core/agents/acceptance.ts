/**
 * Who opens a tunnel first, and when. A first WireGuard message that finds nobody is repeated only after 5 s, so the side that can
 * open waits until the other side says that it has been given its key. Pure.
 */
import { remembered } from "../common/index.ts";
import { wgName, whName } from "../derive/index.ts";
import type { Intents, NodeFacts } from "../intents/index.ts";
import { mirrorOf, resourcesOn, type NodePlan, type WireguardPlan } from "../plan/index.ts";

/** What a node says of its tunnels once they are made. */
export type TunnelFacts = Required<Pick<NodeFacts, "acceptedKeys" | "tunnelLives">>;

export const noTunnels: TunnelFacts = { acceptedKeys: {}, tunnelLives: {} };

/** By `TUNNEL on NODE`, the lives of others' tunnels that a node's own have been told of as peers. */
export type MetLives = Readonly<Record<string, string>>;

const startOf = (publicKey: string): string => publicKey.slice(0, 8);

const startsOfPeers = remembered((plan: WireguardPlan): readonly string[] => plan.peers.map((peer) => startOf(peer.publicKey)).toSorted());

/** The keys that the node's tunnels have been given once the plan is carried out. */
function acceptedBy(plan: NodePlan): TunnelFacts["acceptedKeys"] {
  const accepted = plan.namespaces.flatMap((namespace) =>
    namespace.links.flatMap((link): [string, readonly string[]][] =>
      link.kind === "wireguard" ? [[link.name, startsOfPeers(link.wireguard)]] : [],
    ),
  );
  return Object.fromEntries(accepted);
}

/** What is to be said once a plan is carried out, for which some tunnels were made; `nextLife` gives those a word of their own. */
export function tunnelFactsAfter(
  plan: NodePlan,
  made: ReadonlySet<string>,
  before: TunnelFacts["tunnelLives"],
  nextLife: () => string,
): TunnelFacts {
  const acceptedKeys = acceptedBy(plan);
  const lives = Object.keys(acceptedKeys).map((tunnel): [string, string] => {
    const known = made.has(tunnel) ? undefined : before[tunnel];
    return [tunnel, known ?? nextLife()];
  });
  return { acceptedKeys, tunnelLives: Object.fromEntries(lives) };
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
  /** What was left out because it is too early, as `wg-1abc-1 on node-1`. */
  readonly awaited: readonly string[];
  /** What was left out this once, likewise: it has been made anew, and as a new peer it is greeted anew. */
  readonly renewed: readonly string[];
  /** What has been met once a plan that is made of these facts is carried out. */
  readonly met: MetLives;
}

/** Leaves out what it is too early to use of other nodes' facts, and what has changed behind a peer that was `met`. */
export function usableFacts(mine: NodeFacts, intents: Intents, facts: readonly NodeFacts[], met: MetLives): OthersFacts {
  const awaited: string[] = [];
  const renewed: string[] = [];
  const meeting: Record<string, string> = {};
  const without = (theirs: NodeFacts, pairs: readonly TunnelPair[]): NodeFacts => {
    const early = pairs.filter((pair) => isEarly(mine, theirs, pair)).map(({ other }) => other);
    const inTime = pairs.map(({ other }) => other).filter((tunnel) => !early.includes(tunnel));
    const place = (tunnel: string): string => `${tunnel} on ${theirs.node}`;
    const another = inTime.filter((tunnel) => {
      const life = theirs.tunnelLives?.[tunnel];
      if (life === undefined) return false;
      const known = met[place(tunnel)];
      meeting[place(tunnel)] = life;
      return known !== undefined && known !== life;
    });
    awaited.push(...early.map(place));
    renewed.push(...another.map(place));
    const leftOut = [...early, ...another];
    if (leftOut.length === 0) return theirs;
    return { ...theirs, publicKeys: Object.fromEntries(Object.entries(theirs.publicKeys).filter(([tunnel]) => !leftOut.includes(tunnel))) };
  };
  const usable = facts
    .filter((theirs) => theirs.node !== mine.node)
    .map((theirs) => {
      const first = waitsFor(mine, theirs) ? tunnelPairs(mine.node, theirs.node, intents) : [];
      return without(theirs, [...first, ...secondPairs(mine.node, theirs.node, intents)]);
    });
  return { usable, own: without(mine, secondPairs(mine.node, mine.node, intents)), awaited, renewed, met: meeting };
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
