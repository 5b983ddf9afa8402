/** Which clauses of laws some flow of a settled scenario exercises, which routes and rules it makes, and who will throw packets away. */
import { serviceChoices } from "../generate/edges.ts";
import type { Ground } from "../generate/ground.ts";
import type { SettledNetwork } from "../generate/networks.ts";
import { keyNumber, locations } from "./keys.ts";
import type { Marks } from "./keys.ts";

const protocols = ["icmp", "tcp", "udp"] as const;
const keys = (make: (name: string) => string, names: readonly string[]): readonly number[] => names.map((name) => keyNumber(make(name)));

/** By hops (0: one resource, 1: two, 2: three), family (0: IPv4), protocol. */
const within = ["same-resource", "two-hops", "three-hops"].map((hops) =>
  ["ipv4", "ipv6"].map((family) => keys((protocol) => `clause:EX-7/${hops}-${family}-${protocol}`, protocols)),
);
const out6 = keys((location) => `clause:EX-8/out-${location}`, locations);
const out4 = keys((location) => `clause:EX-9/out-${location}`, locations);
/** By location, protocol. */
const in6 = locations.map((location) => keys((protocol) => `clause:EX-8/in-${protocol}-${location}`, protocols));
/** By protocol (0: tcp), location. */
const forwarded = ["tcp", "udp"].map((protocol) => keys((location) => `clause:EX-9/forward-${protocol}-${location}`, locations));
const ownForwarded = keys((protocol) => `clause:EX-9/own-forward-${protocol}`, ["tcp", "udp"]);
const dnat = keys((protocol) => `rule:gateway/dnat-${protocol}`, ["tcp", "udp"]);
const byNeighbour = (part: string): readonly number[] =>
  keys((neighbour) => `clause:EX-10/${part}`.replace("*", neighbour), ["same-gateway", "other-gateway"]);
const global6 = protocols.map((protocol) => byNeighbour(`global-*-${protocol}`));
const privately = byNeighbour("private-*");
const linkLocal = byNeighbour("link-local-*");
const forwardedTo = ["tcp", "udp"].map((protocol) => byNeighbour(`forward-${protocol}-*`));

/** Bits of services: bit 0 of what is given is echo, which always answers, bit 1 tcp, bit 2 udp. */
const serviceBits = (protocol: string): number =>
  serviceChoices.reduce((bits, choice, bit) => (choice.protocol === protocol ? bits | (1 << bit) : bits), 0);
const tcpBits = serviceBits("tcp");
const udpBits = serviceBits("udp");
const answersOf = (services: number): number => 1 | ((services & tcpBits) === 0 ? 0 : 2) | ((services & udpBits) === 0 ? 0 : 4);

const mark = (marks: Marks, key: number | undefined): void => {
  if (key !== undefined) marks.mark(key);
};

/** What of a network the others see. */
interface Seen {
  readonly network: SettledNetwork;
  readonly allocationIpv4: boolean;
  /** Everything that any of its workloads answers to. */
  answers: number;
  /** Bit 0: has a forward of tcp, bit 1: of udp. */
  forwards: number;
}

function markWithin(marks: Marks, ground: Ground, network: SettledNetwork, seen: Seen): void {
  const { overlay, resources, workloads } = network;
  for (const [position, workload] of workloads.entries()) {
    const resource = resources[workload.resource];
    const hidden = ground.nodes[resource?.node ?? 0]?.hidden === true;
    const location = resource?.exitPoint === true ? 0 : hidden ? 2 : 1;
    const answers = answersOf(workload.services);
    seen.answers |= answers;
    mark(marks, out6[location]);
    if (seen.allocationIpv4) mark(marks, out4[location]);
    else marks.add("clause:EX-9/no-gateway");
    for (let protocol = 0; protocol < 3; protocol += 1) if ((answers & (1 << protocol)) !== 0) mark(marks, in6[location]?.[protocol]);
    for (const [other, from] of workloads.entries()) {
      if (other === position) continue;
      const fromHidden = ground.nodes[resources[from.resource]?.node ?? 0]?.hidden === true;
      const isFar = overlay.kind === "wireguard" && hidden && fromHidden;
      const hops = from.resource === workload.resource ? 0 : isFar ? 2 : 1;
      for (let protocol = 0; protocol < 3; protocol += 1) {
        if ((answers & (1 << protocol)) === 0) continue;
        mark(marks, within[hops]?.[0]?.[protocol]);
        mark(marks, within[hops]?.[1]?.[protocol]);
      }
    }
  }
}

