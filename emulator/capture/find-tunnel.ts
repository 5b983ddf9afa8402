/**
 * Which WireGuard message a packet became. Encrypted, it shows nothing of itself; but it is sent from the node whose tunnel took the
 * packet, soon after, with a length that fits, and the node that it reaches gives the packet out of its own tunnel.
 */
import { linkTypes } from "./captured.ts";
import type { Sighting, Sightings } from "./sightings.ts";

/** Longer than this no packet waits between its tunnel and the wire, unless for a handshake. */
const waitNsMax = 5_000_000_000n;
/** Header and authenticator of a WireGuard message. */
const overheadBytes = 32;
const paddingBytes = 16;

export interface TunnelPassage {
  /** The message where it was first seen. */
  readonly message: Sighting;
  /** Other messages that would fit as well, by all that captures show. */
  readonly others: number;
}

/** Tunnels have no link header: what is sent out of one goes to its daemon or driver. */
export const entersTunnel = ({ packet }: Sighting): boolean => packet.interface.linkType === linkTypes.rawIp && packet.direction === "out";
const leavesTunnel = ({ packet }: Sighting): boolean => packet.interface.linkType === linkTypes.rawIp && packet.direction === "in";

/** Filled up to a multiple of 16, but not beyond the tunnel's MTU. */
function lengthFits(messageLength: number, packetLength: number): boolean {
  const inner = messageLength - overheadBytes;
  return inner >= packetLength && inner <= Math.ceil(packetLength / paddingBytes) * paddingBytes;
}

/** Packets of one padded length contend for the same messages. */
const padded = ({ decoded }: Sighting): number => Math.ceil((decoded.ip?.length ?? 0) / paddingBytes);

const isNear = (one: Sighting, other: Sighting): boolean =>
  one.packet.timeNs - other.packet.timeNs <= waitNsMax && other.packet.timeNs - one.packet.timeNs <= waitNsMax;

/** First sightings of the messages of a length that fits which left the node about then, in the order of time. */
function messagesNear(entry: Sighting, sightings: Sightings): Sighting[] {
  return sightings.all.filter(
    (one) =>
      one.decoded.wireGuard?.message === "data" &&
      lengthFits(one.decoded.wireGuard.length, entry.decoded.ip?.length ?? 0) &&
      one.node === entry.node &&
      one.packet.direction === "out" &&
      isNear(one, entry) &&
      sightings.of(one.identity ?? "")[0] === one,
  );
}

/** Whether a message can be what an entry became, by time and length, and by where the packet came out again if that was seen. */
function isPlausible(entry: Sighting, message: Sighting, sightings: Sightings): boolean {
  const { wireGuard } = message.decoded;
  if (wireGuard?.message !== "data" || message.packet.timeNs < entry.packet.timeNs) return false;
  if (!lengthFits(wireGuard.length, entry.decoded.ip?.length ?? 0)) return false;
  const exits = sightings.of(entry.identity ?? "").filter((one) => leavesTunnel(one) && one.packet.timeNs > entry.packet.timeNs);
  if (exits.length === 0) return true;
  const arrivals = sightings.of(message.identity ?? "").filter((one) => one.packet.direction === "in");
  return exits.some((exit) => arrivals.some((one) => one.node === exit.node && one.packet.timeNs <= exit.packet.timeNs));
}

/** The message that a packet became in the tunnel that `entry` shows it entering; undefined when none was seen. */
export function tunnelPassage(entry: Sighting, sightings: Sightings): TunnelPassage | undefined {
  const messages = messagesNear(entry, sightings);
  const entries = sightings.all.filter(
    (one) => entersTunnel(one) && one.node === entry.node && isNear(one, entry) && padded(one) === padded(entry),
  );
  // A tunnel keeps the order of its packets: each became the first message that fits and that none before it became.
  const taken = new Set<Sighting>();
  for (const one of entries) {
    const message = messages.find((candidate) => !taken.has(candidate) && isPlausible(one, candidate, sightings));
    if (message !== undefined) taken.add(message);
    if (one !== entry) continue;
    if (message === undefined) return undefined;
    return { message, others: messages.filter((other) => isPlausible(entry, other, sightings)).length - 1 };
  }
  return undefined;
}
