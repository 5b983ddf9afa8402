/** Interfaces of the lab at which packets can be watched, by the seed's names. */
import type { NetworkWorld, Resource, World } from "../oracle/index.ts";
import type { WatchPlace } from "../run/session.ts";

const hexOf = (resource: Resource): string => resource.bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** All interfaces of an NR's namespace over which packets of others could come in, and its own side. */
export function resourcePlaces({ network, resources }: NetworkWorld): WatchPlace[] {
  return resources.flatMap((resource) => {
    const suffix = `${hexOf(resource)}-${network.allocationNumber}`;
    const place = (link: string): WatchPlace => ({ node: resource.node, namespace: `net-${suffix}`, interface: `${link}-${suffix}` });
    const tunnel = resources.length > 1 ? [place("wg")] : [];
    return [place("veth"), ...tunnel, ...(resource.exitPoint ? [place("pub")] : [])];
  });
}

/** All interfaces of every gateway. */
export function gatewayPlaces(world: World): WatchPlace[] {
  return world.bars.flatMap((bar) => {
    const place = (link: string): WatchPlace => ({ node: bar.node, namespace: "gateway", interface: link });
    const behind = world.networks.filter((network) => network.bar === bar);
    return [
      place(`pub-${bar.config.number}-${bar.config.allocationNumber}`),
      ...behind.map(({ network, exitPoint }) => place(`to-${hexOf(exitPoint)}-${network.allocationNumber}`)),
    ];
  });
}

export function upstreamPlaces(world: World): WatchPlace[] {
  return world.farm.upstreams.flatMap((upstream) => ["swp1", "wan"].map((link): WatchPlace => ({ node: upstream.name, interface: link })));
}
