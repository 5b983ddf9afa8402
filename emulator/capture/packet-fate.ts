/** What became of a packet after it was last seen: by what the kernel, other nodes and its receiver said. */
import { linkTypes } from "./captured.ts";
import { decodePacket, quotedPacket } from "./decode-packet.ts";
import type { PacketDrop } from "./drop-reasons.ts";
import { probeMark, sameBeginning } from "./packet-identity.ts";
import type { Sighting, Sightings } from "./sightings.ts";

/** Later than this nothing is said of a packet any more. */
const afterNsMax = 10_000_000_000n;

export interface PacketFate {
  /** Where the kernel gave it up, and why; of a packet that was flooded there may be several. */
  readonly drops: readonly PacketDrop[];
  /** The first sighting of each error that quotes it. */
  readonly errors: readonly Sighting[];
  /** The first sighting of its answer, where it asked for one that is known. */
  readonly answer: Sighting | undefined;
}

const isAfter = (timeNs: bigint, first: Sighting): boolean => timeNs >= first.packet.timeNs && timeNs <= first.packet.timeNs + afterNsMax;

/** By identity: each packet once, where it was first seen. */
function firstOfEach(found: readonly Sighting[]): Sighting[] {
  return [...Map.groupBy(found, (one) => one.identity).values()].flatMap((group) => group.slice(0, 1));
}

function isAnswer(asked: Sighting, one: Sighting): boolean {
  const [question, reply] = [asked.decoded, one.decoded];
  const echoes = [question, reply].map(({ transport }) => (transport !== undefined && "echo" in transport ? transport.echo : undefined));
  if (echoes[0] !== undefined && echoes[1] !== undefined) {
    const isReply = !echoes[0].reply && echoes[1].reply && echoes[0].sequence === echoes[1].sequence;
    return isReply && Buffer.from(question.payload).equals(reply.payload);
  }
  const marks = [probeMark(question), probeMark(reply)];
  const isReply = marks[0]?.kind === "request" && marks[1]?.kind === "answer";
  return isReply && marks[0]?.token === marks[1]?.token && marks[0]?.sequence === marks[1]?.sequence;
}

/** `path`: the packet's own sightings in the order of time, at least one. A drop counts only in a node that saw it. */
export function fateOf(path: readonly Sighting[], sightings: Sightings, drops: readonly PacketDrop[]): PacketFate {
  const [first] = path;
  if (first === undefined) return { drops: [], errors: [], answer: undefined };
  const nodes = new Set(path.map((one) => one.node));
  const later = sightings.all.filter((one) => isAfter(one.packet.timeNs, first));
  const errors = later.filter((one) => {
    const quoted = quotedPacket(one.decoded);
    return quoted !== undefined && path.some((own) => sameBeginning(quoted, own.decoded));
  });
  return {
    drops: drops.filter((drop) => {
      if (!isAfter(drop.timeNs, first) || !nodes.has(drop.where.split("/")[0] ?? "")) return false;
      const dropped = decodePacket(linkTypes.rawIp, drop.bytes);
      return path.some((own) => own.packet.timeNs <= drop.timeNs && sameBeginning(dropped, own.decoded));
    }),
    errors: firstOfEach(errors),
    answer: later.find((one) => isAnswer(first, one)),
  };
}
