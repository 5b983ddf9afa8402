/** Who is in a farm and under which addresses, as the document and the seed's relations between addresses say. */
import { addressIn, contains, networkOf, sameAddress } from "../../core/common/address.ts";
import type { Address, Family, Prefix } from "../../core/common/address.ts";
import type { Allocation, ExitNodeConfig, Farm, FarmNode, Service, UpstreamRouter, UserNetwork } from "../../core/farm/index.ts";

/** The /64 that each NR was seen with, for those whose file leaves it to the allocator; the key is `resourceKey`. */
export type ObservedPrefixes = ReadonlyMap<string, Prefix>;

export interface Bar {
  readonly node: string;
  readonly config: ExitNodeConfig;
  readonly allocation: Allocation;
  /** The /52 that it routes. */
  readonly part: Prefix;
  /** Its address in PrefixZero (GWPubIP6): `$prefix:0:x000::1`. */
  readonly address6: Address;
  /** `fe80::x000:0:0:1` (GWPubLL). */
  readonly linkLocal: Address;
}

export interface Resource {
  readonly network: string;
  readonly node: string;
  readonly exitPoint: boolean;
  /** Whether its node can be reached from outside (the document gives it a namespace `public`). */
  readonly publicNode: boolean;
  /** What carries its network. */
  readonly overlay: "wireguard" | "vxlan" | "segment";
  /** Whether labs have its node: of what they do not have there is nothing to be seen. */
  readonly emulated: boolean;
  readonly prefix6: Prefix;
  /** Bytes 6 and 7 of the /64. */
  readonly bytes: readonly [number, number];
  readonly prefix4: Prefix;
  /** `prefix::1` and `10.a.b.1`. */
  readonly address6: Address;
  readonly address4: Address;
  /** 10.255.a.b: the address on its tunnels. */
  readonly transit4: Address;
  /** The link-locals that the seed gives it and its gateway: fe80::hex, fe80::hex:1, fe80::1:hex. */
  readonly linkLocals: readonly Address[];
}

export interface WorkloadParty {
  readonly kind: "workload";
  readonly name: string;
  readonly network: string;
  readonly node: string;
  readonly ipv4: Address;
  readonly ipv6: Address;
  readonly services: readonly Service[];
  readonly resource: Resource;
}

export interface InternetParty {
  readonly kind: "internet-host";
  readonly name: string;
  readonly ipv4?: Address;
  readonly ipv6?: Address;
}

export type Party = WorkloadParty | InternetParty;

export interface NetworkWorld {
  readonly network: UserNetwork;
  readonly resources: readonly Resource[];
  readonly exitPoint: Resource;
  readonly bar: Bar;
}

export interface World {
  readonly farm: Farm;
  readonly bars: readonly Bar[];
  readonly networks: readonly NetworkWorld[];
  readonly workloads: readonly WorkloadParty[];
  readonly internetHosts: readonly InternetParty[];
}

export const resourceKey = (network: string, node: string): string => `${network}/${node}`;

const literal = (family: Family, value: bigint): Address => ({ family, value });
const linkLocalBase = 0xfe80n << 112n;

/** `10.<first>.<a>.<b>` with the decimal values of the bytes. */
const dotted = (first: number, second: number, third: number): Address =>
  literal(4, (10n << 24n) | (BigInt(first) << 16n) | (BigInt(second) << 8n) | BigInt(third));

/** Bytes 6 and 7 (counted from 0) of a /64: the 16 bits just above the host half. */
export function prefixBytes(prefix: Prefix): readonly [number, number] {
  const word = Number((prefix.address.value >> 64n) & 0xffffn);
  return [word >> 8, word & 0xff];
}

/** The seed's `hex`: bytes 6 and 7 of the /64 as four digits. */
export const hexOf = (resource: Resource): string => resource.bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");

function barOf(node: FarmNode, config: ExitNodeConfig, allocation: Allocation): Bar {
  const nibble = BigInt(config.number) << 12n;
  return {
    node: node.name,
    config,
    allocation,
    part: { address: literal(6, allocation.prefix.address.value | (nibble << 64n)), length: 52 },
    address6: literal(6, allocation.prefix.address.value | (nibble << 48n) | 1n),
    linkLocal: literal(6, linkLocalBase | (nibble << 48n) | 1n),
  };
}

