/** What networks stand on: nodes, exit nodes and how many addresses there are to own, in numbers. */
import { atMost, roles } from "./sketch.ts";
import type { AllocationSketch, NodeSketch, RouterSketch, SurroundingsSketch } from "./sketch.ts";
import { allocationNumbers, allocationPrefixes, poolChoices } from "./edges.ts";

export interface Ground {
  readonly nodes: readonly GroundNode[];
  /** In the order of the nodes. */
  readonly exits: readonly GroundExit[];
  readonly allocations: readonly GroundAllocation[];
}

export interface GroundNode {
  readonly hidden: boolean;
  /** Families that its tunnels speak: a public node's addresses, a hidden one's way out. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Position among the exit nodes; -1 where it is none. */
  readonly exit: number;
  /** Whether labs have it. */
  readonly emulated: boolean;
  /** Bit n: a NIC for networks on segment n of those that networks may have for themselves. */
  readonly cables: number;
}

export interface GroundExit {
  readonly node: number;
  readonly allocation: number;
  readonly number: number;
  readonly ipv4: boolean;
  readonly hasTables: boolean;
  /** Positions of the nodes that stand in for it. */
  readonly standbys: readonly number[];
  /** Position of its partner's node; -1: none. */
  readonly partner: number;
}

export interface GroundAllocation {
  /** IPv4 addresses that networks may own. */
  readonly ownable: number;
}

/** Positions of the nodes that may come to have its networks' exit points. */
export const standInsOf = ({ standbys, partner }: GroundExit): readonly number[] => (partner < 0 ? standbys : [partner]);

/** Addresses of each allocation that are kept for networks to own. */
export const ownablePerAllocation = 6;

/** Surroundings with every reference resolved: positions are those of what is really there. */
export interface SettledSurroundings extends Ground {
  readonly naming: number;
  readonly hosts: number;
  readonly allocations: readonly SettledAllocation[];
  readonly routers: readonly SettledRouter[];
  readonly carriers: readonly number[];
  readonly nodes: readonly SettledNode[];
}

export interface SettledAllocation extends GroundAllocation {
  readonly prefix: number;
  readonly number: number;
  readonly pool: number;
  readonly nextHop: number;
}

export interface SettledRouter extends Omit<RouterSketch, "carrier"> {
  /** Position among the carriers; -1: none. */
  readonly carrier: number;
}

export interface SettledNode extends GroundNode {
  readonly role: (typeof roles)[number];
  /** Of a hidden node the router's position, of others the allocation's. */
  readonly place: number;
  readonly nics: number;
  /** Position among the exit nodes of the one that it stands in for; -1 for none. */
  readonly standsInFor: number;
}

/** Whether a public or exit node has a NIC besides that of its own address and the public one: for forwarding, or for nothing. */
export const hasSecondNic = ({ exit, standsInFor, nics }: SettledNode): boolean => exit >= 0 || standsInFor >= 0 || (nics & 2) !== 0;

/** Whether there is a segment that networks may have for themselves. */
export const hasCloth = ({ nodes }: Ground): boolean => nodes.some(({ cables }) => cables !== 0);

/** The next number after `wanted` in a circle that is not taken; it is then. */
export function nextFree(wanted: number, count: number, taken: Set<number>): number {
  if (taken.size >= count) throw new Error(`more than ${count} things in one place`);
  let found = wanted % count;
  while (taken.has(found)) found = (found + 1) % count;
  taken.add(found);
  return found;
}

/** The next position after `wanted` in a circle of at most 32 that is no bit of `taken`; throws where all are. */
export function nextFreeBit(wanted: number, count: number, taken: number): number {
  for (let step = 0; step < count; step += 1) {
    const position = (wanted + step) % count;
    if ((taken & (1 << position)) === 0) return position;
  }
  throw new Error(`more than ${count} things in one place`);
}

const plainRouter: RouterSketch = { lan: 0, nat: 0, carrier: 0, forwards: 0 };

const roleOf = (node: NodeSketch, position: number): (typeof roles)[number] =>
  position === 0 ? "exit-node" : (roles[node.role] ?? "hidden");

/** New positions of what is used, in order; -1 for what is not. */
function positionsOf(used: readonly boolean[]): number[] {
  let next = 0;
  return used.map((one) => (one ? next++ : -1));
}

function settleAllocations(sketches: readonly AllocationSketch[]): SettledAllocation[] {
  let prefixes = 0;
  let numbers = 0;
  return sketches.map((sketch) => {
    const prefix = nextFreeBit(sketch.prefix, allocationPrefixes.length, prefixes);
    const number = nextFreeBit(sketch.number, allocationNumbers.length, numbers);
    prefixes |= 1 << prefix;
    numbers |= 1 << number;
    return { prefix, number, pool: atMost(sketch.pool, poolChoices.length), nextHop: sketch.nextHop, ownable: ownablePerAllocation };
  });
}

interface Standing {
  readonly nodes: readonly SettledNode[];
  readonly exits: readonly GroundExit[];
}

