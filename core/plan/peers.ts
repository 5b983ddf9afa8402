/** The WireGuard mesh of a network as one of its resources sees it: who is a peer, at which endpoint, with which AllowedIPs. */
import { formatAddress, formatPrefix, remembered } from "../common/index.ts";
import type { Address, Family } from "../common/index.ts";
import { exitPeerAllowedIPs, keepaliveSeconds, peerAllowedIPs, wgListenPort, wgName, whName } from "../derive/index.ts";
import type { NetworkIntent, NodeFacts, Reachability, ResourceIntent } from "../intents/index.ts";
import { factsByNode, resourcesOf } from "./networks.ts";
import type { WireguardPeerPlan } from "./node-plan.ts";

const families: readonly Family[] = [4, 6];

/** A node that has not published facts yet is taken for one that gets out but is not reached. */
const reachabilityOf = (facts: NodeFacts | undefined, family: Family): Reachability =>
  facts === undefined ? "hidden" : family === 4 ? facts.reachability.ipv4 : facts.reachability.ipv6;

const endpointOf = (facts: NodeFacts | undefined, family: Family): Address | undefined =>
  facts === undefined || reachabilityOf(facts, family) !== "public"
    ? undefined
    : family === 4
      ? facts.endpoints.ipv4
      : facts.endpoints.ipv6;

/** Where `mine` can open a flow to `theirs`: IPv4 first, for the smaller header. */
const reachableEndpoint = (mine: NodeFacts | undefined, theirs: NodeFacts | undefined): Address | undefined => {
  const family = families.find((one) => reachabilityOf(mine, one) !== "none" && endpointOf(theirs, one) !== undefined);
  return family === undefined ? undefined : endpointOf(theirs, family);
};

const socketText = (address: Address, port: number): string =>
  address.family === 4 ? `${formatAddress(address)}:${port}` : `[${formatAddress(address)}]:${port}`;

/** What the others of a network know a resource's tunnel by and allow from it, derived once for all of them. */
interface PeerTexts {
  readonly tunnel: string;
  readonly allowedIps: readonly string[];
}

const textsByResource = remembered(
  (network: NetworkIntent): ReadonlyMap<ResourceIntent, PeerTexts> =>
    new Map(
      network.resources.map((peer) => [
        peer,
        {
          tunnel: (network.mirrored === true && !peer.exitPoint ? whName : wgName)(peer.prefix, network.allocationNumber),
          allowedIps: (peer.exitPoint ? exitPeerAllowedIPs : peerAllowedIPs(peer.prefix)).map(formatPrefix),
        },
      ]),
    ),
);

const publicKeyOf = (
  peer: ResourceIntent,
  texts: ReadonlyMap<ResourceIntent, PeerTexts>,
  facts: NodeFacts | undefined,
): string | undefined => facts?.publicKeys[texts.get(peer)?.tunnel ?? ""];

/** One of a network that has published a key: what it is known by, and its node. */
interface PublishedPeer extends PeerTexts {
  readonly peer: ResourceIntent;
  readonly publicKey: string;
  readonly facts: NodeFacts | undefined;
}

/** Of facts, then of a network: once for all its resources. */
const publishedPeers = remembered((facts: readonly NodeFacts[]) => {
  const factsOf = factsByNode(facts);
  return remembered((network: NetworkIntent): readonly PublishedPeer[] => {
    const texts = textsByResource(network);
    return resourcesOf(network).flatMap((peer): PublishedPeer[] => {
      const [theirs, known] = [factsOf.get(peer.node), texts.get(peer)];
      const publicKey = publicKeyOf(peer, texts, theirs);
      return publicKey === undefined || known === undefined ? [] : [{ ...known, peer, publicKey, facts: theirs }];
    });
  });
});

function meetingPeers(mine: ResourceIntent, network: NetworkIntent, facts: readonly NodeFacts[]): readonly PublishedPeer[] {
  const own = factsByNode(facts).get(mine.node);
  const meets = (peer: ResourceIntent, theirs: NodeFacts | undefined): boolean => {
    if (mine.exitPoint || peer.exitPoint) return true;
    if (network.mirrored === true) return false;
    return reachableEndpoint(own, theirs) !== undefined || reachableEndpoint(theirs, own) !== undefined;
  };
  return publishedPeers(facts)(network).filter(({ peer, facts: theirs }) => peer !== mine && meets(peer, theirs));
}

/**
 * The other resources with which `mine` has a tunnel of its own: every one that has published a key, and where one of both reaches the
 * other. The exit point is everybody's peer: without it a resource would have no way out at all. A second tunnel is to it alone.
 */
export const directPeers = (mine: ResourceIntent, network: NetworkIntent, facts: readonly NodeFacts[]): readonly ResourceIntent[] =>
  meetingPeers(mine, network, facts).map(({ peer }) => peer);

/** The peers of `mine`, sorted by public key; an endpoint only where the peer takes new flows, for a learnt one is never overwritten. */
export function wireguardPeers(mine: ResourceIntent, network: NetworkIntent, facts: readonly NodeFacts[]): readonly WireguardPeerPlan[] {
  const own = factsByNode(facts).get(mine.node);
  const peers = meetingPeers(mine, network, facts).map(({ peer, publicKey, allowedIps, facts: theirs }): WireguardPeerPlan => {
    // Who has a second tunnel opens it, for exit nodes that are partners are public: its port is learnt.
    const isSecond = network.mirrored === true && !peer.exitPoint;
    const endpoint = isSecond ? undefined : reachableEndpoint(own, theirs);
    return {
      publicKey,
      ...(endpoint === undefined ? {} : { endpoint: socketText(endpoint, wgListenPort(peer.prefix)) }),
      allowedIps,
      keepaliveSeconds,
    };
  });
  return peers.sort((one, other) => (one.publicKey < other.publicKey ? -1 : one.publicKey > other.publicKey ? 1 : 0));
}

/** Of each network, what was made of its nodes' facts last. */
const textsOfFacts = new WeakMap<NetworkIntent, { readonly held: readonly (NodeFacts | undefined)[]; readonly texts: readonly string[] }>();

/**
 * What a network's plans take from the facts of its nodes, in the order of its resources: the same list of texts, the same plans. Facts of
 * a node say something of all its networks, and most of what is published concerns one of them.
 */
export function factsWithin(network: NetworkIntent, facts: readonly NodeFacts[]): readonly string[] {
  const factsOf = factsByNode(facts);
  const held = resourcesOf(network).map(({ node }) => factsOf.get(node));
  const known = textsOfFacts.get(network);
  if (known !== undefined && known.held.every((one, index) => one === held[index])) return known.texts;
  const names = textsByResource(network);
  const texts = resourcesOf(network).flatMap((resource, index) => {
    const theirs = held[index];
    return theirs === undefined ? ["", ""] : [publicKeyOf(resource, names, theirs) ?? "", reachabilityText(theirs)];
  });
  textsOfFacts.set(network, { held, texts });
  return texts;
}

const reachabilityText = remembered(({ reachability, endpoints }: NodeFacts): string => {
  const { ipv4, ipv6 } = endpoints;
  const addresses = [ipv4, ipv6].map((address) => (address === undefined ? "" : formatAddress(address)));
  return [reachability.ipv4, reachability.ipv6, ...addresses].join(" ");
});
