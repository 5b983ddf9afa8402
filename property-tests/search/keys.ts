/** What scenarios can cover, by number and by name: layout features and pairs of them, clauses of laws, kinds of routes and rules, reasons to drop. */
import { conditionChoices, lanChoices, natChoices } from "../generate/edges.ts";
import { eventKinds } from "../generate/events.ts";
import { linkKinds, nodeKinds } from "../generate/places.ts";

const numbered = (what: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${what}-${index}`);

/** What a farm may look like, and what may happen to it. */
export const layoutFeatures: readonly string[] = [
  ...["one-node", "two-or-three-nodes", "four-nodes-or-more", "one-exit-node", "two-exit-nodes", "three-exit-nodes-or-more"],
  ...["exit-number-one-digit", "exit-number-two-digits", "exit-number-ephemeral-ports", "exit-number-last"],
  ...["two-allocations", "allocation-number-0", "allocation-number-two-digits", "allocation-number-three-digits"],
  ...["pool-full", "pool-across-255", "next-hop-global", "gateway-without-ipv4"],
  ...["public-node", "hidden-node", "own-nic", "spare-nic", "tunnels-ipv4-only", "tunnels-ipv6-only"],
  ...["router-shared", "router-forwards", "carrier", "carrier-shared", "names-long", "names-yaml"],
  ...numbered("lan", lanChoices.length),
  ...numbered("nat", natChoices.length),
  ...numbered("condition", conditionChoices.length),
  ...["network-alone-on-exit-node", "two-networks-on-gateway", "three-networks-on-gateway", "networks-on-two-gateways"],
  ...["networks-of-two-allocations", "networks-share-hidden-node", "networks-share-public-node"],
  ...["network-of-one-resource", "network-without-workload", "hidden-pair", "hidden-pair-behind-one-router", "resource-on-other-exit-node"],
  ...["prefix-allocated", "prefix-stated", "prefix-stated-and-allocated", "prefix-000", "prefix-001", "prefix-fff", "prefix-fXX"],
  ...["prefix-low-byte-00", "prefix-low-byte-ff", "prefix-same-low-bits"],
  ...["host-2", "host-254", "host-between", "same-host-in-network", "two-workloads-on-resource", "workload-without-service"],
  ...["service-tcp", "service-udp", "service-both-protocols", "service-port-1", "service-port-65535", "service-ephemeral-port"],
  ...["owned-address", "two-owned-addresses", "owned-without-forward", "two-owners-on-gateway"],
  ...["forward-tcp", "forward-udp", "forward-both-protocols", "forward-other-port", "forward-same-port", "forward-ephemeral-port"],
  ...["forward-to-exit-point", "forward-to-public", "forward-to-hidden", "forwards-to-one-workload"],
  ...["tables-for-networks", "tables-for-two-networks", "tables-beside-rules"],
  ...["standby", "two-standbys", "standby-with-resource", "standby-without-resource"],
  ...["partners", "partner-with-resource", "partner-without-resource"],
  ...["absent-hidden-node", "absent-public-node", "absent-exit-node", "absent-standby", "absent-all-but-one"],
  ...["network-of-absent-exit-node", "absent-in-wireguard", "absent-in-vxlan", "absent-in-segment"],
  ...["vxlan-over-ipv4", "vxlan-over-ipv6", "vxlans-of-both-families", "two-vxlans-on-node", "vxlan-of-two-allocations"],
  ...["segment", "segment-shared", "segment-hidden-pair", "overlay-of-one-resource", "overlays-on-one-node"],
  ...["vxlan-with-tables", "segment-with-tables"],
  ...["network-comes-late", "network-leaves", "network-returns", "resource-leaves", "resource-returns"],
  ...["events-overlap", "change-while-broken"],
  ...eventKinds.filter((kind) => kind !== "change").map((kind) => `fault-${kind}`),
];

const protocols = ["icmp", "tcp", "udp"] as const;
export const locations = ["exit-point", "public", "hidden"] as const;
const neighbours = ["same-gateway", "other-gateway"] as const;

/** Parts of laws that a flow can exercise. */
const clauses = [
  ...["same-resource", "two-hops", "three-hops"].flatMap((hops) =>
    ["ipv4", "ipv6"].flatMap((family) => protocols.map((protocol) => `EX-7/${hops}-${family}-${protocol}`)),
  ),
  ...locations.flatMap((location) => [`EX-8/out-${location}`, ...protocols.map((protocol) => `EX-8/in-${protocol}-${location}`)]),
  ...locations.flatMap((location) => [`EX-9/out-${location}`, `EX-9/forward-tcp-${location}`, `EX-9/forward-udp-${location}`]),
  ...["own-forward-tcp", "own-forward-udp", "no-gateway", "unsolicited-owned", "unsolicited-gateway", "unsolicited-private"].map(
    (part) => `EX-9/${part}`,
  ),
  ...neighbours.flatMap((neighbour) => [
    ...protocols.map((protocol) => `EX-10/global-${neighbour}-${protocol}`),
    ...["private", "link-local", "forward-tcp", "forward-udp"].map((part) => `EX-10/${part}-${neighbour}`),
  ]),
  "EX-11/unassigned-64",
  "EX-11/unassigned-52",
];

const routes = [
  ...["default-ipv6", "default-ipv4", "part-unreachable", "exit-point-64", "exit-point-24", "exit-point-transit"].map(
    (kind) => `gateway/${kind}`,
  ),
  ...["member-64", "member-24", "member-transit"].map((kind) => `gateway/${kind}`),
  ...["default", "to-public", "to-hidden"].map((kind) => `exit-point/${kind}`),
  ...["default", "to-exit-point", "to-public", "to-hidden"].map((kind) => `resource/${kind}`),
];

const rules = ["dnat-tcp", "dnat-udp", "source-nat"].map((kind) => `gateway/${kind}`);

/** Who throws a packet away, and why, where a law says that it must not arrive. */
const drops = [
  ...["gateway/unsolicited", "gateway/isolation", "gateway/unassigned-64", "upstream/unassigned-52", "tunnel/no-peer", "gateway/no-ipv4"],
];

const faultPlaces = [
  ...["cut", "packets", "link-down"].flatMap((fault) => linkKinds.map((place) => `${fault}@${place}`)),
  ...["node-reboot", "node-death", "node-pause", "partition"].flatMap((fault) =>
    nodeKinds.filter((place) => place !== "store" && place !== "host").map((place) => `${fault}@${place}`),
  ),
  ...nodeKinds
    .filter((place) => place !== "home-router" && place !== "carrier" && place !== "host")
    .map((place) => `process-kill@${place}`),
  ...["agent-clock", "disk-full"].flatMap((fault) => ["hidden", "public", "standby", "exit-node"].map((place) => `${fault}@${place}`)),
];

/** Lengths of a prefix's tail that stand out, in the order in which they are looked for. */
export const prefixKinds = ["allocated", "000", "001", "fff", "fXX", "low-byte-00", "low-byte-ff", "other"] as const;
export const hostKinds = ["2", "254", "between"] as const;
export const portKinds = ["same-low", "same-high", "other-low", "other-middle", "other-high"] as const;

/** What meets in one workload or one forward, which pairs of features of the whole farm do not tell. */
const meetings = [
  ...hostKinds.flatMap((host) =>
    prefixKinds.flatMap((prefix) => locations.map((location) => `workload/host-${host}-prefix-${prefix}-${location}`)),
  ),
  ...["tcp", "udp"].flatMap((protocol) =>
    locations.flatMap((location) => portKinds.map((port) => `forward/${protocol}-${location}-${port}`)),
  ),
];

/** Whatever is no layout feature, by its whole name. */
const others: readonly string[] = [
  ...meetings.map((key) => `layout:${key}`),
  ...clauses.map((key) => `clause:${key}`),
  ...routes.map((key) => `route:${key}`),
  ...rules.map((key) => `rule:${key}`),
  ...drops.map((key) => `drop:${key}`),
  ...faultPlaces.map((key) => `layout:fault/${key}`),
];

const featureCount = layoutFeatures.length;
const singleCount = featureCount + others.length;
const numbers: ReadonlyMap<string, number> = new Map([...layoutFeatures, ...others].map((name, position) => [name, position] as const));

/** The number of a layout feature (`one-node`) or another key (`clause:EX-7/...`); throws for a name that there is not. */
export function keyNumber(name: string): number {
  const number = numbers.get(name);
  if (number === undefined) throw new Error(`nobody knows the coverage key ${name}`);
  return number;
}

/** Numbers of keys are below this. */
export const keyCount: number = singleCount + featureCount * featureCount;

/** `layout:one-node`, `clause:EX-7/two-hops-ipv4-udp`; of pairs `layout:a+b`. */
export function keyName(key: number): string {
  if (key < featureCount) return `layout:${layoutFeatures[key] ?? ""}`;
  if (key < singleCount) return others[key - featureCount] ?? "";
  const pair = key - singleCount;
  return `layout:${layoutFeatures[Math.floor(pair / featureCount)] ?? ""}+${layoutFeatures[pair % featureCount] ?? ""}`;
}

/** How many keys of a kind there are, pairs apart: which pairs can be, nobody knows. */
export const knownOfKind = (kind: string): number =>
  [...layoutFeatures.map((name) => `layout:${name}`), ...others].filter((name) => name.startsWith(`${kind}:`)).length;

/**
 * What one scenario covers: layout features and other keys, each once, as they were marked: in order of their numbers, different scenarios with
 * the same features would have scores that are equal to the last digit, and a search would prefer those that have waited longest. Pairs of
 * features are not written out: there are hundreds in each scenario, and who counts them goes through them anyhow.
 */
export interface Coverage {
  readonly features: readonly number[];
  readonly others: readonly number[];
}

/** Calls `visit` with every key, pairs included. */
export function forEachKey({ features, others: rest }: Coverage, visit: (key: number) => void): void {
  for (const key of rest) visit(key);
  for (let one = 0; one < features.length; one += 1) {
    const first = features[one] ?? 0;
    visit(first);
    for (let other = 0; other < one; other += 1) {
      const second = features[other] ?? 0;
      visit(singleCount + Math.min(first, second) * featureCount + Math.max(first, second));
    }
  }
}

/** Marks of one scenario. Used again and again: making one anew for each would cost more than the marks themselves. */
export class Marks {
  readonly #set = new Uint8Array(singleCount);
  #features: number[] = [];
  #others: number[] = [];

  add(name: string): void {
    this.mark(keyNumber(name));
  }

  mark(key: number): void {
    if (this.#set[key] === 1) return;
    this.#set[key] = 1;
    (key < featureCount ? this.#features : this.#others).push(key);
  }

  /** Marks what another scenario covers too. */
  markAll({ features, others }: Coverage): void {
    for (const key of features) this.mark(key);
    for (const key of others) this.mark(key);
  }

  /** What has been marked; the marks are gone. */
  take(): Coverage {
    const taken = { features: this.#features, others: this.#others };
    for (const key of taken.features) this.#set[key] = 0;
    for (const key of taken.others) this.#set[key] = 0;
    this.#features = [];
    this.#others = [];
    return taken;
  }
}
