/** The WireGuard mesh of a network as one of its resources sees it: who is a peer, at which endpoint, with which AllowedIPs. */
import { formatAddress, formatPrefix } from "../common/index.ts";
import type { Address, Family } from "../common/index.ts";
import { exitPeerAllowedIPs, keepaliveSeconds, peerAllowedIPs, wgListenPort, wgName } from "../derive/index.ts";
import type { NetworkIntent, NodeFacts, Reachability, ResourceIntent } from "../intents/index.ts";
import { resourcesOf } from "./networks.ts";
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
const reachableEndpoint = (mine: NodeFacts | undefined, theirs: NodeFacts | undefined): Address | undefined =>
  families.flatMap((family) => (reachabilityOf(mine, family) === "none" ? [] : (endpointOf(theirs, family) ?? [])))[0];

const socketText = (address: Address, port: number): string =>
  address.family === 4 ? `${formatAddress(address)}:${port}` : `[${formatAddress(address)}]:${port}`;

/**
 * The other resources with which `mine` has a tunnel of its own: every one that has published a key, and where one of both reaches the
 * other. The exit point is everybody's peer: without it a resource would have no way out at all.
 */
export function directPeers(mine: ResourceIntent, network: NetworkIntent, facts: readonly NodeFacts[]): readonly ResourceIntent[] {
  const factsOf = (resource: ResourceIntent): NodeFacts | undefined => facts.find((candidate) => candidate.node === resource.node);
  return resourcesOf(network).filter((peer) => {
    if (peer === mine || publicKeyOf(peer, network, facts) === undefined) return false;
    if (mine.exitPoint || peer.exitPoint) return true;
    return reachableEndpoint(factsOf(mine), factsOf(peer)) !== undefined || reachableEndpoint(factsOf(peer), factsOf(mine)) !== undefined;
  });
}

const publicKeyOf = (peer: ResourceIntent, network: NetworkIntent, facts: readonly NodeFacts[]): string | undefined =>
  facts.find((candidate) => candidate.node === peer.node)?.publicKeys[wgName(peer.prefix, network.allocationNumber)];

/** The peers of `mine`, sorted by public key; an endpoint only where the peer takes new flows, for a learnt one is never overwritten. */
export function wireguardPeers(mine: ResourceIntent, network: NetworkIntent, facts: readonly NodeFacts[]): readonly WireguardPeerPlan[] {
  const own = facts.find((candidate) => candidate.node === mine.node);
  const peers = directPeers(mine, network, facts).flatMap((peer): WireguardPeerPlan[] => {
    const publicKey = publicKeyOf(peer, network, facts);
    if (publicKey === undefined) return [];
    const endpoint = reachableEndpoint(
      own,
      facts.find((candidate) => candidate.node === peer.node),
    );
    return [
      {
        publicKey,
        ...(endpoint === undefined ? {} : { endpoint: socketText(endpoint, wgListenPort(peer.prefix)) }),
        allowedIps: (peer.exitPoint ? exitPeerAllowedIPs : peerAllowedIPs(peer.prefix)).map(formatPrefix),
        keepaliveSeconds,
      },
    ];
  });
  return peers.sort((one, other) => (one.publicKey < other.publicKey ? -1 : one.publicKey > other.publicKey ? 1 : 0));
}
