/** What pcapng blocks say (draft-ietf-opsawg-pcapng). Unknown blocks and options are passed over; damage is told and never thrown. */
import type { CapturedInterface, CapturedPacket, InterfaceCounts } from "./captured.ts";
import { sectionHeaderType, type PcapngBlock } from "./pcapng-blocks.ts";

export type PcapngItem =
  | { readonly kind: "interface"; readonly interface: CapturedInterface }
  | { readonly kind: "packet"; readonly packet: CapturedPacket }
  | { readonly kind: "counts"; readonly counts: InterfaceCounts }
  | { readonly kind: "note"; readonly note: string };

const blockTypes = { interface: 1, simplePacket: 3, statistics: 5, packet: 6 } as const;
const options = { end: 0, comment: 1, name: 2, description: 3, resolution: 9, offset: 14, flags: 2, received: 4, dropped: 5 } as const;
/** Interfaces of one section at most; what describes more is taken for damage. */
const interfacesMax = 65_536;

interface Interface extends CapturedInterface {
  /** Nanoseconds of a time in the file. */
  toNanoseconds(units: bigint): bigint;
}

const nanosecondsPerSecond = 1_000_000_000n;

/** By if_tsresol: a negative power of 10, or of 2 where the highest bit is set; microseconds without it. */
function timeReader(resolution: number, offsetSeconds: bigint): (units: bigint) => bigint {
  const exponent = BigInt(resolution & 0x7f);
  const perSecond = (resolution & 0x80) === 0 ? 10n ** exponent : 2n ** exponent;
  return (units) => (units * nanosecondsPerSecond) / perSecond + offsetSeconds * nanosecondsPerSecond;
}

/** A block's options, each by its first occurrence. */
function readOptions(view: DataView, from: number, to: number, littleEndian: boolean): Map<number, DataView> {
  const found = new Map<number, DataView>();
  for (let offset = from; offset + 4 <= to;) {
    const code = view.getUint16(offset, littleEndian);
    const length = view.getUint16(offset + 2, littleEndian);
    if (code === options.end || offset + 4 + length > to) break;
    if (!found.has(code)) found.set(code, new DataView(view.buffer, view.byteOffset + offset + 4, length));
    offset += 4 + Math.ceil(length / 4) * 4;
  }
  return found;
}

const textOf = (view: DataView | undefined): string =>
  view === undefined ? "" : Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("utf8");

const bigOf = (view: DataView | undefined, littleEndian: boolean): bigint | undefined =>
  view === undefined || view.byteLength < 8 ? undefined : view.getBigUint64(0, littleEndian);

const countOf = (view: DataView | undefined, littleEndian: boolean): number | undefined => {
  const count = bigOf(view, littleEndian);
  return count === undefined ? undefined : Number(count);
};

const directions = [undefined, "in", "out", undefined] as const;

export interface PcapngDecoder {
  decode(block: PcapngBlock): PcapngItem | undefined;
}

export function pcapngDecoder(): PcapngDecoder {
  let interfaces: Interface[] = [];
  const note = (text: string): PcapngItem => ({ kind: "note", note: text });

  const readInterface = (view: DataView, littleEndian: boolean): PcapngItem => {
    if (interfaces.length === interfacesMax) return note(`more than ${interfacesMax} interfaces`);
    if (view.byteLength < 20) return note("an interface's block is cut");
    const found = readOptions(view, 16, view.byteLength - 4, littleEndian);
    const resolution = found.get(options.resolution);
    const described: Interface = {
      name: textOf(found.get(options.name)) || `interface ${interfaces.length}`,
      description: textOf(found.get(options.description)),
      comment: textOf(found.get(options.comment)),
      linkType: view.getUint16(8, littleEndian),
      snapLength: view.getUint32(12, littleEndian),
      toNanoseconds: timeReader(
        resolution === undefined || resolution.byteLength < 1 ? 6 : resolution.getUint8(0),
        bigOf(found.get(options.offset), littleEndian) ?? 0n,
      ),
    };
    interfaces.push(described);
    return { kind: "interface", interface: described };
  };

  const readPacket = (view: DataView, bytes: Uint8Array, littleEndian: boolean): PcapngItem => {
    const owner = view.byteLength < 32 ? undefined : interfaces[view.getUint32(8, littleEndian)];
    if (owner === undefined) return note("a packet is of no interface that the file describes");
    const kept = view.getUint32(20, littleEndian);
    if (kept > view.byteLength - 32) return note("a packet is longer than its block");
    const units = (BigInt(view.getUint32(12, littleEndian)) << 32n) | BigInt(view.getUint32(16, littleEndian));
    const found = readOptions(view, 28 + Math.ceil(kept / 4) * 4, view.byteLength - 4, littleEndian);
    const flags = found.get(options.flags);
    const packet: CapturedPacket = {
      interface: owner,
      timeNs: owner.toNanoseconds(units),
      direction: flags === undefined || flags.byteLength < 4 ? undefined : directions[flags.getUint32(0, littleEndian) & 3],
      bytes: bytes.subarray(28, 28 + kept),
      length: view.getUint32(24, littleEndian),
    };
    return { kind: "packet", packet };
  };

  /** A packet without time, of the section's first interface. */
  const readSimplePacket = (view: DataView, bytes: Uint8Array, littleEndian: boolean): PcapngItem => {
    const [owner] = interfaces;
    if (owner === undefined || view.byteLength < 16) return note("a packet is of no interface that the file describes");
    const length = view.getUint32(8, littleEndian);
    const kept = Math.min(length, view.byteLength - 16, owner.snapLength === 0 ? length : owner.snapLength);
    return { kind: "packet", packet: { interface: owner, timeNs: 0n, direction: undefined, bytes: bytes.subarray(12, 12 + kept), length } };
  };

  const readCounts = (view: DataView, littleEndian: boolean): PcapngItem => {
    const owner = view.byteLength < 24 ? undefined : interfaces[view.getUint32(8, littleEndian)];
    if (owner === undefined) return note("counts are of no interface that the file describes");
    const found = readOptions(view, 20, view.byteLength - 4, littleEndian);
    const counts: InterfaceCounts = {
      interface: owner,
      received: countOf(found.get(options.received), littleEndian),
      dropped: countOf(found.get(options.dropped), littleEndian),
    };
    return { kind: "counts", counts };
  };

  return {
    decode({ type, littleEndian, bytes }) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      switch (type) {
        case sectionHeaderType:
          interfaces = [];
          return undefined;
        case blockTypes.interface:
          return readInterface(view, littleEndian);
        case blockTypes.packet:
          return readPacket(view, bytes, littleEndian);
        case blockTypes.simplePacket:
          return readSimplePacket(view, bytes, littleEndian);
        case blockTypes.statistics:
          return readCounts(view, littleEndian);
        default:
          return undefined;
      }
    },
  };
}
