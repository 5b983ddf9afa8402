import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockCutter } from "./pcapng-blocks.ts";
import { readCapture } from "./read-capture.ts";

/** Writes blocks in either byte order, as other programs do. */
function writer(littleEndian: boolean) {
  const number = (bytes: 2 | 4 | 8, value: number | bigint): Buffer => {
    const view = new DataView(new ArrayBuffer(bytes));
    if (bytes === 2) view.setUint16(0, Number(value), littleEndian);
    else if (bytes === 4) view.setUint32(0, Number(value), littleEndian);
    else view.setBigUint64(0, BigInt(value), littleEndian);
    return Buffer.from(view.buffer);
  };
  const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  const option = (code: number, value: Buffer): Buffer => Buffer.concat([number(2, code), number(2, value.length), padded(value)]);
  const block = (type: number, ...content: readonly Buffer[]): Buffer => {
    const inner = padded(Buffer.concat(content));
    const length = number(4, inner.length + 12);
    return Buffer.concat([number(4, type), length, inner, length]);
  };
  return {
    number,
    option,
    block,
    section: (): Buffer => block(0x0a0d0d0a, number(4, 0x1a2b3c4d), number(2, 1), number(2, 0), number(8, 0xffff_ffff_ffff_ffffn)),
    interface: (...options: readonly Buffer[]): Buffer => block(1, number(2, 1), number(2, 0), number(4, 65535), ...options),
    packet: (owner: number, units: bigint, data: string, ...options: readonly Buffer[]): Buffer => {
      const bytes = Buffer.from(data);
      const times = [number(4, units >> 32n), number(4, units & 0xffff_ffffn)];
      return block(6, number(4, owner), ...times, number(4, bytes.length), number(4, 1500), padded(bytes), ...options);
    },
  };
}

