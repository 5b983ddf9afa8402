/** Where in the lab the things of a farm are: namespaces and interfaces, by the seed's names. */
import { formatAddress } from "../../core/common/index.ts";
import { hexOf } from "../oracle/index.ts";
import type { Bar, NetworkWorld, Party, Resource, World, WorkloadParty } from "../oracle/index.ts";
import type { Position, WatchPlace } from "./session.ts";

const hostNumber = (workload: WorkloadParty): number => Number(workload.ipv4.value & 0xffn);

/** The namespace of an NR. */
export function resourcePosition({ network }: NetworkWorld, resource: Resource): Position {
  return { node: resource.node, namespace: `net-${hexOf(resource)}-${network.allocationNumber}` };
}

const overlayWord = { wireguard: "wg", vxlan: "vx", segment: "sg" } as const;

/** An NR's interface towards the others of its network. */
export function overlayName({ network }: NetworkWorld, resource: Resource): string {
  return `${overlayWord[resource.overlay]}-${hexOf(resource)}-${network.allocationNumber}`;
}

export function positionOf(party: Party): Position {
  if (party.kind === "internet-host") return { node: party.name };
  return { node: party.node, namespace: `w-${hexOf(party.resource)}-${hostNumber(party)}` };
}

/** The interfaces at which a party's packets arrive. */
export function interfacesOf(party: Party): readonly WatchPlace[] {
  return [{ ...positionOf(party), interface: party.kind === "workload" ? "eth0" : "wan" }];
}

/** All interfaces of an NR's namespace over which packets of others could come in, and its own side. */
export function resourcePlaces(world: NetworkWorld): WatchPlace[] {
  return world.resources
    .filter(({ emulated }) => emulated)
    .flatMap((resource) => {
      const suffix = `${hexOf(resource)}-${world.network.allocationNumber}`;
      const place = (link: string): WatchPlace => ({ ...resourcePosition(world, resource), interface: link });
      const overlay = world.resources.length > 1 ? [place(overlayName(world, resource))] : [];
      return [place(`veth-${suffix}`), ...overlay, ...(resource.exitPoint ? [place(`pub-${suffix}`)] : [])];
    });
}

/** Of the exit nodes that the lab has. */
export const liveBars = (world: World): readonly Bar[] =>
  world.bars.filter((bar) => world.farm.nodes.some(({ name, emulate }) => name === bar.node && emulate));

/** Those of them that have partners. */
export const partneredBars = (world: World): readonly Bar[] => liveBars(world).filter(({ config }) => config.partner !== undefined);

/** Exit node x's own addresses, which whoever hosts it has: GWPubLL, GWPubIP6 and GWPubIP4. */
export const heldBy = ({ linkLocal, address6, config }: Bar): readonly string[] =>
  [linkLocal, address6, config.ipv4?.address].flatMap((address) => (address === undefined ? [] : [formatAddress(address)]));

export const gatewayPosition = (bar: Bar): Position & { namespace: string } => ({ node: bar.node, namespace: "gateway" });

const gatewayPlace = (bar: Bar, link: string): WatchPlace => ({ ...gatewayPosition(bar), interface: link });

/** Where a network's routes in its gateway are: in a routing table of its own, or in the one for all. */
export function routingPosition({ network, exitPoint, bar }: NetworkWorld): { node: string; namespace: string } {
  const own = `vrf-${hexOf(exitPoint)}-${network.allocationNumber}`;
  return { node: bar.node, namespace: bar.config.isolation === "vrf" ? own : "gateway" };
}

/** A gateway's interface towards the upstream router. */
export function gatewayUpPlace(bar: Bar): WatchPlace {
  return gatewayPlace(bar, `pub-${bar.config.number}-${bar.config.allocationNumber}`);
}

/** All interfaces of every gateway. */
export function gatewayPlaces(world: World): WatchPlace[] {
  return liveBars(world).flatMap((bar) => {
    const behind = world.networks.filter((network) => network.bar === bar);
    const links = behind.flatMap((world): WatchPlace[] => {
      const suffix = `${hexOf(world.exitPoint)}-${world.network.allocationNumber}`;
      const towards = { ...routingPosition(world), interface: `to-${suffix}` };
      return bar.config.isolation === "vrf" ? [gatewayPlace(bar, `vrf-${suffix}`), towards] : [towards];
    });
    return [gatewayUpPlace(bar), ...links];
  });
}

export function upstreamPlaces(world: World): WatchPlace[] {
  return world.farm.upstreams.flatMap((upstream) => ["swp1", "wan"].map((link): WatchPlace => ({ node: upstream.name, interface: link })));
}