function markForwards(marks: Marks, ground: Ground, network: SettledNetwork, seen: Seen): void {
  if (network.owned.length > 0) marks.add("clause:EX-9/unsolicited-owned");
  for (const { protocol, workload } of network.forwards) {
    const resource = network.resources[network.workloads[workload]?.resource ?? 0];
    const location = resource?.exitPoint === true ? 0 : ground.nodes[resource?.node ?? 0]?.hidden === true ? 2 : 1;
    const index = protocol === "tcp" ? 0 : 1;
    seen.forwards |= 1 << index;
    mark(marks, forwarded[index]?.[location]);
    mark(marks, ownForwarded[index]);
    mark(marks, dnat[index]);
  }
}

const noPeer = keyNumber("drop:tunnel/no-peer");
const isolation = keyNumber("drop:gateway/isolation");

/** What one network may do to another, and may not. */
function markBetween(marks: Marks, from: Seen, to: Seen): void {
  if (from.network.workloads.length === 0) return;
  const neighbour = from.network.exit === to.network.exit ? 0 : 1;
  for (let protocol = 0; protocol < 3; protocol += 1) if ((to.answers & (1 << protocol)) !== 0) mark(marks, global6[protocol]?.[neighbour]);
  mark(marks, privately[neighbour]);
  mark(marks, linkLocal[neighbour]);
  marks.mark(noPeer);
  if (neighbour === 0) marks.mark(isolation);
  if (!from.allocationIpv4) return;
  for (let index = 0; index < 2; index += 1) if ((to.forwards & (1 << index)) !== 0) mark(marks, forwardedTo[index]?.[neighbour]);
}

const exitPointRoutes = keys(
  (name) => `route:${name}`,
  ["gateway/exit-point-64", "gateway/exit-point-24", "gateway/exit-point-transit", "exit-point/default"],
);
const memberRoutes = keys(
  (name) => `route:${name}`,
  ["gateway/member-64", "gateway/member-24", "gateway/member-transit", "resource/default", "resource/to-exit-point"],
);

function markRoutes(marks: Marks, ground: Ground, { overlay, resources }: SettledNetwork, hasIpv4: boolean): void {
  for (const key of exitPointRoutes) marks.mark(key);
  if (hasIpv4) marks.add("rule:gateway/source-nat");
  let hidden = 0;
  let reachable = 0;
  for (const { node, exitPoint } of resources) {
    if (exitPoint) continue;
    if (ground.nodes[node]?.hidden === true) hidden += 1;
    else reachable += 1;
  }
  if (hidden + reachable > 0) for (const key of memberRoutes) marks.mark(key);
  if (hidden > 0) marks.add("route:exit-point/to-hidden");
  if (reachable > 0) marks.add("route:exit-point/to-public");
  // Tunnels of two hidden nodes are no peers, and have no routes to each other.
  const hasHiddenPair = overlay.kind !== "wireguard" && hidden > 1;
  if (hasHiddenPair || (hidden > 0 && reachable > 0)) marks.add("route:resource/to-hidden");
  if (reachable > 1 || (hidden > 0 && reachable > 0)) marks.add("route:resource/to-public");
}

/** Every part has a /64 that is free, every allocation a part: no farm of this size fills one. */
const always = [
  ...["clause:EX-11/unassigned-64", "clause:EX-11/unassigned-52", "drop:gateway/unassigned-64", "drop:upstream/unassigned-52"],
  ...["route:gateway/default-ipv6", "route:gateway/part-unreachable"],
].map(keyNumber);
const ofIpv4Gateway = ["clause:EX-9/unsolicited-gateway", "route:gateway/default-ipv4", "drop:gateway/unsolicited"].map(keyNumber);

/**
 * Marks what flows of the scenario exercise, over all flows between its workloads, the internet (the store's host has both families) and the
 * addresses that nobody may reach or has. While nothing is broken: what faults do to flows is the oracle's to say.
 */
export function markReach(marks: Marks, ground: Ground, networks: readonly SettledNetwork[]): void {
  const all = networks.map((network): Seen => ({
    network,
    allocationIpv4: ground.exits[network.exit]?.ipv4 === true,
    answers: 0,
    forwards: 0,
  }));
  for (const key of always) marks.mark(key);
  if (ground.exits.some(({ ipv4 }) => ipv4)) for (const key of ofIpv4Gateway) marks.mark(key);
  for (const seen of all) {
    markWithin(marks, ground, seen.network, seen);
    markForwards(marks, ground, seen.network, seen);
    markRoutes(marks, ground, seen.network, seen.allocationIpv4);
    if (seen.network.workloads.length === 0) continue;
    marks.add("clause:EX-9/unsolicited-private");
    if (!seen.allocationIpv4) marks.add("drop:gateway/no-ipv4");
  }
  for (const from of all) for (const to of all) if (from !== to) markBetween(marks, from, to);
}
