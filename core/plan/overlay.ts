/** What carries a network from one of its resources to the others: the link, whom it reaches directly, and whose packets may come out of it. */
import { formatAddress, hostPrefix } from "../common/index.ts";
import type { Address, Prefix } from "../common/index.ts";
import {
  nrNamespace,
  nrNetwork4,
  overlayName,
  publicNamespace,
  vxlanMtu,
  vxlanPort,
  vxlanVni,
  wgIP4RT,
  wgListenPort,
  wgLL,
  whName,
  wireguardMtu,
} from "../derive/index.ts";
import type { NetworkIntent, NodeFacts, NodeIntent, OverlayIntent, ResourceIntent } from "../intents/index.ts";
import { plannedMac } from "./macs.ts";
import { exitPointOf, factsByNode, othersOf } from "./networks.ts";
import type { LinkPlan } from "./node-plan.ts";
import type { SecondTunnel } from "./partners.ts";
import { directPeers, wireguardPeers } from "./peers.ts";

/** What another resource may send into an overlay that does not see to it itself, as WireGuard does by its AllowedIPs. */
export interface OverlaySender {
  readonly mac: string;
  /** Its own addresses and networks; absent for the exit point, which hands over what comes from anywhere. */
  readonly sources?: readonly Prefix[];
}

type VxlanIntent = Extract<OverlayIntent, { kind: "vxlan" }>;

export interface OverlayPlan {
  readonly link: LinkPlan;
  /** The other resources that the link reaches directly. */
  readonly peers: readonly ResourceIntent[];
  /** Absent where the link itself checks who sends what. */
  readonly senders?: readonly OverlaySender[];
}

/** The namespace in which a node's tunnels have their sockets. */
export function socketNamespaceOf(node: NodeIntent | undefined): string {
  return node?.public === undefined ? "host" : publicNamespace;
}

/** A resource's interface in its network's overlay. */
export function overlayLinkName(resource: ResourceIntent, network: NetworkIntent): string {
  return overlayName(network.overlay?.kind ?? "wireguard", resource.prefix, network.allocationNumber);
}

/** Its MAC address, where it has one: everybody who knows the node's name and the prefix knows it. */
export function overlayMac(resource: ResourceIntent, network: NetworkIntent): string {
  return plannedMac(resource.node, nrNamespace(resource.prefix, network.allocationNumber), overlayLinkName(resource, network));
}

const sendersOf = (peers: readonly ResourceIntent[], network: NetworkIntent): readonly OverlaySender[] =>
  peers.map((peer): OverlaySender => {
    const mac = overlayMac(peer, network);
    if (peer.exitPoint) return { mac };
    const own = [hostPrefix(wgIP4RT(peer.prefix).address), nrNetwork4(peer.prefix), hostPrefix(wgLL(peer.prefix).address), peer.prefix];
    return { mac, sources: own };
  });

/** Where a node takes a VXLAN's packets, once it has said so. */
export function vtepOf(node: string, overlay: VxlanIntent, facts: readonly NodeFacts[]): Address | undefined {
  return factsByNode(facts).get(node)?.endpoints[overlay.underlay];
}

/** The address from which a node's VXLAN sends; undefined for other overlays, and where the node has none of the VXLAN's family. */
export function vxlanSourceOf(node: NodeIntent, { overlay }: NetworkIntent): Address | undefined {
  return overlay?.kind === "vxlan" ? node.public?.[overlay.underlay]?.address : undefined;
}

function planVxlan(
  node: NodeIntent,
  network: NetworkIntent,
  overlay: VxlanIntent,
  mine: ResourceIntent,
  facts: readonly NodeFacts[],
): OverlayPlan {
  const local = vxlanSourceOf(node, network);
  const exitPoint = exitPointOf(network);
  if (local === undefined || exitPoint === undefined)
    throw new Error(`network ${network.name} is a VXLAN over ${overlay.underlay}, of which ${node.name} has no public address`);
  const reached = othersOf(mine, network).flatMap((peer) => {
    const destination = vtepOf(peer.node, overlay, facts);
    return destination === undefined ? [] : [{ peer, destination: formatAddress(destination) }];
  });
  const peers = reached.map(({ peer }) => peer);
  return {
    link: {
      kind: "vxlan",
      name: overlayLinkName(mine, network),
      mac: overlayMac(mine, network),
      mtu: vxlanMtu(local.family),
      vxlan: {
        socketNamespace: socketNamespaceOf(node),
        vni: vxlanVni(exitPoint.prefix, network.allocationNumber),
        local: formatAddress(local),
        port: vxlanPort,
        forwarding: reached.map(({ peer, destination }) => ({ mac: overlayMac(peer, network), destination })),
      },
    },
    peers,
    senders: sendersOf(peers, network),
  };
}

function planSegment(network: NetworkIntent, mine: ResourceIntent): OverlayPlan {
  if (mine.nic === undefined) throw new Error(`network ${network.name} is on a segment of its own, and ${mine.node} has no NIC for it`);
  const peers = othersOf(mine, network);
  return {
    link: {
      kind: "macvlan",
      name: overlayLinkName(mine, network),
      mac: overlayMac(mine, network),
      parent: mine.nic,
      sources: peers.map((peer) => overlayMac(peer, network)).toSorted(),
    },
    peers,
    senders: sendersOf(peers, network),
  };
}

function planWireguard(node: NodeIntent, network: NetworkIntent, mine: ResourceIntent, facts: readonly NodeFacts[]): OverlayPlan {
  return {
    link: {
      kind: "wireguard",
      name: overlayLinkName(mine, network),
      mtu: wireguardMtu,
      wireguard: {
        socketNamespace: socketNamespaceOf(node),
        listenPort: wgListenPort(mine.prefix),
        peers: wireguardPeers(mine, network, facts),
      },
    },
    peers: directPeers(mine, network, facts),
  };
}

/** The interface of a resource's second tunnel. */
export function secondLinkName(resource: ResourceIntent, network: NetworkIntent): string {
  return whName(resource.prefix, network.allocationNumber);
}

/** The link of a resource's second tunnel. */
export function planSecondTunnel(
  node: NodeIntent,
  { mirror, port }: SecondTunnel,
  mine: ResourceIntent,
  facts: readonly NodeFacts[],
): LinkPlan {
  return {
    kind: "wireguard",
    name: secondLinkName(mine, mirror),
    mtu: wireguardMtu,
    wireguard: { socketNamespace: socketNamespaceOf(node), listenPort: port, peers: wireguardPeers(mine, mirror, facts) },
  };
}

/** Throws where the intents are none that a farm file gives: a VXLAN on a node without public address, a segment without NIC. */
export function planOverlay(node: NodeIntent, network: NetworkIntent, mine: ResourceIntent, facts: readonly NodeFacts[]): OverlayPlan {
  switch (network.overlay?.kind) {
    case "vxlan":
      return planVxlan(node, network, network.overlay, mine, facts);
    case "segment":
      return planSegment(network, mine);
    case undefined:
      return planWireguard(node, network, mine, facts);
  }
}