describe.each([true, false])("a pcapng file, little-endian: %s", (littleEndian) => {
  const to = writer(littleEndian);
  const nanoseconds = to.option(9, Buffer.from([9]));
  const file = Buffer.concat([
    to.section(),
    to.interface(
      to.option(2, Buffer.from("node:eth0")),
      to.option(3, Buffer.from("a link")),
      to.option(1, Buffer.from("hello")),
      nanoseconds,
    ),
    to.interface(),
    to.block(0xbad, Buffer.from("unknown to us")),
    to.packet(0, 1_700_000_000_123_456_789n, "second", to.option(2, to.number(4, 2))),
    to.packet(1, 1_600_000_000_000_001n, "first", to.option(2, to.number(4, 1))),
    to.block(3, to.number(4, 4), Buffer.from("bare")),
    to.block(5, to.number(4, 0), to.number(8, 0), to.option(4, to.number(8, 10)), to.option(5, to.number(8, 3))),
  ]);

  it("is read with its interfaces, times, directions and counts", () => {
    const { interfaces, packets, counts, notes } = readCapture(file);
    expect(interfaces).toMatchObject([
      { name: "node:eth0", description: "a link", comment: "hello", linkType: 1, snapLength: 65535 },
      { name: "interface 1", description: "", comment: "" },
    ]);
    const seen = packets.map((packet) => [packet.interface.name, packet.timeNs, packet.direction, Buffer.from(packet.bytes).toString()]);
    expect(seen).toEqual([
      ["node:eth0", 0n, undefined, "bare"],
      ["interface 1", 1_600_000_000_000_001_000n, "in", "first"],
      ["node:eth0", 1_700_000_000_123_456_789n, "out", "second"],
    ]);
    expect(packets.map((packet) => packet.length)).toEqual([4, 1500, 1500]);
    expect(counts).toMatchObject([{ interface: { name: "node:eth0" }, received: 10, dropped: 3 }]);
    expect(notes).toEqual([]);
  });

  it("is read as far as it goes, with a note where it was cut", () => {
    const blocks = blockCutter().push(file);
    const boundaries = new Set([0, ...blocks.map(({ bytes }) => bytes.byteOffset - file.byteOffset + bytes.length)]);
    for (let length = 0; length <= file.length; length += 1) {
      const { packets, notes } = readCapture(file.subarray(0, length));
      const complete = blocks.filter(
        ({ type, bytes }) => [3, 6].includes(type) && bytes.byteOffset - file.byteOffset + bytes.length <= length,
      );
      expect(packets).toHaveLength(complete.length);
      expect(notes).toEqual(
        boundaries.has(length) ? [] : [expect.stringMatching(/^the file ends within a block, \d+ bytes after its beginning$/)],
      );
    }
  });

  it("is cut into the same blocks whatever chunks it comes in", () => {
    const blocksOf = (chunks: readonly Uint8Array[]): string[] => {
      const cutter = blockCutter();
      return chunks.flatMap((chunk) => cutter.push(chunk)).map(({ type, bytes }) => `${type} ${Buffer.from(bytes).toString("hex")}`);
    };
    const whole = blocksOf([file]);
    expect(whole).toHaveLength(8);
    fc.assert(
      fc.property(fc.array(fc.nat(file.length), { maxLength: 20 }), (cuts) => {
        const ends = [...cuts.toSorted((one, other) => one - other), file.length];
        expect(blocksOf(ends.map((end, index) => file.subarray(ends[index - 1] ?? 0, end)))).toEqual(whole);
      }),
    );
  });

  it("never throws, whatever bytes of it are changed", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
        const changed = Buffer.from(file);
        for (const [at, value] of changes) changed[at] = value;
        readCapture(changed);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("other files", () => {
  it("are told apart from captures", () => {
    expect(readCapture(Buffer.from("#!/bin/sh\necho no capture\n")).notes).toEqual([
      "it does not begin as a pcapng file; what follows cannot be read",
    ]);
    expect(readCapture(Buffer.alloc(0))).toEqual({ interfaces: [], packets: [], counts: [], notes: [] });
  });

  it("that lie about a block's length are not believed", () => {
    const to = writer(true);
    const huge = Buffer.concat([to.section(), to.number(4, 6), to.number(4, 0xffff_fff0), Buffer.alloc(100)]);
    expect(readCapture(huge).notes).toEqual(["a block claims to be 4294967280 bytes long; what follows cannot be read"]);
  });

  it("never make reading throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readCapture(bytes)),
      { numRuns: 2000 },
    );
  });
});

describe.each([
  ["little-endian, microseconds", true, 0xa1b2c3d4, 1000n],
  ["big-endian, microseconds", false, 0xa1b2c3d4, 1000n],
  ["little-endian, nanoseconds", true, 0xa1b23c4d, 1n],
  ["big-endian, nanoseconds", false, 0xa1b23c4d, 1n],
] as const)("a pcap file, %s", (_, littleEndian, magic, unit) => {
  const { number } = writer(littleEndian);
  const header = Buffer.concat([number(4, magic), number(2, 2), number(2, 4), number(8, 0), number(4, 262144), number(4, 1)]);
  const packet = (seconds: number, fraction: number, data: string): Buffer =>
    Buffer.concat([number(4, seconds), number(4, fraction), number(4, data.length), number(4, 60), Buffer.from(data)]);
  const file = Buffer.concat([header, packet(7, 999, "one"), packet(8, 0, "two")]);

  it("is read, and what was cut off is told", () => {
    const { packets, interfaces, notes } = readCapture(file);
    expect(packets.map(({ timeNs, bytes, length }) => [timeNs, Buffer.from(bytes).toString(), length])).toEqual([
      [7_000_000_000n + 999n * unit, "one", 60],
      [8_000_000_000n, "two", 60],
    ]);
    expect([interfaces[0]?.linkType, notes]).toEqual([1, []]);
    const cut = readCapture(file.subarray(0, -1));
    expect([cut.packets.length, cut.notes]).toEqual([1, ["the file ends within a packet"]]);
  });

  it("never throws, whatever bytes of it are changed", () => {
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(file);
        changed[at] = value;
        readCapture(changed);
      }),
      { numRuns: 1000 },
    );
  });
});
