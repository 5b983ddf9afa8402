/** Which layout features a settled scenario has. */
import { allocationNumbers, conditionChoices, lanChoices, natChoices, poolChoices, serviceChoices } from "../generate/edges.ts";
import type { SettledEvent } from "../generate/events.ts";
import type { Ground, SettledSurroundings } from "../generate/ground.ts";
import type { SettledForward, SettledNetwork, SettledResource, SettledWorkload } from "../generate/networks.ts";
import type { PlaceKinds } from "../generate/places.ts";
import { atMost } from "../generate/sketch.ts";
import type { ConditionSketch } from "../generate/sketch.ts";
import { hostKinds, keyNumber, locations, portKinds, prefixKinds } from "./keys.ts";
import type { Marks } from "./keys.ts";

const numbersOf = (names: readonly string[]): readonly number[] => names.map(keyNumber);
const lanKeys = numbersOf(lanChoices.map((_, position) => `lan-${position}`));
const natKeys = numbersOf(natChoices.map((_, position) => `nat-${position}`));
const conditionKeys = numbersOf(conditionChoices.map((_, position) => `condition-${position}`));

const at = (keys: readonly number[], position: number): number => keys[atMost(position, keys.length)] ?? 0;

/** Nodes that labs do not have. */
function markAbsent(marks: Marks, nodes: Ground["nodes"], exits: Ground["exits"]): void {
  let present = 0;
  for (const [position, { hidden, exit, emulated }] of nodes.entries()) {
    if (emulated) present += 1;
    else if (hidden) marks.add("absent-hidden-node");
    else if (exit >= 0) marks.add("absent-exit-node");
    else marks.add(exits.some(({ standbys }) => standbys.includes(position)) ? "absent-standby" : "absent-public-node");
  }
  if (present === 1 && nodes.length > 1) marks.add("absent-all-but-one");
}

/** What nodes and exit nodes look like, whatever they came from. */
export function markGround(marks: Marks, { nodes, exits }: Ground): void {
  marks.add(nodes.length === 1 ? "one-node" : nodes.length < 4 ? "two-or-three-nodes" : "four-nodes-or-more");
  marks.add(exits.length === 1 ? "one-exit-node" : exits.length === 2 ? "two-exit-nodes" : "three-exit-nodes-or-more");
  for (const { number, ipv4, allocation } of exits) {
    marks.add(number < 10 ? "exit-number-one-digit" : "exit-number-two-digits");
    if (number >= 8 && number <= 14) marks.add("exit-number-ephemeral-ports");
    if (number === 15) marks.add("exit-number-last");
    if (!ipv4) marks.add("gateway-without-ipv4");
    if (allocation !== exits[0]?.allocation) marks.add("two-allocations");
  }
  for (const { standbys, partner, hasTables } of exits) {
    if (standbys.length > 0) marks.add("standby");
    if (standbys.length > 1) marks.add("two-standbys");
    if (partner >= 0) marks.add("partners");
    if (hasTables !== exits[0]?.hasTables) marks.add("tables-beside-rules");
  }
  markAbsent(marks, nodes, exits);
  for (const { hidden, ipv4, ipv6, exit } of nodes) {
    if (hidden) marks.add("hidden-node");
    else if (exit < 0) marks.add("public-node");
    if (!hidden && !ipv6) marks.add("tunnels-ipv4-only");
    if (!hidden && !ipv4) marks.add("tunnels-ipv6-only");
  }
}

/** What only a whole farm's sketch decides: addresses, routers, carriers, conditions, names. */
export function markSurroundings(marks: Marks, ground: SettledSurroundings, conditions: readonly ConditionSketch[]): void {
  if (ground.naming === 1) marks.add("names-long");
  if (ground.naming === 2) marks.add("names-yaml");
  for (const { number, pool, nextHop } of ground.allocations) {
    const n = allocationNumbers[number] ?? 1;
    if (n === 0) marks.add("allocation-number-0");
    if (n > 9) marks.add(n > 99 ? "allocation-number-three-digits" : "allocation-number-two-digits");
    if (poolChoices[pool] === 30) marks.add("pool-full");
    if (poolChoices[pool] === 23) marks.add("pool-across-255");
    if (nextHop !== 0) marks.add("next-hop-global");
  }
  for (const [position, { lan, nat, carrier, forwards }] of ground.routers.entries()) {
    marks.mark(at(lanKeys, lan));
    marks.mark(at(natKeys, nat));
    if (forwards > 0) marks.add("router-forwards");
    if (carrier >= 0) marks.add("carrier");
    if (carrier >= 0 && ground.routers.some((other, before) => before < position && other.carrier === carrier)) marks.add("carrier-shared");
  }
  for (const nat of ground.carriers) marks.mark(at(natKeys, nat));
  let lastRouter = 0;
  for (const { hidden, place, nics } of ground.nodes) {
    if (hidden && (lastRouter & (1 << place)) !== 0) marks.add("router-shared");
    if (hidden) lastRouter |= 1 << place;
    if ((nics & 1) !== 0) marks.add("own-nic");
    if ((nics & 2) !== 0) marks.add("spare-nic");
  }
  for (const { choice } of conditions) marks.mark(at(conditionKeys, choice));
}

