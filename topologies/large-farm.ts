/** Farms of many NRs, as farm files: for measuring and judging what becomes of a farm as it grows. The same size, the same file. */
import type { ExitNodeEntry, FarmFile, NetworkEntry, NodeEntry } from "../core/farm/index.ts";

export interface LargeFarmSize {
  /** 1..15. */
  readonly exitNodes: number;
  /** Hidden nodes that hold the NRs which are no exit points; of a network as many as it has NRs at least. */
  readonly otherNodes: number;
  readonly networks: number;
  readonly resourcesPerNetwork: number;
  /**
   * Left out: labs have all of it. Else they have the first exit node and so many of the other nodes, and in so many networks a workload runs on
   * each of those that hold an NR of it.
   */
  readonly live?: { readonly otherNodes: number; readonly networks: number };
}

/** 60,000 NRs in 6,000 networks on 15 exit nodes: all that a /48 holds, nearly. */
export const fullFarm: LargeFarmSize = { exitNodes: 15, otherNodes: 100, networks: 6000, resourcesPerNetwork: 10 };
/** One exit node with 4000 routes in 400 networks. */
export const fullGateway: LargeFarmSize = {
  ...{ exitNodes: 1, otherNodes: 100, networks: 400, resourcesPerNetwork: 10 },
  live: { otherNodes: 2, networks: 3 },
};
/** The same with 400 routes in 40 networks. */
export const smallerGateway: LargeFarmSize = { ...fullGateway, networks: 40 };

const allocation = "2a02:1802:5e";
const numbered = (word: string, number: number, digits: number): string => `${word}-${String(number).padStart(digits, "0")}`;
const exitName = (number: number): string => numbered("exit", number, 2);
const otherName = (number: number): string => numbered("node", number, 3);

/** Part 15 has 256 /64s fewer than the others, so that it gets the fewer networks. */
function exitNodeOf(network: number, { exitNodes, networks, resourcesPerNetwork }: LargeFarmSize): number {
  const inLast = Math.min(Math.floor(networks / 15), Math.floor(3800 / resourcesPerNetwork));
  if (exitNodes < 15) return (network % exitNodes) + 1;
  return network >= networks - inLast ? 15 : (network % 14) + 1;
}

/** Labs have those that come first. */
const emulated = (number: number, live: number | undefined): Pick<NodeEntry, "emulate"> =>
  live === undefined || number <= live ? {} : { emulate: false };

function exitNode(number: number, { live }: LargeFarmSize): NodeEntry {
  const config: ExitNodeEntry = { number, nic: "eth1", ipv4: `185.69.166.${100 + number}/24` };
  return {
    nics: {
      eth0: { segment: "prefix-zero", ipv4: `185.69.166.${10 + number}/24`, ipv6: `${allocation}::${10 + number}/64` },
      eth1: { segment: "prefix-zero" },
    },
    public: { nic: "eth0", ipv4: `185.69.166.${30 + number}/24`, ipv6: `${allocation}::${30 + number}/64` },
    "exit-node": config,
    ...emulated(number, live === undefined ? undefined : 1),
  };
}

/** Behind a home router: hidden, and with an address for each of some thousands. */
const otherNode = (number: number, { live }: LargeFarmSize): NodeEntry => ({
  nics: { eth0: { segment: "lan", ipv4: `10.200.${Math.floor(number / 250)}.${(number % 250) + 2}/16` } },
  ...emulated(number, live?.otherNodes),
});

function network(index: number, size: LargeFarmSize): NetworkEntry {
  const others = size.resourcesPerNetwork - 1;
  const { live } = size;
  const isUsed = live !== undefined && index < live.networks;
  // In the networks that are used the nodes that labs have come first.
  const first = isUsed ? 0 : index * others;
  const nodes = Array.from({ length: others }, (_, position) => otherName(((first + position) % size.otherNodes) + 1));
  const exit = exitName(exitNodeOf(index, size));
  const workloads = isUsed ? [exit, ...nodes.slice(0, live.otherNodes)] : [];
  return {
    kind: "exit-node",
    resources: [{ node: exit, "exit-point": true }, ...nodes.map((node) => ({ node }))],
    ...(workloads.length === 0
      ? {}
      : { workloads: Object.fromEntries(workloads.map((node) => [`on-${node}`, { node, host: 2, services: ["tcp/80", "udp/53"] }])) }),
  };
}

const listed = <Entry>(length: number, make: (number: number) => readonly [string, Entry]): Record<string, Entry> =>
  Object.fromEntries(Array.from({ length }, (_, index) => make(index + 1)));

/** Throws nothing: a size that no farm can have gives a file that loading refuses. */
export function largeFarm(name: string, size: LargeFarmSize): FarmFile {
  const parts = Array.from({ length: size.exitNodes }, (_, index) => (index + 1).toString(16));
  return {
    farm: name,
    about: `${size.networks} networks with ${size.resourcesPerNetwork} NRs each.`,
    allocations: [{ prefix: `${allocation}::/48`, number: 1, ipv4: "185.69.166.0/24" }],
    segments: ["prefix-zero", "lan"],
    internet: { hosts: { grid: { ipv4: "198.51.100.53", ipv6: "2001:db8:53::53", store: true } } },
    upstreams: {
      upstream: {
        ...{ segment: "prefix-zero", ipv4: "185.69.166.1/24", ipv6: `${allocation}::1/64`, wan4: "192.0.2.10", wan6: "2001:db8:10::1" },
        routes: [
          ...parts.map((part) => ({ to: `${allocation}:${part}000::/52`, via: `fe80::${part}000:0:0:1` })),
          { to: `${allocation}::/48`, unreachable: true },
        ],
      },
    },
    "home-routers": { home: { segment: "lan", lan4: "10.200.0.1/16", wan4: "203.0.113.7" } },
    nodes: {
      ...listed(size.exitNodes, (number) => [exitName(number), exitNode(number, size)]),
      ...listed(size.otherNodes, (number) => [otherName(number), otherNode(number, size)]),
    },
    networks: listed(size.networks, (number) => [numbered("net", number, 4), network(number - 1, size)]),
  };
}