/** Who stands in for whom. One that stands in for an exit node which labs have, or do not have, is one that they have, or do not have. */
function settleStandbys({ nodes, exits }: Standing, sketches: readonly NodeSketch[]): Standing {
  const standbys = exits.map((): number[] => []);
  const settled = nodes.map((node, position): SettledNode => {
    const wanted = sketches[position]?.standsInFor ?? 0;
    if (node.role !== "public" || wanted === 0) return node;
    const near = exits.flatMap(({ allocation }, exit) => (allocation === node.place ? [exit] : []));
    const standsInFor = near[atMost(wanted - 1, near.length)];
    if (standsInFor === undefined) return node;
    standbys[standsInFor]?.push(position);
    return { ...node, standsInFor, emulated: nodes[exits[standsInFor]?.node ?? 0]?.emulated === true };
  });
  return { nodes: settled, exits: exits.map((exit, position) => ({ ...exit, standbys: standbys[position] ?? [] })) };
}

/** Which exit nodes are partners: of the same allocation, without standbys and tables. Labs have both where they have the first. */
function settlePartners({ nodes, exits }: Standing, sketches: readonly NodeSketch[]): Standing {
  const partners = exits.map(() => -1);
  const settled = [...nodes];
  for (const [position, exit] of exits.entries()) {
    const wanted = sketches[exit.node]?.standsInFor ?? 0;
    const isFree = (one: number): boolean => partners[one] === -1 && exits[one]?.hasTables === false && exits[one].standbys.length === 0;
    if (wanted === 0 || !isFree(position)) continue;
    const others = exits.flatMap(({ allocation }, other) =>
      other !== position && allocation === exit.allocation && isFree(other) ? [other] : [],
    );
    const other = others[atMost(wanted - 1, others.length)] ?? -1;
    const { node } = exits[other] ?? { node: -1 };
    const [first, second] = [nodes[Math.min(node, exit.node)], nodes[Math.max(node, exit.node)]];
    if (first === undefined || second === undefined) continue;
    partners[position] = node;
    partners[other] = exit.node;
    settled[Math.max(node, exit.node)] = { ...second, emulated: first.emulated };
  }
  return { nodes: settled, exits: exits.map((exit, position) => ({ ...exit, partner: partners[position] ?? -1 })) };
}

/** Resolves every reference of the surroundings. */
export function settleSurroundings(sketch: SurroundingsSketch): SettledSurroundings {
  const { nodes } = sketch;
  const routers = sketch.routers.length === 0 ? [plainRouter] : sketch.routers;
  const usedRouters = routers.map(() => false);
  const usedAllocations = sketch.allocations.map(() => false);
  const places = nodes.map((node, position) => {
    const [used, place] =
      roleOf(node, position) === "hidden"
        ? ([usedRouters, atMost(node.place, routers.length)] as const)
        : ([usedAllocations, atMost(node.place, sketch.allocations.length)] as const);
    used[place] = true;
    return place;
  });
  const routerPositions = positionsOf(usedRouters);
  const allocationPositions = positionsOf(usedAllocations);
  const kept = routers.filter((_, position) => usedRouters[position]);
  const usedCarriers = sketch.carriers.map(() => false);
  const carrierOf = ({ carrier }: RouterSketch): number => (carrier === 0 ? -1 : atMost(carrier - 1, sketch.carriers.length));
  for (const router of kept) if (carrierOf(router) >= 0) usedCarriers[carrierOf(router)] = true;
  const carrierPositions = positionsOf(usedCarriers);

  /** By allocation: bit n-1 is exit node n. */
  const numbersOf = sketch.allocations.map(() => 0);
  const exits: GroundExit[] = [];
  const settled = nodes.map((node, position): SettledNode => {
    const place = places[position] ?? 0;
    const wanted = roleOf(node, position);
    // A sixteenth exit node of an allocation has no part left.
    const role = wanted === "exit-node" && numbersOf[place] === 0x7fff ? "public" : wanted;
    const common = { emulated: position === 0 || node.absent === 0, cables: node.cable, standsInFor: -1 };
    if (role === "hidden") {
      return { ...common, role, hidden: true, ipv4: true, ipv6: false, exit: -1, place: routerPositions[place] ?? 0, nics: 0 };
    }
    const allocation = allocationPositions[place] ?? 0;
    const ipv4 = node.families !== 2;
    const ipv6 = node.families !== 1;
    if (role === "public") return { ...common, role, hidden: false, ipv4, ipv6, exit: -1, place: allocation, nics: node.nics };
    const taken = numbersOf[place] ?? 0;
    const free = nextFreeBit((node.number + 14) % 15, 15, taken);
    numbersOf[place] = taken | (1 << free);
    const exit = { node: position, allocation, number: free + 1, ipv4: node.withoutIpv4 === 0, hasTables: node.isolation !== 0 };
    exits.push({ ...exit, standbys: [], partner: -1 });
    return { ...common, role, hidden: false, ipv4, ipv6, exit: exits.length - 1, place: allocation, nics: node.nics & 1 };
  });
  return {
    naming: sketch.names,
    hosts: sketch.hosts,
    allocations: settleAllocations(sketch.allocations).filter((_, position) => usedAllocations[position]),
    routers: kept.map((router) => {
      const carrier = carrierOf(router);
      return { ...router, carrier: carrier < 0 ? -1 : (carrierPositions[carrier] ?? -1) };
    }),
    carriers: sketch.carriers.filter((_, position) => usedCarriers[position]),
    ...settlePartners(settleStandbys({ nodes: settled, exits }, nodes), nodes),
  };
}