const isEphemeral = (port: number): boolean => port >= 32_768 && port <= 60_999;

/** Of each service: its protocol, and what stands out of its port. */
const serviceKeys = serviceChoices.map(({ protocol, port }) =>
  numbersOf([
    `service-${protocol}`,
    ...(port === 1 || port === 65_535 ? [`service-port-${port}`] : isEphemeral(port) ? ["service-ephemeral-port"] : []),
  ]),
);

const hostFeatures = numbersOf(hostKinds.map((host) => `host-${host}`));

/** Position in `hostKinds`. */
const hostKindOf = (host: number): number => (host === 2 ? 0 : host === 254 ? 1 : 2);

/** By host, prefix, location. */
const workloadKeys = hostKinds.map((host) =>
  prefixKinds.map((prefix) => numbersOf(locations.map((location) => `layout:workload/host-${host}-prefix-${prefix}-${location}`))),
);
/** By protocol, location, port. */
const forwardKeys = ["tcp", "udp"].map((protocol) =>
  locations.map((location) => numbersOf(portKinds.map((port) => `layout:forward/${protocol}-${location}-${port}`))),
);

/** Position in `locations`. */
const locationOf = (ground: Ground, { node, exitPoint }: SettledResource): number =>
  exitPoint ? 0 : ground.nodes[node]?.hidden === true ? 2 : 1;

/** Position in `prefixKinds`. */
function prefixKindOf(subnet: number): number {
  if (subnet < 0) return 0;
  const low = subnet & 0xfff;
  if (low <= 1) return 1 + low;
  if (low === 0xfff) return 3;
  if (low >= 0xf00) return 4;
  return (low & 0xff) === 0 ? 5 : (low & 0xff) === 0xff ? 6 : 7;
}

/** Position in `portKinds`. */
const portKindOf = ({ port, workloadPort }: SettledForward): number =>
  port === workloadPort ? (port < 1024 ? 0 : 1) : port < 1024 ? 2 : port < 32_768 ? 3 : 4;

/** What meets in one workload, or one forward. */
function markMeetings(marks: Marks, ground: Ground, { resources, workloads, forwards }: SettledNetwork): void {
  for (const { resource, host } of workloads) {
    const held = resources[resource];
    if (held === undefined) continue;
    const key = workloadKeys[hostKindOf(host)]?.[prefixKindOf(held.subnet)]?.[locationOf(ground, held)];
    if (key !== undefined) marks.mark(key);
  }
  for (const forward of forwards) {
    const held = resources[workloads[forward.workload]?.resource ?? 0];
    if (held === undefined) continue;
    const key = forwardKeys[forward.protocol === "tcp" ? 0 : 1]?.[locationOf(ground, held)]?.[portKindOf(forward)];
    if (key !== undefined) marks.mark(key);
  }
}

function markPrefixes(marks: Marks, network: SettledNetwork, lowBits: Map<number, number>): void {
  let stated = false;
  let allocated = false;
  for (const { subnet } of network.resources) {
    if (subnet < 0) {
      allocated = true;
      continue;
    }
    stated = true;
    const low = subnet & 0xfff;
    if (low === 0) marks.add("prefix-000");
    else if (low === 1) marks.add("prefix-001");
    else if (low === 0xfff) marks.add("prefix-fff");
    if (low >= 0xf00) marks.add("prefix-fXX");
    if ((low & 0xff) === 0) marks.add("prefix-low-byte-00");
    if ((low & 0xff) === 0xff) marks.add("prefix-low-byte-ff");
    const other = lowBits.get(low);
    if (other !== undefined && other !== subnet) marks.add("prefix-same-low-bits");
    lowBits.set(low, subnet);
  }
  if (stated) marks.add("prefix-stated");
  if (allocated) marks.add("prefix-allocated");
  if (stated && allocated) marks.add("prefix-stated-and-allocated");
}

