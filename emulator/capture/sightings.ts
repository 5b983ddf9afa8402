/** All packets of a capture, decoded once and found by their identity. */
import type { Capture, CapturedPacket } from "./captured.ts";
import { decodePacket, type DecodedPacket } from "./decode-packet.ts";
import { packetIdentity } from "./packet-identity.ts";

/** A packet where and when it was seen. */
export interface Sighting {
  readonly packet: CapturedPacket;
  readonly decoded: DecodedPacket;
  /** Undefined for what cannot be followed. */
  readonly identity: string | undefined;
  /** `node`, or `node/namespace`. */
  readonly where: string;
  readonly node: string;
}

export interface Sightings {
  /** In the order of time. */
  readonly all: readonly Sighting[];
  of(identity: string): readonly Sighting[];
}

/** From `node:interface` or `node/namespace:interface`. */
function placeOf(name: string): { where: string; node: string } {
  const [where = name] = name.split(":");
  return { where, node: where.split("/")[0] ?? where };
}

const isInside = ({ packet, where, node }: Sighting): boolean => packet.direction === "in" && where !== node;

/**
 * A packet that goes up from a NIC to a macvlan on it keeps the time at which it came in, as long as any process of the machine asks the
 * kernel for packets' times (SO_TIMESTAMP, as ping does); and what has one time is in a file in any order.
 */
function inOrder(one: Sighting, other: Sighting): number {
  if (one.packet.timeNs !== other.packet.timeNs) return one.packet.timeNs < other.packet.timeNs ? -1 : 1;
  return Number(isInside(one)) - Number(isInside(other));
}

const known = new WeakMap<Capture, Sightings>();

export function sightingsOf(capture: Capture): Sightings {
  const before = known.get(capture);
  if (before !== undefined) return before;
  const all = capture.packets
    .map((packet): Sighting => {
      const decoded = decodePacket(packet.interface.linkType, packet.bytes);
      return { packet, decoded, identity: packetIdentity(decoded), ...placeOf(packet.interface.name) };
    })
    .toSorted(inOrder);
  const byIdentity = Map.groupBy(all, (sighting) => sighting.identity);
  const sightings: Sightings = { all, of: (identity) => byIdentity.get(identity) ?? [] };
  known.set(capture, sightings);
  return sightings;
}
