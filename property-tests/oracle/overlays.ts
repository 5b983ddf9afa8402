/** What a network that is no WireGuard mesh must look like at each NR: a VXLAN between public addresses, or a segment of its own. */
import { addressIn, parsePrefix } from "../../core/common/address.ts";
import type { Address, Family, Prefix } from "../../core/common/address.ts";
import type { FarmNode } from "../../core/farm/index.ts";
import { hexOf } from "./world.ts";
import type { NetworkWorld, Resource, World } from "./world.ts";

interface ExpectedLink {
  readonly resource: Resource;
  /** `vx-{hex}-{n}` or `sg-{hex}-{n}`. */
  readonly name: string;
  /** `net-{hex}-{n}`. */
  readonly namespace: string;
  /** 10.255.a.b/16 and fe80::hex/64, as on a tunnel. */
  readonly addresses: readonly Prefix[];
  /** All other NRs of the network: nobody is hidden here. */
  readonly peers: readonly Resource[];
}

export interface ExpectedVxlan extends ExpectedLink {
  readonly kind: "vxlan";
  /** The allocation number, then the exit point's bytes 6 and 7. */
  readonly vni: number;
  readonly port: number;
  readonly mtu: number;
  readonly local: Address;
  /** Of each peer, in the order of `peers`. */
  readonly remotes: readonly Address[];
}

export interface ExpectedSegmentLink extends ExpectedLink {
  readonly kind: "segment";
  readonly nic: string;
  readonly mtu: number;
}

export type ExpectedOverlay = ExpectedVxlan | ExpectedSegmentLink;

const vxlanPort = 4789;
/** Bytes from the IP header on: of Ethernet, and within WireGuard, whose outermost packet (IPv6) is 80 bytes longer. */
export const ethernetMtu = 1500;
const wireguardMtu = 1420;
/** Ethernet, VXLAN, UDP, and the outer IP header. */
const vxlanOverhead = (family: Family): number => 14 + 8 + 8 + (family === 4 ? 20 : 40);

function nodeOf(world: World, { node }: Resource): FarmNode {
  const found = world.farm.nodes.find(({ name }) => name === node);
  if (found === undefined) throw new Error(`the oracle needs node ${node}`);
  return found;
}

const publicAddress = (node: FarmNode, family: Family): Address | undefined =>
  (family === 4 ? node.public?.ipv4 : node.public?.ipv6)?.address;

function needed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the oracle needs ${what}`);
  return value;
}

/** IPv4 where every node of the network has a public address of it, else IPv6. */
export function underlayFamily(world: World, { resources }: NetworkWorld): Family {
  return resources.every((resource) => publicAddress(nodeOf(world, resource), 4) !== undefined) ? 4 : 6;
}

/** Bytes of the largest packet, from its IP header on, that passes from one NR of a network to another. */
export function overlayMtu(world: World, network: NetworkWorld): number {
  const { kind = "wireguard" } = network.network.overlay ?? {};
  if (kind === "vxlan") return ethernetMtu - vxlanOverhead(underlayFamily(world, network));
  return kind === "segment" ? ethernetMtu : wireguardMtu;
}

/** Where a VXLAN's packets go to a node. */
export function vtepOf(world: World, network: NetworkWorld, resource: Resource): Address {
  return needed(publicAddress(nodeOf(world, resource), underlayFamily(world, network)), `a public address of ${resource.node}`);
}

/** The NIC of a node that is on the network's segment and has no other work. */
export function segmentNic(node: FarmNode, segment: string): string {
  const free = node.nics.find(
    (nic) =>
      nic.segment === segment &&
      nic.ipv4 === undefined &&
      nic.ipv6 === undefined &&
      nic.name !== node.public?.nic &&
      nic.name !== node.exitNode?.nic,
  );
  return needed(free?.name, `a NIC of ${node.name} on ${segment}`);
}

/** Empty for a WireGuard mesh: `expectedMesh` is of those. */
export function expectedOverlay(world: World, network: NetworkWorld): ExpectedOverlay[] {
  const { overlay, allocationNumber: n } = network.network;
  if (overlay === undefined) return [];
  const linkLocals = needed(parsePrefix("fe80::/64"), "a prefix");
  return network.resources.map((resource): ExpectedOverlay => {
    const peers = network.resources.filter((peer) => peer !== resource);
    const [high, low] = resource.bytes;
    const common = {
      ...{ resource, peers, namespace: `net-${hexOf(resource)}-${n}` },
      addresses: [
        { address: resource.transit4, length: 16 },
        { address: addressIn(linkLocals, high * 256 + low), length: 64 },
      ],
    };
    if (overlay.kind === "segment")
      return {
        ...{ ...common, kind: "segment", name: `sg-${hexOf(resource)}-${n}` },
        ...{ nic: segmentNic(nodeOf(world, resource), overlay.segment), mtu: overlayMtu(world, network) },
      };
    const [exitHigh, exitLow] = network.exitPoint.bytes;
    return {
      ...{ ...common, kind: "vxlan", name: `vx-${hexOf(resource)}-${n}` },
      vni: n * 65536 + exitHigh * 256 + exitLow,
      port: vxlanPort,
      mtu: overlayMtu(world, network),
      local: vtepOf(world, network, resource),
      remotes: peers.map((peer) => vtepOf(world, network, peer)),
    };
  });
}