function markWorkloads(marks: Marks, workloads: readonly SettledWorkload[]): void {
  if (workloads.length === 0) marks.add("network-without-workload");
  let resources = 0;
  let anyServices = 0;
  for (const [position, { resource, host, services }] of workloads.entries()) {
    marks.mark(at(hostFeatures, hostKindOf(host)));
    if ((resources & (1 << resource)) !== 0) marks.add("two-workloads-on-resource");
    resources |= 1 << resource;
    for (let before = 0; before < position; before += 1) if (workloads[before]?.host === host) marks.add("same-host-in-network");
    if (services === 0) marks.add("workload-without-service");
    for (const [bit, keys] of serviceKeys.entries())
      if ((services & ~anyServices & (1 << bit)) !== 0) for (const key of keys) marks.mark(key);
    anyServices |= services;
    if ((services & 0b1001) === 0b1001 || (services & 0b110) === 0b110) marks.add("service-both-protocols");
  }
}

function markForward(marks: Marks, ground: Ground, network: SettledNetwork, forward: SettledForward, position: number): void {
  marks.add(forward.protocol === "tcp" ? "forward-tcp" : "forward-udp");
  marks.add(forward.port === forward.workloadPort ? "forward-same-port" : "forward-other-port");
  if (isEphemeral(forward.port)) marks.add("forward-ephemeral-port");
  const resource = network.resources[network.workloads[forward.workload]?.resource ?? 0];
  if (resource?.exitPoint === true) marks.add("forward-to-exit-point");
  else marks.add(ground.nodes[resource?.node ?? 0]?.hidden === true ? "forward-to-hidden" : "forward-to-public");
  for (let before = 0; before < position; before += 1) {
    const other = network.forwards[before];
    if (other?.workload === forward.workload) marks.add("forwards-to-one-workload");
    if (other?.address === forward.address && other.port === forward.port) marks.add("forward-both-protocols");
  }
}

function markMembers(marks: Marks, ground: Ground, { resources }: SettledNetwork, places: readonly number[] | undefined): void {
  if (resources.length === 1) marks.add("network-of-one-resource");
  let hidden = 0;
  let routers = 0;
  for (const { node, exitPoint } of resources) {
    const held = ground.nodes[node];
    if (held === undefined || exitPoint) continue;
    if (held.exit >= 0) marks.add("resource-on-other-exit-node");
    if (!held.hidden) continue;
    hidden += 1;
    if (hidden > 1) marks.add("hidden-pair");
    const router = places?.[node];
    if (router === undefined) continue;
    if ((routers & (1 << router)) !== 0) marks.add("hidden-pair-behind-one-router");
    routers |= 1 << router;
  }
}

const kinds = ["wireguard", "vxlan", "segment"] as const;

/** What carries the networks, and where that meets. */
function markOverlays(marks: Marks, { nodes, exits }: Ground, networks: readonly SettledNetwork[]): void {
  const kindsOn = nodes.map(() => 0);
  const vxlansOn = nodes.map(() => 0);
  /** By segment: whether a network has it. */
  let segments = 0;
  let families = 0;
  let vxlanAllocation = -1;
  for (const { exit, overlay, resources } of networks) {
    const home = exits[exit];
    const { kind, segment } = overlay;
    const members = resources.flatMap(({ node }) => nodes[node] ?? []);
    if (members.some(({ emulated }) => !emulated)) marks.add(`absent-in-${kind}`);
    if (nodes[home?.node ?? 0]?.emulated === false) marks.add("network-of-absent-exit-node");
    for (const { node } of resources) kindsOn[node] = (kindsOn[node] ?? 0) | (1 << kinds.indexOf(kind));
    if (kind === "wireguard") continue;
    if (home?.hasTables === true) marks.add(`${kind}-with-tables`);
    if (resources.length === 1) marks.add("overlay-of-one-resource");
    if (kind === "segment") {
      marks.add("segment");
      if ((segments & (1 << segment)) !== 0) marks.add("segment-shared");
      segments |= 1 << segment;
      if (members.filter(({ hidden }) => hidden).length > 1) marks.add("segment-hidden-pair");
      continue;
    }
    const isOverIpv4 = members.every(({ ipv4 }) => ipv4);
    marks.add(isOverIpv4 ? "vxlan-over-ipv4" : "vxlan-over-ipv6");
    families |= isOverIpv4 ? 1 : 2;
    for (const { node } of resources) {
      if ((vxlansOn[node] ?? 0) > 0) marks.add("two-vxlans-on-node");
      vxlansOn[node] = (vxlansOn[node] ?? 0) + 1;
    }
    const allocation = home?.allocation ?? 0;
    if (vxlanAllocation >= 0 && vxlanAllocation !== allocation) marks.add("vxlan-of-two-allocations");
    vxlanAllocation = allocation;
  }
  if (families === 3) marks.add("vxlans-of-both-families");
  // One bit alone is a power of two.
  if (kindsOn.some((bits) => (bits & (bits - 1)) !== 0)) marks.add("overlays-on-one-node");
}

