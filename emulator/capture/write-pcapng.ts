/** Writes captured packets as pcapng (draft-ietf-opsawg-pcapng), as `native capture` does: one interface per place, nanoseconds, directions. */
import type { CapturedInterface, CapturedPacket } from "./captured.ts";
import { sectionHeaderType } from "./pcapng-blocks.ts";

const blockTypes = { interface: 1, packet: 6 } as const;
const options = { name: 2, description: 3, resolution: 9, flags: 2 } as const;
const byteOrderMagic = 0x1a2b3c4d;
const nanosecondResolution = 9;
const directionFlags = { in: 1, out: 2 } as const;

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

const words = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
  return bytes;
};

const halves = (first: number, second: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(first, 0);
  bytes.writeUInt16LE(second, 2);
  return bytes;
};

function block(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([words(type, body.length + 12), body, words(body.length + 12)]);
}

/** One option; the list of them ends with `halves(0, 0)`. */
const option = (code: number, value: Buffer): Buffer => Buffer.concat([halves(code, value.length), padded(value)]);

function interfaceBlock({ name, description, linkType, snapLength }: CapturedInterface): Buffer {
  const told = [
    option(options.name, Buffer.from(name)),
    ...(description === "" ? [] : [option(options.description, Buffer.from(description))]),
    option(options.resolution, Buffer.from([nanosecondResolution])),
  ];
  return block(blockTypes.interface, halves(linkType, 0), words(snapLength), ...told, halves(0, 0));
}

function packetBlock({ timeNs, bytes, length, direction }: CapturedPacket, owner: number): Buffer {
  const time = [Number(timeNs >> 32n), Number(timeNs & 0xffff_ffffn)];
  const told = direction === undefined ? [] : [option(options.flags, words(directionFlags[direction])), halves(0, 0)];
  return block(blockTypes.packet, words(owner, ...time, bytes.length, length), padded(Buffer.from(bytes)), ...told);
}

/** A whole file of these packets, in their order, with the interfaces that they name. */
export function pcapngOf(packets: readonly CapturedPacket[]): Uint8Array {
  const interfaces = [...new Set(packets.map((packet) => packet.interface))];
  const header = block(sectionHeaderType, words(byteOrderMagic), halves(1, 0), words(0xffff_ffff, 0xffff_ffff));
  return Buffer.concat([
    header,
    ...interfaces.map(interfaceBlock),
    ...packets.map((packet) => packetBlock(packet, interfaces.indexOf(packet.interface))),
  ]);
}
