/**
 * The life of one packet, from captures of the links it may have passed: where it was seen, what was done to it in between, and what
 * became of it. Says what the captures show; that they miss nothing is for their counts to say.
 */
import type { Capture } from "./captured.ts";
import type { TrackedFlow } from "./conntrack.ts";
import type { PacketDrop } from "./drop-reasons.ts";
import { entersTunnel, tunnelPassage, type TunnelPassage } from "./find-tunnel.ts";
import { changesBetween, type PacketChange } from "./packet-changes.ts";
import { fateOf, type PacketFate } from "./packet-fate.ts";
import { fits, type PacketSelector } from "./select-packet.ts";
import { sightingsOf, type Sighting, type Sightings } from "./sightings.ts";

/** What else is known besides captures. */
export interface Evidence {
  /** What the nodes' connection tracking has on record. */
  readonly flows?: readonly TrackedFlow[];
  /** What the kernel gave up; undefined where this host does not say. */
  readonly drops?: readonly PacketDrop[];
}

export interface LifeStep {
  readonly sighting: Sighting;
  /** Tunnels around it: 0 for the packet itself. */
  readonly depth: number;
  /** Since the step before on its way; nothing for the first, and for one that is as it was. */
  readonly changes: readonly PacketChange[];
}

export interface PacketLife {
  /** In the order of time; of a packet that was flooded, all its ways. */
  readonly steps: readonly LifeStep[];
  readonly fate: PacketFate;
  /** Further packets that cannot be told from it, by where it was first seen: in their number, one may stand for another. */
  readonly alike: number;
  /** Whether drops were looked for. */
  readonly dropsKnown: boolean;
  /** Packets that the captures have lost: where there are any, the packet may have been where it was not seen. */
  readonly lost: number;
}

interface Leg {
  readonly path: readonly Sighting[];
  readonly depth: number;
  /** The sighting at which it entered the tunnel that this leg is in. */
  readonly entry?: Sighting;
  readonly passage?: TunnelPassage;
}

/** Tunnels in tunnels, at most. */
const depthMax = 4;

/**
 * The sightings of one packet among those of all that are just like it: from its first on, at each place the first, for packets keep their
 * order on a link. One that comes by again with a lower TTL is the same, in a loop.
 */
function pathOf(first: Sighting, sightings: Sightings): Sighting[] {
  const lastTtl = new Map<string, number>();
  return sightings.of(first.identity ?? "").filter(({ packet, decoded }) => {
    if (packet.timeNs < first.packet.timeNs) return false;
    const place = `${packet.interface.name} ${packet.direction ?? ""}`;
    const ttl = decoded.ip?.ttl ?? 0;
    if ((lastTtl.get(place) ?? Infinity) <= ttl) return false;
    lastTtl.set(place, ttl);
    return true;
  });
}

/** The packet's own sightings, and those of the messages that it was in. */
function legsOf(first: Sighting, sightings: Sightings, depth: number, inside?: Pick<Leg, "entry" | "passage">): Leg[] {
  const path = pathOf(first, sightings);
  const own: Leg = { path, depth, ...inside };
  if (depth === depthMax) return [own];
  const outer = path.filter(entersTunnel).flatMap((entry) => {
    const passage = tunnelPassage(entry, sightings);
    return passage === undefined ? [] : legsOf(passage.message, sightings, depth + 1, { entry, passage });
  });
  return [own, ...outer];
}

/** Where a sighting's packet came from: the same frame at the other end of the link, else its last one in this node, else the one before. */
function predecessor(path: readonly Sighting[], position: number): Sighting | undefined {
  const one = path[position];
  if (one === undefined) return undefined;
  const before = path.slice(0, position).toReversed();
  const isSameFrame = (other: Sighting): boolean =>
    other.packet.direction === "out" && other.node !== one.node && Buffer.from(other.packet.bytes).equals(one.packet.bytes);
  const sameNode = before.find((other) => other.node === one.node && other.packet.interface !== one.packet.interface);
  return (one.packet.direction === "in" ? before.find(isSameFrame) : undefined) ?? sameNode ?? before[0];
}

function stepsOf({ path, depth, entry, passage }: Leg, legs: readonly Leg[], flows: readonly TrackedFlow[]): LifeStep[] {
  return path.map((sighting, position): LifeStep => {
    if (position === 0 && entry !== undefined && passage !== undefined) {
      return { sighting, depth, changes: [{ kind: "into-tunnel", interface: entry.packet.interface.name, others: passage.others }] };
    }
    const before = predecessor(path, position);
    if (before === undefined) return { sighting, depth, changes: [] };
    // Between the two it was inside another packet: nothing but the tunnel's end has touched it.
    const tunnelled = legs.some((leg) => leg.depth === depth + 1 && leg.entry === before && leg.path.length > 0);
    const changes = changesBetween(before, sighting, flows);
    if (!tunnelled) return { sighting, depth, changes };
    return { sighting, depth, changes: [{ kind: "out-of-tunnel", interface: sighting.packet.interface.name }, ...changes] };
  });
}

/** Another packet at the same place with the same content, and no return of the same one. */
const isAlike = (one: Sighting, chosen: Sighting): boolean =>
  one !== chosen &&
  one.packet.interface === chosen.packet.interface &&
  one.packet.direction === chosen.packet.direction &&
  one.decoded.ip?.ttl === chosen.decoded.ip?.ttl;

/** Follows the first packet that fits the selector; undefined when there is none. */
export function followPacket(capture: Capture, selector: PacketSelector, evidence: Evidence = {}): PacketLife | undefined {
  const sightings = sightingsOf(capture);
  const chosen = sightings.all.find((one) => one.identity !== undefined && fits(one, selector));
  if (chosen === undefined) return undefined;
  const legs = legsOf(chosen, sightings, 0);
  const steps = legs
    .flatMap((leg) => stepsOf(leg, legs, evidence.flows ?? []))
    .toSorted((one, other) => {
      const [first, second] = [one.sighting.packet.timeNs, other.sighting.packet.timeNs];
      return first < second ? -1 : first > second ? 1 : one.depth - other.depth;
    });
  const drops = evidence.drops ?? [];
  const fates = legs.map((leg) => fateOf(leg.path, sightings, drops));
  return {
    steps,
    fate: { drops: fates.flatMap((fate) => fate.drops), errors: fates.flatMap((fate) => fate.errors), answer: fates[0]?.answer },
    alike: sightings.of(chosen.identity ?? "").filter((one) => isAlike(one, chosen)).length,
    dropsKnown: evidence.drops !== undefined,
    lost: capture.counts.reduce((sum, { dropped }) => sum + (dropped ?? 0), 0),
  };
}
