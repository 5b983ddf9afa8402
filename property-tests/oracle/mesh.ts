/** What the WireGuard mesh of a network must look like (seed 1; the document says which nodes are public). */
import { addressIn, hostPrefix, networkOf, parsePrefix } from "../../core/common/address.ts";
import type { Address, Prefix } from "../../core/common/address.ts";
import type { FarmNode } from "../../core/farm/index.ts";
import { hexOf } from "./world.ts";
import type { NetworkWorld, Resource, World } from "./world.ts";

export interface ExpectedPeer {
  readonly resource: Resource;
  readonly allowedIps: readonly Prefix[];
  /** Where the peer may be configured to be reached; empty: no endpoint may be configured, it is learnt. */
  readonly endpoints: readonly Address[];
  readonly port: number;
}

export interface ExpectedInterface {
  readonly resource: Resource;
  /** `wg-{hex}-{n}`. */
  readonly name: string;
  /** `net-{hex}-{n}`. */
  readonly namespace: string;
  /** Bytes 6 and 7 of the /64 as a big-endian number. */
  readonly listenPort: number;
  /** 10.255.a.b/16 and fe80::hex/64. */
  readonly addresses: readonly Prefix[];
  readonly peers: readonly ExpectedPeer[];
}

export const keepaliveSeconds = 20;

export const portOf = (resource: Resource): number => resource.bytes[0] * 256 + resource.bytes[1];

const anywhere = ["0.0.0.0/0", "::/0"].flatMap((text) => parsePrefix(text) ?? []);
const linkLocalNet = parsePrefix("fe80::/64");

function linkLocalOf(resource: Resource): Address {
  if (linkLocalNet === undefined) throw new Error("not a prefix");
  return addressIn(linkLocalNet, portOf(resource));
}

function allowedIps(peer: Resource): readonly Prefix[] {
  if (peer.exitPoint) return anywhere;
  return [hostPrefix(linkLocalOf(peer)), hostPrefix(peer.transit4), networkOf(peer.prefix4), networkOf(peer.prefix6)];
}

/** Addresses of a public node that `from` has a family for. */
export function endpointsFor(from: FarmNode, peer: FarmNode): Address[] {
  const candidates = [peer.public?.ipv4?.address, peer.public?.ipv6?.address].flatMap((address) => address ?? []);
  const prefixes = [...from.nics.flatMap((nic) => [nic.ipv4, nic.ipv6]), from.public?.ipv4, from.public?.ipv6];
  const families = new Set(prefixes.flatMap((prefix) => (prefix === undefined ? [] : [prefix.address.family])));
  return candidates.filter((address) => families.has(address.family));
}

/** The tunnels of one network, none where something else carries it: every NR's interface and its peers. Two NRs on hidden nodes are no peers of each other. */
export function expectedMesh(world: World, { network, resources }: NetworkWorld): ExpectedInterface[] {
  const nodeNamed = (name: string): FarmNode => {
    const node = world.farm.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`the oracle needs node ${name}`);
    return node;
  };
  return resources
    .filter(({ overlay }) => overlay === "wireguard")
    .map((resource) => ({
      resource,
      name: `wg-${hexOf(resource)}-${network.allocationNumber}`,
      namespace: `net-${hexOf(resource)}-${network.allocationNumber}`,
      listenPort: portOf(resource),
      addresses: [
        { address: resource.transit4, length: 16 },
        { address: linkLocalOf(resource), length: 64 },
      ],
      peers: resources
        .filter((peer) => peer !== resource && (peer.publicNode || resource.publicNode))
        .map((peer) => ({
          resource: peer,
          allowedIps: allowedIps(peer),
          endpoints: endpointsFor(nodeNamed(resource.node), nodeNamed(peer.node)),
          port: portOf(peer),
        })),
    }));
}
