/** Other networks in the same farm: nodes and surroundings stay, so that a lab that is up can go on with it. */
import { addressIn, formatAddress, networkOf, parseAddress, parsePrefix, sameAddress } from "../../core/common/index.ts";
import type { Address, Prefix } from "../../core/common/index.ts";
import type { AllocationEntry, FarmFile, NodeEntry } from "../../core/farm/index.ts";
import { ownablePerAllocation } from "./ground.ts";
import type { Ground, GroundExit, GroundNode } from "./ground.ts";
import { settleEvents } from "./events.ts";
import { networkKeys } from "./network-entries.ts";
import type { GroundNames } from "./network-entries.ts";
import { settleNetworks } from "./networks.ts";
import { placesOf } from "./places.ts";
import type { Sketch } from "./sketch.ts";

/** Segments of networks are bits of a number. */
const mostSegments = 30;

/** A farm file as ground for other networks. */
export interface GivenGround {
  readonly document: FarmFile;
  readonly ground: Ground;
  readonly names: GroundNames;
}

const addressesIn = (value: unknown): Address[] => {
  if (typeof value === "string") return [parsePrefix(value)?.address ?? parseAddress(value) ?? []].flat();
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(addressesIn) : [];
};

/** The last and the first of an allocation's addresses that nothing of the farm has, networks apart. */
function ownableOf(allocation: AllocationEntry, used: readonly Address[]): string[] {
  const pool = allocation.ipv4 === undefined ? undefined : parsePrefix(allocation.ipv4);
  if (pool === undefined) return [];
  const count = 2 ** (32 - pool.length);
  const [from, to] = count > 2 ? [1, count - 2] : [0, count - 1];
  // Enough of either end to find as many free ones as are asked for, whatever is used.
  const near = Math.min(to - from, used.length + ownablePerAllocation);
  const offsets = Array.from({ length: near + 1 }, (_, index) => [to - index, from + index]).flat();
  const free = [...new Set(offsets)].filter((offset) => !used.some((address) => sameAddress(address, addressIn(pool, offset))));
  return free.slice(0, ownablePerAllocation).map((offset) => formatAddress(addressIn(pool, offset)));
}

/** The families of a node's tunnels: of its public addresses, or of what a hidden node's NICs have. */
function familiesOf(node: NodeEntry): Pick<GroundNode, "ipv4" | "ipv6"> {
  const holders = node.public === undefined ? Object.values(node.nics) : [node.public];
  return { ipv4: holders.some(({ ipv4 }) => ipv4 !== undefined), ipv6: holders.some(({ ipv6 }) => ipv6 !== undefined) };
}

/** For each node the NICs that networks may have for themselves: bits over these segments. */
function cablesOf(document: FarmFile): { readonly segments: readonly string[]; readonly cables: ReadonlyMap<string, number> } {
  const standbys = Object.values(document.nodes).flatMap((node) => node["exit-node"]?.standby ?? []);
  const free = Object.entries(document.nodes).flatMap(([name, node]) =>
    Object.entries(node.nics).flatMap(([nic, { segment, ipv4, ipv6 }]) => {
      // Of two on one segment the first would be taken, which may be the standby's.
      const isStandbys = standbys.some((standby) => standby.node === name && node.nics[standby.nic]?.segment === segment);
      const isUsed = isStandbys || node.public?.nic === nic || node["exit-node"]?.nic === nic;
      return ipv4 !== undefined || ipv6 !== undefined || isUsed ? [] : [{ name, segment }];
    }),
  );
  const segments = [...new Set(free.map(({ segment }) => segment))].slice(0, mostSegments);
  const bit = (segment: string): number => (segments.includes(segment) ? 1 << segments.indexOf(segment) : 0);
  const cables = new Map<string, number>();
  for (const { name, segment } of free) cables.set(name, (cables.get(name) ?? 0) | bit(segment));
  return { segments, cables };
}

const prefixOf = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return networkOf(prefix);
};

/** The ground of a valid farm file; undefined where it has no exit node, and so no networks. */
export function groundOf(document: FarmFile): GivenGround | undefined {
  const { networks: _, timeline: __, expectations: ___, ...rest } = document;
  const used = addressesIn(rest);
  const nodes = Object.entries(document.nodes);
  const exits: GroundExit[] = [];
  const { segments, cables } = cablesOf(document);
  const groundNodes = nodes.map(([name, node], position): GroundNode => {
    const common = { hidden: node.public === undefined, emulated: node.emulate !== false, cables: cables.get(name) ?? 0 };
    const families = { ...common, ...familiesOf(node) };
    const exit = node["exit-node"];
    if (exit === undefined) return { ...families, exit: -1 };
    const number = exit.allocation ?? document.allocations[0]?.number;
    const allocation = document.allocations.findIndex((candidate) => candidate.number === number);
    const positionOf = (name: string | undefined): number => nodes.findIndex(([other]) => other === name);
    const standbys = (exit.standby ?? []).map((standby) => positionOf(standby.node));
    const own = { number: exit.number, ipv4: exit.ipv4 !== undefined, hasTables: exit.isolation === "vrf" };
    exits.push({ node: position, allocation, ...own, standbys, partner: positionOf(exit.partner) });
    return { ...families, exit: exits.length - 1 };
  });
  if (exits.length === 0) return undefined;
  const allocations = document.allocations.map((allocation) => ({
    prefix: prefixOf(allocation.prefix),
    number: allocation.number,
    ownable: ownableOf(allocation, used),
  }));
  return {
    document,
    ground: { nodes: groundNodes, exits, allocations: allocations.map(({ ownable }) => ({ ownable: ownable.length })) },
    names: { naming: 0, nodes: nodes.map(([name]) => name), allocations, segments },
  };
}

/** The farm with these networks and events in place of its own; what it expects of its own networks goes with them. */
export function withNetworks(
  { document, ground, names }: GivenGround,
  { networks, events }: Pick<Sketch, "networks" | "events">,
): FarmFile {
  const { networks: _, timeline: __, expectations: ___, ...rest } = document;
  const settled = settleNetworks(ground, networks);
  const places = placesOf(document);
  return { ...rest, ...networkKeys(ground, names, settled, settleEvents(places, settled, events), places) };
}
