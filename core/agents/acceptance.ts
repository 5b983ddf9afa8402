/**
 * Who opens a tunnel first, and when. A first WireGuard message that finds nobody is repeated only after 5 s, so the side that can
 * open waits until the other side says that it has been given its key. Pure.
 */
import { wgName } from "../derive/index.ts";
import type { Intents, NodeFacts } from "../intents/index.ts";
import type { NodePlan } from "../plan/index.ts";

export type AcceptedKeys = NonNullable<NodeFacts["acceptedKeys"]>;

const startOf = (publicKey: string): string => publicKey.slice(0, 8);

/** The keys that the node's tunnels have been given once the plan is carried out. */
export function acceptedBy(plan: NodePlan): AcceptedKeys {
  const accepted = plan.namespaces.flatMap((namespace) =>
    namespace.links.flatMap((link): [string, string[]][] =>
      link.kind === "wireguard" ? [[link.name, link.wireguard.peers.map((peer) => startOf(peer.publicKey)).toSorted()]] : [],
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
  /** What was left out, as `wg-1abc-1 on node-1`. */
  readonly awaited: readonly string[];
}

/** Leaves out what it is too early to use of other nodes' facts. */
export function usableFacts(mine: NodeFacts, intents: Intents, facts: readonly NodeFacts[]): OthersFacts {
  const awaited: string[] = [];
  const usable = facts
    .filter((theirs) => theirs.node !== mine.node)
    .map((theirs) => {
      if (!waitsFor(mine, theirs)) return theirs;
      const early = tunnelPairs(mine.node, theirs.node, intents)
        .filter(({ own, other }) => {
          const key = mine.publicKeys[own];
          return (
            theirs.publicKeys[other] !== undefined && (key === undefined || theirs.acceptedKeys?.[other]?.includes(startOf(key)) !== true)
          );
        })
        .map(({ other }) => other);
      if (early.length === 0) return theirs;
      awaited.push(...early.map((tunnel) => `${tunnel} on ${theirs.node}`));
      return { ...theirs, publicKeys: Object.fromEntries(Object.entries(theirs.publicKeys).filter(([tunnel]) => !early.includes(tunnel))) };
    });
  return { usable, awaited };
}

function tunnelPairs(node: string, otherNode: string, intents: Intents): readonly { readonly own: string; readonly other: string }[] {
  return intents.networks.flatMap((network) => {
    const tunnelsOf = (name: string): string[] =>
      network.resources.filter((resource) => resource.node === name).map(({ prefix }) => wgName(prefix, network.allocationNumber));
    return tunnelsOf(node).flatMap((own) => tunnelsOf(otherNode).map((other) => ({ own, other })));
  });
}
