/** Frames and captures for the tests of this folder, byte by byte. */
import { parseAddress } from "../../core/common/index.ts";
import { linkTypes, type Capture, type CapturedInterface, type CapturedPacket } from "./captured.ts";

export interface FrameSketch {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly ttl?: number;
  readonly id?: number;
  readonly payload?: Uint8Array | string;
  /** Link addresses by their last byte; absent: no link header. */
  readonly macs?: readonly [source: number, destination: number];
  readonly vlan?: number;
}

const number = (bytes: number, value: number | bigint): Buffer => {
  const buffer = Buffer.alloc(bytes);
  for (let index = 0, rest = BigInt(value); index < bytes; index += 1, rest >>= 8n) buffer[bytes - 1 - index] = Number(rest & 0xffn);
  return buffer;
};
const address = (text: string): Buffer => {
  const parsed = parseAddress(text)!;
  return number(parsed.family === 4 ? 4 : 16, parsed.value);
};

export function udp({ sourcePort = 1000, destinationPort = 2000, payload = "" }: FrameSketch): Buffer {
  const bytes = Buffer.from(payload as string);
  return Buffer.concat([number(2, sourcePort), number(2, destinationPort), number(2, 8 + bytes.length), number(2, 0), bytes]);
}

/** An IP packet with any content; UDP without one. */
export function packet(sketch: FrameSketch, protocol: number = 17, content: Buffer = udp(sketch)): Buffer {
  const { source, destination, ttl = 64, id = 0 } = sketch;
  const ends = [address(source), address(destination)];
  if (source.includes(":"))
    return Buffer.concat([number(4, 0x6000_0000), number(2, content.length), number(1, protocol), number(1, ttl), ...ends, content]);
  const header = [number(2, 0x4500), number(2, 20 + content.length), number(2, id), number(2, 0), number(1, ttl), number(1, protocol)];
  return Buffer.concat([...header, number(2, 0), ...ends, content]);
}

export function frame(sketch: FrameSketch, bytes: Buffer = packet(sketch)): Buffer {
  if (sketch.macs === undefined) return bytes;
  const [source, destination] = sketch.macs.map((last) => number(6, 0x0200_0000_0000 + last));
  const tag = sketch.vlan === undefined ? [] : [number(2, 0x8100), number(2, sketch.vlan)];
  const type = number(2, sketch.source.includes(":") ? 0x86dd : 0x0800);
  return Buffer.concat([destination ?? Buffer.alloc(6), source ?? Buffer.alloc(6), ...tag, type, bytes]);
}

/** A WireGuard data message for a packet of the given length. */
export function wireGuardData(receiver: number, counter: number, innerLength: number): Buffer {
  const message = Buffer.alloc(32 + Math.ceil(innerLength / 16) * 16);
  message.writeUInt32LE(4, 0);
  message.writeUInt32LE(receiver, 4);
  message.writeBigUInt64LE(BigInt(counter), 8);
  return message;
}

/** `[interface, direction, bytes]` in the order of time, a millisecond apart; interfaces whose name has `wg` have no link header. */
export function captureOf(seen: readonly (readonly [string, "in" | "out", Buffer])[], dropped: number = 0): Capture {
  const interfaces = new Map<string, CapturedInterface>();
  const interfaceOf = (name: string): CapturedInterface => {
    const linkType = name.includes("wg") ? linkTypes.rawIp : linkTypes.ethernet;
    const found = interfaces.get(name) ?? { name, description: "", comment: "", linkType, snapLength: 0 };
    interfaces.set(name, found);
    return found;
  };
  const packets = seen.map(([name, direction, bytes], index): CapturedPacket => ({
    interface: interfaceOf(name),
    timeNs: 1_000_000_000n + BigInt(index) * 1_000_000n,
    direction,
    bytes,
    length: bytes.length,
  }));
  const [first] = interfaces.values();
  const counts = first === undefined ? [] : [{ interface: first, received: packets.length + dropped, dropped }];
  return { interfaces: [...interfaces.values()], packets, counts, notes: [] };
}
