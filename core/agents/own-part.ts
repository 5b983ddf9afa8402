/** What concerns one node in a store's contents: its own tunnels, what it says of itself, and whom it waits for. Pure. */
import { remembered } from "../common/index.ts";
import type { Problem } from "../common/index.ts";
import type { GrantedList, Grants } from "../allocate/index.ts";
import type { Intents, NetworkIntent, NetworkWish, NodeFacts, NodeIntent, NodeWish, Wishes } from "../intents/index.ts";
import {
  candidatesFor,
  factsByNode,
  leasedExitNodes,
  mirrorOf,
  overlayLinkName,
  resourcesOn,
  secondLinkName,
  standInOf,
} from "../plan/index.ts";
import type { TunnelFacts } from "./acceptance.ts";
import type { Measured, MeasuredFamily } from "./reachability.ts";

/** What the list says, as it was wished and as it was granted. */
interface AnsweredList {
  readonly wishes: Wishes;
  readonly grants: Grants;
  readonly granted: GrantedList<NodeWish, NetworkWish>;
}

/** What of the node's own is not granted, and why. */
export function ungrantedOf(node: string, { wishes, grants, granted: { list, missing } }: AnsweredList): readonly string[] {
  const exitNode = wishes.nodes.find(({ name }) => name === node)?.exitNode;
  const isNumbered = exitNode === undefined || list.nodes.find(({ name }) => name === node)?.exitNode !== undefined;
  const why = (refused: readonly Pick<Problem, "message">[] | undefined): string =>
    (refused ?? []).length === 0 ? "" : ` (${refused?.map(({ message }) => message).join("; ")})`;
  const numbers = grants.numbers.find((grant) => grant.allocationNumber === exitNode?.allocationNumber);
  return [
    ...(isNumbered ? [] : [`waiting for its number as an exit node${why(numbers?.refused)}`]),
    ...missing
      .filter((holder) => holder.node === node)
      .map(({ network }) => {
        const grant = grants.networks.find((one) => one.network === network);
        return `waiting for a prefix for its part of network ${network}${why(grant?.refused)}`;
      }),
  ];
}

/** What a node may have of networks, by its interfaces: the network, and the exit node's own node where it only stands in for that. */
export interface OwnLinks {
  readonly networks: NonNullable<NodeFacts["networks"]>;
  readonly standsInFor: NonNullable<NodeFacts["standsInFor"]>;
  /** The interfaces that are WireGuard tunnels, sorted. */
  readonly tunnels: readonly string[];
}

/** The node's own, and what it has when it stands in for an exit node, so that others know the keys by then. Takes intents as they are granted, not as they are hosted. */
export function ownLinks(node: string, intents: Intents): OwnLinks {
  const byNode = linksWithin(intents);
  const known = byNode.get(node) ?? findOwnLinks(node, intents);
  byNode.set(node, known);
  return known;
}

/** By nodes' names, of each list once. */
const linksWithin = remembered<Intents, Map<string, OwnLinks>>(() => new Map());

function findOwnLinks(node: string, intents: Intents): OwnLinks {
  const standIn = leasedExitNodes(intents.nodes)
    .filter((home) => home.name !== node && candidatesFor(home).includes(node))
    .flatMap(({ name, exitNode }) =>
      resourcesOn(name, intents).filter(
        ({ network, resource }) => resource.exitPoint && network.allocationNumber === exitNode.allocationNumber,
      ),
    );
  const own = resourcesOn(node, intents);
  const partners = (standInOf(node, intents)?.networks ?? []).flatMap((network) =>
    network.resources.flatMap((resource) =>
      resource.exitPoint ? [{ network, resource: { ...resource, node: resource.standsInFor ?? node } }] : [],
    ),
  );
  const second = own.filter(({ network, resource }) => !resource.exitPoint && mirrorOf(network, intents) !== undefined);
  const all = [...own, ...standIn, ...partners].map(({ network, resource }) => ({
    link: overlayLinkName(resource, network),
    network,
    home: resource.node,
  }));
  return {
    networks: Object.fromEntries(all.map(({ link, network }) => [link, network.name])),
    standsInFor: Object.fromEntries(all.filter(({ home }) => home !== node).map(({ link, home }) => [link, home])),
    tunnels: [
      ...all.filter(({ network }) => network.overlay === undefined).map(({ link }) => link),
      ...second.map(({ network, resource }) => secondLinkName(resource, network)),
    ].toSorted(),
  };
}

/**
 * The node's facts. Endpoints are the addresses of its public configuration in the families in which it was found public;
 * until something was measured there are none.
 */
