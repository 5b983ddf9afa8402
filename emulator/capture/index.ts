/**
 * Captures of a lab's links and what can be read from them: pcapng files with interface names, packets as data, and one packet followed
 * through all of them. What should have happened to it is the oracle's.
 */
export * from "./capture-lab.ts";
export * from "./start-capture.ts";
export * from "./places.ts";
export * from "./captured.ts";
export * from "./read-capture.ts";
export * from "./decode-packet.ts";
export * from "./packet-summary.ts";
export { blockCutter } from "./pcapng-blocks.ts";
export { pcapngDecoder } from "./pcapng-decoder.ts";
export * from "./write-pcapng.ts";
export * from "./follow-packet.ts";
export * from "./packet-life-text.ts";
export * from "./conntrack.ts";
export * from "./drop-reasons.ts";
export type { PacketSelector } from "./select-packet.ts";
export type { PacketChange } from "./packet-changes.ts";
export type { PacketFate } from "./packet-fate.ts";
export type { Sighting } from "./sightings.ts";