function resourceOf(network: UserNetwork, node: FarmNode, exitPoint: boolean, prefix: Prefix): Resource {
  const [a, b] = prefixBytes(prefix);
  const word = BigInt((a << 8) | b);
  return {
    network: network.name,
    node: node.name,
    exitPoint,
    publicNode: node.public !== undefined,
    overlay: network.overlay?.kind ?? "wireguard",
    emulated: node.emulate,
    prefix6: networkOf(prefix),
    bytes: [a, b],
    prefix4: { address: dotted(a, b, 0), length: 24 },
    address6: addressIn(prefix, 1),
    address4: dotted(a, b, 1),
    transit4: dotted(255, a, b),
    linkLocals: [
      literal(6, linkLocalBase | word),
      literal(6, linkLocalBase | (word << 16n) | 1n),
      literal(6, linkLocalBase | (1n << 16n) | word),
    ],
  };
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the oracle needs ${what}`);
  return value;
}

/** The world of a validated farm. Throws when an NR has neither a prefix in the file nor an observed one: nothing can be judged then. */
export function describeWorld(farm: Farm, observed: ObservedPrefixes = new Map()): World {
  const nodes = new Map(farm.nodes.map((node) => [node.name, node]));
  const bars = farm.nodes.flatMap((node) => {
    const config = node.exitNode;
    if (config === undefined) return [];
    const allocation = farm.allocations.find((candidate) => candidate.number === config.allocationNumber);
    return [barOf(node, config, required(allocation, `allocation ${config.allocationNumber}`))];
  });
  const networks = farm.networks.map((network): NetworkWorld => {
    const resources = network.resources.map((resource) => {
      const key = resourceKey(network.name, resource.node);
      const prefix = required(resource.prefix ?? observed.get(key), `the prefix of ${key}`);
      return resourceOf(network, required(nodes.get(resource.node), `node ${resource.node}`), resource.exitPoint, prefix);
    });
    const exitPoint = required(
      resources.find((resource) => resource.exitPoint),
      `the exit point of ${network.name}`,
    );
    const bar = required(
      bars.find((candidate) => candidate.node === exitPoint.node && candidate.config.allocationNumber === network.allocationNumber),
      `the exit node of ${network.name}`,
    );
    return { network, resources, exitPoint, bar };
  });
  const workloads = networks.flatMap(({ network, resources }) =>
    network.workloads.map((workload): WorkloadParty => {
      const resource = required(
        resources.find((candidate) => candidate.node === workload.node),
        `the NR of ${workload.name}`,
      );
      return {
        kind: "workload",
        name: workload.name,
        network: network.name,
        node: workload.node,
        ipv4: addressIn(resource.prefix4, workload.host),
        ipv6: addressIn(resource.prefix6, workload.host),
        services: workload.services,
        resource,
      };
    }),
  );
  const internetHosts = farm.internet.hosts.map((host): InternetParty => ({
    kind: "internet-host",
    name: host.name,
    ...(host.ipv4 === undefined ? {} : { ipv4: host.ipv4 }),
    ...(host.ipv6 === undefined ? {} : { ipv6: host.ipv6 }),
  }));
  return { farm, bars, networks, workloads, internetHosts };
}

export const addressOf = (party: Party, family: Family): Address | undefined => (family === 4 ? party.ipv4 : party.ipv6);

export function networkNamed(world: World, name: string): NetworkWorld {
  return required(
    world.networks.find((candidate) => candidate.network.name === name),
    `network ${name}`,
  );
}

/** Whether two NRs of one network have nothing but their overlay between them: WireGuard needs one of both nodes to be reachable. */
export const meetDirectly = (one: Resource, other: Resource): boolean => one.overlay !== "wireguard" || one.publicNode || other.publicNode;

/** The upstream router above an exit node: the one on the segment of its forwarding NIC. */
export function upstreamOf(world: World, bar: Bar): UpstreamRouter | undefined {
  const node = world.farm.nodes.find((candidate) => candidate.name === bar.node);
  const segment = node?.nics.find((nic) => nic.name === bar.config.nic)?.segment;
  return world.farm.upstreams.find((upstream) => upstream.segment === segment);
}

/** GWPubIP4 of the network's BAR: the source that the IPv4 internet sees. */
export const gatewayIpv4 = (bar: Bar): Address | undefined => bar.config.ipv4?.address;

export function workloadAt(world: World, address: Address): WorkloadParty | undefined {
  return world.workloads.find((workload) => sameAddress(address.family === 4 ? workload.ipv4 : workload.ipv6, address));
}

export function resourceHolding(world: World, address: Address): Resource | undefined {
  return world.networks
    .flatMap((network) => network.resources)
    .find((resource) => contains(address.family === 4 ? resource.prefix4 : resource.prefix6, address));
}