export function factsOf(
  node: string,
  intent: NodeIntent | undefined,
  publicKeys: NodeFacts["publicKeys"],
  measured: Measured | undefined,
  { acceptedKeys, tunnelLives }: TunnelFacts,
  { networks, standsInFor }: Pick<OwnLinks, "networks" | "standsInFor">,
): NodeFacts {
  const ofThose = <T>(byTunnel: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(byTunnel).filter(([tunnel]) => publicKeys[tunnel] !== undefined));
  const lives = ofThose(tunnelLives);
  const reachability = measured ?? { ipv4: "hidden", ipv6: "hidden" };
  const { ipv4, ipv6 } = intent?.public ?? {};
  return {
    node,
    publicKeys,
    endpoints: {
      ...(reachability.ipv4 === "public" && ipv4 !== undefined ? { ipv4: ipv4.address } : {}),
      ...(reachability.ipv6 === "public" && ipv6 !== undefined ? { ipv6: ipv6.address } : {}),
    },
    reachability: { ipv4: reachability.ipv4, ipv6: reachability.ipv6 },
    acceptedKeys: ofThose(acceptedKeys),
    ...(Object.keys(lives).length === 0 ? {} : { tunnelLives: lives }),
    networks,
    ...(Object.keys(standsInFor).length === 0 ? {} : { standsInFor }),
  };
}

/** A network's resources, by the nodes that they are on and by their interfaces. */
const interfacesWithin = remembered((network: NetworkIntent): readonly { readonly node: string; readonly link: string }[] =>
  network.resources.map((resource) => ({
    node: resource.node,
    link: overlayLinkName(resource, network),
  })),
);

/** Whether a node has published what others need of a resource of its: a tunnel's key, a VXLAN's address; a segment of its own needs nothing. */
const isPublished = ({ overlay }: NetworkIntent, link: string, facts: NodeFacts | undefined): boolean => {
  if (overlay === undefined) return facts?.publicKeys[link] !== undefined;
  return overlay.kind === "segment" || facts?.endpoints[overlay.underlay] !== undefined;
};

/** What the two exit points of a network need of each other's nodes: the partner the second tunnels' keys, and those the partner's. */
function missingSeconds(
  node: string,
  network: NetworkIntent,
  intents: Intents,
  published: ReadonlyMap<string, NodeFacts>,
): readonly string[] {
  const mirror = mirrorOf(network, intents);
  const exitPoint = mirror?.resources.find((resource) => resource.exitPoint);
  if (mirror === undefined || exitPoint === undefined) return [];
  const others = mirror.resources.filter((one) => one !== exitPoint);
  const wanted =
    exitPoint.node === node
      ? others.map((one) => ({ node: one.node, link: secondLinkName(one, mirror) }))
      : others.some((one) => one.node === node)
        ? [{ node: exitPoint.node, link: overlayLinkName(exitPoint, mirror) }]
        : [];
  return wanted
    .filter((peer) => peer.node !== node && published.get(peer.node)?.publicKeys[peer.link] === undefined)
    .map((peer) => `${peer.link} on ${peer.node}`);
}

/** Other nodes' part in the node's networks that is not published yet, by its interface, as `wg-1abc-1 on node-1`. */
export function missingPeers(node: string, intents: Intents, facts: readonly NodeFacts[]): readonly string[] {
  const published = factsByNode(facts);
  const networks = new Set(resourcesOn(node, intents).map(({ network }) => network));
  const partners = new Set((standInOf(node, intents)?.networks ?? []).map(({ name }) => name));
  const seconds = intents.networks
    .filter((network) => networks.has(network) || partners.has(network.name))
    .flatMap((network) => missingSeconds(node, network, intents, published));
  const firsts = [...networks].flatMap((network) =>
    interfacesWithin(network)
      .filter((peer) => peer.node !== node && !isPublished(network, peer.link, published.get(peer.node)))
      .map((peer) => `${peer.link} on ${peer.node}`),
  );
  return [...firsts, ...seconds];
}

/** Where reachability is measured, and a text that changes when it has to be measured again. */
export function measuringPlace(intent: NodeIntent | undefined): { readonly namespace: "public" | "host"; readonly occasion: string } {
  const config = intent?.public;
  if (config === undefined) return { namespace: "host", occasion: "host" };
  const parts = [config.ipv4, config.ipv6].map((prefix) => (prefix === undefined ? "" : `${prefix.address.value}/${prefix.length}`));
  const gateways = [config.gateway4, config.gateway6].map((gateway) => (gateway === undefined ? "" : String(gateway.value)));
  return { namespace: "public", occasion: [config.nic, ...parts, ...gateways].join(" ") };
}

/**
 * Of which families a measurement may have come too early: a node that hears from the store has some way out, and public addresses are
 * configured because they work. `asked`: those for which there is a reflector.
 */
export function earlyFamilies(
  intent: NodeIntent | undefined,
  measured: Measured,
  asked: readonly MeasuredFamily[],
): readonly MeasuredFamily[] {
  const none = asked.filter((family) => measured[family] === "none");
  if (intent?.public === undefined) return none.length === asked.length ? none : [];
  return none.filter((family) => intent.public?.[family] !== undefined);
}
