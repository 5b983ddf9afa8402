/**
 * Reads classic pcap files, of both byte orders, in micro- and nanoseconds, with Ethernet or raw IP packets.
 * Not by the package pcap-parser, which has seen no work since Node 0.6 and knows neither nanoseconds nor a bound on what a length may claim.
 */
import type { Capture, CapturedInterface, CapturedPacket } from "./captured.ts";

const magics = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d } as const;
const fileHeaderBytes = 24;
const packetHeaderBytes = 16;
/** The same bound as libpcap's (MAXIMUM_SNAPLEN). */
const packetBytesMax = 262_144;

interface Format {
  readonly littleEndian: boolean;
  /** Nanoseconds of the fraction's unit. */
  readonly unit: bigint;
}

function formatOf(view: DataView): Format | undefined {
  for (const littleEndian of [true, false]) {
    const magic = view.byteLength < fileHeaderBytes ? 0 : view.getUint32(0, littleEndian);
    if (magic === magics.microseconds) return { littleEndian, unit: 1000n };
    if (magic === magics.nanoseconds) return { littleEndian, unit: 1n };
  }
  return undefined;
}

/** The capture, as far as the file goes; undefined when it does not begin as a pcap file. */
export function readPcap(bytes: Uint8Array): Capture | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = formatOf(view);
  if (format === undefined) return undefined;
  const { littleEndian, unit } = format;
  const owner: CapturedInterface = {
    name: "interface 0",
    description: "",
    comment: "",
    linkType: view.getUint32(20, littleEndian) & 0xffff,
    snapLength: view.getUint32(16, littleEndian),
  };
  const packets: CapturedPacket[] = [];
  const notes: string[] = [];
  let offset = fileHeaderBytes;
  while (offset < bytes.length) {
    const kept = offset + packetHeaderBytes > bytes.length ? 0 : view.getUint32(offset + 8, littleEndian);
    if (kept > packetBytesMax) notes.push(`a packet claims to be ${kept} bytes long; what follows cannot be read`);
    else if (offset + packetHeaderBytes + kept > bytes.length) notes.push("the file ends within a packet");
    if (notes.length > 0) break;
    const start = offset + packetHeaderBytes;
    packets.push({
      interface: owner,
      timeNs: BigInt(view.getUint32(offset, littleEndian)) * 1_000_000_000n + BigInt(view.getUint32(offset + 4, littleEndian)) * unit,
      direction: undefined,
      bytes: bytes.subarray(start, start + kept),
      length: view.getUint32(offset + 12, littleEndian),
    });
    offset = start + kept;
  }
  return { interfaces: [owner], packets, counts: [], notes };
}
