/** Frames of every shape pass a wire that has nothing to do to them: large, tagged, cut short, with headers that lie. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WireRule } from "../index.ts";
import { capture, frameOf, lastFrame, udpFrame } from "./frames.ts";
import { link, wiredPair, type WiredPair } from "./wired-pair.ts";

const mtu = 9000;
const seed = 20_260_101;
/** The type of an Ethernet frame that is told from the last one's. */
const anyType = fc.oneof(fc.constantFrom(0x0800, 0x86dd, 0x0806, 0x8847, 0x88b5, 0x0026), fc.integer({ min: 0, max: 0xffff }));
const bytes = (most: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: most });

/** Headers that begin as real ones and then have any lengths and any next header. */
const like4 = fc
  .tuple(fc.integer({ min: 0, max: 15 }), bytes(80))
  .map(([words, rest]) => frameOf(0x0800, Buffer.from([0x40 | words, ...rest])));
const like6 = fc
  .tuple(fc.constantFrom(0, 6, 17, 43, 44, 58, 60, 99), bytes(120))
  .map(([next, rest]) => frameOf(0x86dd, Buffer.from([0x60, 0, 0, 0, 0, 60, next, 64, ...Array.from({ length: 32 }, () => 1), ...rest])));
const tagged = fc
  .tuple(fc.constantFrom(0x8100, 0x88a8), fc.nat(0xffff), fc.option(fc.nat(0xffff)), bytes(100))
  .map(([type, tag, inner, rest]) =>
    frameOf(type, Buffer.from([tag >> 8, tag & 0xff, ...(inner === null ? [8, 0] : [0x81, 0, inner >> 8, inner & 0xff, 8, 0]), ...rest])),
  );
const cutShort = fc.tuple(fc.nat(42), fc.nat(0xffff)).map(([length, number]) => udpFrame({ number }).subarray(0, 14 + length));
const plain = fc.tuple(anyType, bytes(200)).map(([type, rest]) => frameOf(type, rest));
const large = fc.integer({ min: mtu - 3, max: mtu }).map((length) => frameOf(0x88b5, Buffer.alloc(length, length)));
/** The kernel lets a frame be longer by one tag of this type. */
const largeTagged = fc.nat(0xffff).map((tag) => frameOf(0x8100, Buffer.alloc(mtu + 4, tag)));

const isLast = (frame: Buffer): boolean => frame.subarray(12, 14).equals(lastFrame.subarray(12, 14));
/** A raw socket takes no frame without a whole header. */
const sample = (count: number): Buffer[] =>
  fc
    .sample(
      fc.oneof(
        { weight: 4, arbitrary: fc.oneof(like4, like6, tagged, cutShort, plain) },
        { weight: 1, arbitrary: large },
        { weight: 1, arbitrary: largeTagged },
      ),
      { numRuns: count, seed },
    )
    .filter((frame) => frame.length > 14 && !isLast(frame));

let pair: WiredPair;
beforeAll(async () => {
  pair = await wiredPair(mtu);
});
afterAll(() => pair.close());

/** Rules that look at every packet and do nothing to it. */
const rules: Readonly<Record<string, Omit<WireRule, "seed">>> = {
  "no rule": {},
  "a rule that decides on every packet": { edits: [], loss: 1e-15, corrupt: 1e-15 },
  "a filter": { cut: true, only: { source: "203.0.113.0/24", destinationPort: 1 } },
  "a delay": { delayMs: 1 },
};

describe("frames of every shape", () => {
  for (const [name, rule] of Object.entries(rules)) {
    it(`arrive unchanged under ${name}`, async () => {
      if (name !== "no rule") await pair.wire.setRule(link, 0, "rule", { seed: 1, ...rule });
      const arriving = await capture(pair.lab.node("right"), name.replaceAll(" ", "-"), "in");
      const sent = sample(150);
      await pair.send("left", [...sent, lastFrame]);
      const arrived = await arriving.untilLast();
      await arriving.stop();
      await pair.wire.clearRule(link, 0, "rule");
      expect(arrived.map(({ frame }) => frame.toString("hex"))).toEqual(sent.map((frame) => frame.toString("hex")));
    });
  }
});
