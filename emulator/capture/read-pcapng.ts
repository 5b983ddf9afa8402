/** Reads whole pcapng files, of this program and of others. Of damaged and cut ones, what comes before the damage, and a note. */
import type { Capture, CapturedInterface, CapturedPacket, InterfaceCounts } from "./captured.ts";
import { blockCutter } from "./pcapng-blocks.ts";
import { pcapngDecoder } from "./pcapng-decoder.ts";

/** Of what is wrong with a file, as much as a person reads. */
const notesMax = 10;

export function readPcapng(bytes: Uint8Array): Capture {
  const cutter = blockCutter();
  const decoder = pcapngDecoder();
  const interfaces: CapturedInterface[] = [];
  const packets: CapturedPacket[] = [];
  const counts: InterfaceCounts[] = [];
  const notes: string[] = [];
  for (const block of cutter.push(bytes)) {
    const item = decoder.decode(block);
    if (item?.kind === "interface") interfaces.push(item.interface);
    else if (item?.kind === "packet") packets.push(item.packet);
    else if (item?.kind === "counts") counts.push(item.counts);
    else if (item?.kind === "note") notes.push(item.note);
  }
  if (cutter.problem !== undefined) notes.push(`${cutter.problem}; what follows cannot be read`);
  else if (cutter.waiting > 0) notes.push(`the file ends within a block, ${cutter.waiting} bytes after its beginning`);
  return { interfaces, packets: inOrder(packets), counts, notes: fewest(notes) };
}

/** By time; packets of the same time stay as they are. */
export function inOrder(packets: readonly CapturedPacket[]): CapturedPacket[] {
  return packets.toSorted((one, other) => (one.timeNs < other.timeNs ? -1 : one.timeNs > other.timeNs ? 1 : 0));
}

function fewest(notes: readonly string[]): string[] {
  const distinct = [...new Set(notes)];
  if (distinct.length === notes.length && notes.length <= notesMax) return distinct;
  return [...distinct.slice(0, notesMax), `${notes.length} faults in all`];
}
