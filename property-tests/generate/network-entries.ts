/** Settled networks as a farm file's document has them, on ground that a sketch or a farm file has given names to. */
import { addressIn, formatAddress } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import type { FarmFile, NetworkEntry, ResourceEntry, WorkloadEntry } from "../../core/farm/index.ts";
import { timelineEntries } from "./events.ts";
import type { SettledEvent } from "./events.ts";
import type { Ground } from "./ground.ts";
import { nameOf } from "./names.ts";
import { servicesOf } from "./networks.ts";
import type { SettledNetwork } from "./networks.ts";
import type { Places } from "./places.ts";

/** What the ground's positions are called in a document. */
export interface GroundNames {
  readonly naming: number;
  readonly nodes: readonly string[];
  /** `prefix` is the /48, `ownable` the addresses that networks may own. */
  readonly allocations: readonly { readonly prefix: Prefix; readonly number: number; readonly ownable: readonly string[] }[];
  /** Segments that networks may have for themselves. */
  readonly segments: readonly string[];
}

const subnetText = (allocation: Prefix, subnet: number): string => `${formatAddress(addressIn(allocation, BigInt(subnet) << 64n))}/64`;

const taken = <T>(list: readonly T[], position: number): T => {
  const found = list[position];
  if (found === undefined) throw new Error(`there is no position ${position} in a list of ${list.length}`);
  return found;
};

function networkEntry(ground: Ground, names: GroundNames, network: SettledNetwork, position: number): NetworkEntry {
  const exit = taken(ground.exits, network.exit);
  const allocation = taken(names.allocations, exit.allocation);
  const workloadName = (index: number): string => nameOf(names.naming, `w${position + 1}`, index);
  const owned = network.owned.map((address) => taken(allocation.ownable, address));
  const resources = network.resources.map(({ node, exitPoint, subnet }): ResourceEntry => ({
    node: taken(names.nodes, node),
    ...(subnet < 0 ? {} : { prefix: subnetText(allocation.prefix, subnet) }),
    ...(exitPoint ? { "exit-point": true } : {}),
  }));
  const workloads = network.workloads.map(({ resource, host, services }, index): [string, WorkloadEntry] => {
    const offered = servicesOf(services).map(({ protocol, port }) => `${protocol}/${port}`);
    const node = taken(names.nodes, taken(network.resources, resource).node);
    return [workloadName(index), { node, host, ...(offered.length === 0 ? {} : { services: offered }) }];
  });
  const forwards = network.forwards.map(({ address, protocol, port, workload, workloadPort }) => ({
    address: taken(owned, address),
    service: `${protocol}/${port}`,
    workload: workloadName(workload),
    port: workloadPort,
  }));
  const { kind, segment } = network.overlay;
  return {
    kind: "exit-node",
    ...(kind === "wireguard" ? {} : { overlay: kind }),
    ...(kind === "segment" ? { segment: taken(names.segments, segment) } : {}),
    ...(names.allocations.length === 1 ? {} : { allocation: allocation.number }),
    ...(owned.length === 0 ? {} : { "owned-ipv4": owned }),
    resources,
    ...(workloads.length === 0 ? {} : { workloads: Object.fromEntries(workloads) }),
    ...(forwards.length === 0 ? {} : { "port-forwards": forwards }),
  };
}

/** Networks and what happens in time, as the farm file's keys of them; none that is empty. */
export function networkKeys(
  ground: Ground,
  names: GroundNames,
  networks: readonly SettledNetwork[],
  events: readonly SettledEvent[],
  places: Places,
): Pick<FarmFile, "networks" | "timeline"> {
  const name = (position: number): string => nameOf(names.naming, "net", position);
  const thing = (network: number, resource: number): string =>
    resource < 0 ? name(network) : `${name(network)}/${taken(names.nodes, taken(taken(networks, network).resources, resource).node)}`;
  const entries = networks.map((network, position) => [name(position), networkEntry(ground, names, network, position)] as const);
  return {
    ...(entries.length === 0 ? {} : { networks: Object.fromEntries(entries) }),
    ...(events.length === 0 ? {} : { timeline: timelineEntries(events, places, thing) }),
  };
}