/** What an exit node's standbys and routing tables have to do with its networks. */
function markHomes(marks: Marks, { exits }: Ground, networks: readonly SettledNetwork[], onExit: readonly number[]): void {
  for (const [position, { hasTables }] of exits.entries()) {
    const count = onExit[position] ?? 0;
    if (hasTables && count > 0) marks.add("tables-for-networks");
    if (hasTables && count > 1) marks.add("tables-for-two-networks");
  }
  for (const { exit, resources } of networks) {
    const { standbys = [], partner = -1 } = exits[exit] ?? {};
    const isMember = (position: number): boolean => resources.some(({ node }) => node === position);
    for (const standby of standbys) marks.add(isMember(standby) ? "standby-with-resource" : "standby-without-resource");
    if (partner >= 0) marks.add(isMember(partner) ? "partner-with-resource" : "partner-without-resource");
  }
}

/** Features of the networks and of how they lie beside each other. `routers` are those of the ground's nodes, where one knows. */
export function markNetworks(
  marks: Marks,
  ground: Ground,
  networks: readonly SettledNetwork[],
  routers: readonly number[] | undefined,
): void {
  const onExit = ground.exits.map(() => 0);
  const ownersOnExit = ground.exits.map(() => 0);
  const lowBits = new Map<number, number>();
  let nodesUsed = 0;
  for (const network of networks) {
    const exit = ground.exits[network.exit];
    onExit[network.exit] = (onExit[network.exit] ?? 0) + 1;
    if (network.exit !== networks[0]?.exit) marks.add("networks-on-two-gateways");
    if (exit?.allocation !== ground.exits[networks[0]?.exit ?? 0]?.allocation) marks.add("networks-of-two-allocations");
    markMembers(marks, ground, network, routers);
    markPrefixes(marks, network, lowBits);
    markWorkloads(marks, network.workloads);
    markMeetings(marks, ground, network);
    for (const { node, exitPoint } of network.resources) {
      if (exitPoint) continue;
      if ((nodesUsed & (1 << node)) !== 0)
        marks.add(ground.nodes[node]?.hidden === true ? "networks-share-hidden-node" : "networks-share-public-node");
      nodesUsed |= 1 << node;
    }
    for (const [position, forward] of network.forwards.entries()) markForward(marks, ground, network, forward, position);
    if (network.owned.length === 0) continue;
    marks.add("owned-address");
    ownersOnExit[network.exit] = (ownersOnExit[network.exit] ?? 0) + 1;
    if (network.owned.length > 1) marks.add("two-owned-addresses");
    if (network.forwards.length === 0) marks.add("owned-without-forward");
  }
  markOverlays(marks, ground, networks);
  markHomes(marks, ground, networks, onExit);
  for (const count of onExit) {
    if (count === 1) marks.add("network-alone-on-exit-node");
    if (count >= 2) marks.add("two-networks-on-gateway");
    if (count >= 3) marks.add("three-networks-on-gateway");
  }
  if (ownersOnExit.some((count) => count > 1)) marks.add("two-owners-on-gateway");
}

/** What happens, and where. */
export function markEvents(marks: Marks, places: PlaceKinds, events: readonly SettledEvent[]): void {
  const left = new Set<number>();
  let endsMs = 0;
  for (const { kind, act, place, resource, atMs, untilMs } of events) {
    if (atMs < endsMs) marks.add(kind === "change" ? "change-while-broken" : "events-overlap");
    endsMs = Math.max(endsMs, untilMs);
    if (act === "fault") {
      marks.add(`fault-${kind}`);
      const where = kind === "cut" || kind === "packets" || kind === "link-down" ? places.links[place] : places.nodes[place];
      marks.add(`layout:fault/${kind}@${where ?? ""}`);
      continue;
    }
    const thing = place * 64 + resource + 1;
    if (act === "leave") {
      left.add(thing);
      marks.add(resource < 0 ? "network-leaves" : "resource-leaves");
    } else if (!left.has(thing)) marks.add("network-comes-late");
    else marks.add(resource < 0 ? "network-returns" : "resource-returns");
  }
}
