/** Each fault on a real link: exactly what was decided happens to packets, and nothing else. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PacketConditions } from "../../../core/farm/index.ts";
import { decider, type WireRule } from "../index.ts";
import { capture, clock, lastFrame, numberOf, udpFrame, type Arrived, type Capture } from "./frames.ts";
import { link, wiredPair, type WiredPair } from "./wired-pair.ts";
import { startDeadline } from "../../../core/common/index.ts";

const seed = 42;
/** Of its own in each test, so that its decisions are told from those of others. */
let rule = "";
const flow = "udp 10.0.0.1:9 > 10.0.0.2:7000 #1";
const udp = { protocol: "udp" } as const;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const frames = (count: number, size?: number): Buffer[] =>
  numbers(count).map((number) => udpFrame({ number, ...(size === undefined ? {} : { size }) }));
const seenNumbers = (arrived: readonly Arrived[]): number[] => arrived.map(({ frame }) => numberOf(frame));

let pair: WiredPair;
let arriving: Capture;
let captures = 0;

const set = (conditions: Omit<WireRule, "seed" | "only">, only: WireRule["only"] = udp): Promise<void> =>
  pair.wire.setRule(link, 0, rule, { seed, only, ...conditions });
const decided = async (): Promise<string[]> =>
  (await pair.wire.decisions()).decisions
    .filter((decision) => decision.rule === rule)
    .map(({ flow: where, index, what, amount }) => `${where} ${index} ${what} ${amount}`);
/** What the same decisions are when made here. */
const foreseen = (conditions: PacketConditions): ReturnType<typeof decider> => decider({ seed, link, direction: 0, flow }, conditions);

beforeAll(async () => {
  pair = await wiredPair();
});
afterAll(() => pair.close());

beforeEach(async () => {
  captures += 1;
  rule = `test-${captures}`;
  arriving = await capture(pair.lab.node("right"), `right-${captures}`, "in");
  await pair.counted(0);
});
afterEach(async () => {
  await arriving.stop();
  for (const direction of [0, 1] as const) await pair.wire.clearRule(link, direction, rule);
});

/** Sends frames from the left, and what has arrived on the right when all have. */
async function pass(sent: readonly Buffer[], expectedLater?: (seen: readonly Arrived[]) => boolean): Promise<readonly Arrived[]> {
  await pair.send("left", [...sent, lastFrame]);
  const arrived = await arriving.untilLast();
  if (expectedLater === undefined) return arrived;
  const all = await arriving.until(expectedLater);
  return all.filter(({ frame }) => frame.subarray(12, 14).toString("hex") === "0800");
}

/** Until so many UDP frames have arrived, however late. */
const all =
  (count: number) =>
  (seen: readonly Arrived[]): boolean =>
    seen.filter(({ frame }) => frame.subarray(12, 14).toString("hex") === "0800").length >= count;

describe("a wired link without faults", () => {
  it("passes frames unchanged and in order", async () => {
    const sent = frames(50);
    expect((await pass(sent)).map(({ frame }) => frame.toString("hex"))).toEqual(sent.map((frame) => frame.toString("hex")));
  });
});

describe("loss", () => {
  it("drops exactly the packets that the seed decides, and lists them", async () => {
    await set({ loss: 0.3 });
    const decide = foreseen({ loss: 0.3 });
    const arrived = await pass(frames(100));
    const lost = numbers(100).filter((number) => decide(number).drop);
    expect(lost.length).toBeGreaterThan(10);
    expect(seenNumbers(arrived)).toEqual(numbers(100).filter((number) => !lost.includes(number)));
    expect(await decided()).toEqual(lost.map((number) => `${flow} ${number} drop 0`));
    expect(await pair.counted(0)).toMatchObject({ lost: lost.length });
  });

  it("begins anew with the rule, and decides otherwise with another seed", async () => {
    const conditions = { loss: 0.3 };
    const run = async (of: number): Promise<number[]> => {
      await pair.wire.setRule(link, 0, rule, { seed: of, only: udp, ...conditions });
      const seen = seenNumbers(await pass(frames(60)));
      await arriving.stop();
      captures += 1;
      arriving = await capture(pair.lab.node("right"), `right-${captures}`, "in");
      return seen;
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });
});

describe("decisions by hand", () => {
  it("take the place of those that were drawn, for the packets named", async () => {
    await set({
      loss: 1,
      edits: [
        ...[1, 2, 4, 6, 8].map((index) => ({ flow, index, action: "pass" as const })),
        { flow, index: 5, action: "delay", delayMs: 60 },
        { flow: "*", index: 9, action: "duplicate" },
        { flow: "udp 10.0.0.1:9 > 10.0.0.2:7001 #1", index: 3, action: "pass" },
      ],
    });
    const leaving = await capture(pair.lab.node("left"), `left-${captures}`, "out");
    const arrived = await pass(frames(10), all(8));
    const left = await leaving.untilLast();
    await leaving.stop();
    const [late, ...others] = arrived.toSorted((one, other) => Number(numberOf(other.frame) === 5) - Number(numberOf(one.frame) === 5));
    expect(seenNumbers(others)).toEqual([1, 2, 4, 6, 8, 9, 9]);
    expect(numberOf(late!.frame)).toBe(5);
    expect(late!.atUs - left[4]!.atUs).toBeGreaterThanOrEqual(60_000);
    expect(await decided()).toEqual(
      ["3 drop 0", "5 delay 60000", "7 drop 0", "9 duplicate 0", "10 drop 0"].map((decision) => `${flow} ${decision}`),
    );
  });
});

describe("delay and jitter", () => {
  it("make each packet later by what was decided at least, and keep the order", async () => {
    const leaving = await capture(pair.lab.node("left"), `left-${captures}`, "out");
    const conditions = { delayMs: 20, jitterMs: 8 };
    await set(conditions);
    const arrived = await pass(frames(40), all(40));
    const left = await leaving.untilLast();
    await leaving.stop();
    expect(seenNumbers(arrived)).toEqual(numbers(40));
    const decide = foreseen(conditions);
    const early = numbers(40).filter((number) => arrived[number - 1]!.atUs - left[number - 1]!.atUs < decide(number).delayUs);
    expect(early).toEqual([]);
    const delays = numbers(40).map((number) => decide(number).delayUs);
    expect(new Set(delays).size).toBeGreaterThan(30);
    expect(delays.filter((delay) => delay < 12_000 || delay > 28_000)).toEqual([]);
    const told = numbers(40).flatMap((number) =>
      decide(number).delayUs === 20_000 ? [] : [`${flow} ${number} delay ${decide(number).delayUs}`],
    );
    expect(await decided()).toEqual(told);
  });
});

describe("reordering", () => {
  it("holds packets back until others have passed", async () => {
    await set({ reorder: 0.3, reorderBehind: 2, reorderHoldMs: 10_000 });
    const decide = foreseen({ reorder: 0.3 });
    const expected: number[] = [];
    let held: { number: number; behind: number }[] = [];
    // The last frame is none of the rule's; ten more let all go that are held.
    for (const number of numbers(60)) {
      if (decide(number).reorder && number <= 50) {
        held.push({ number, behind: 2 });
        continue;
      }
      expected.push(number);
      held = held.map((one) => ({ ...one, behind: one.behind - 1 }));
      expected.push(...held.filter(({ behind }) => behind === 0).map((one) => one.number));
      held = held.filter(({ behind }) => behind > 0);
    }
    await set({
      reorder: 0.3,
      reorderBehind: 2,
      reorderHoldMs: 10_000,
      edits: numbers(60)
        .slice(50)
        .map((index) => ({ flow, index, action: "pass" as const })),
    });
    expect(held).toEqual([]);
    expect(seenNumbers(await pass(frames(60)))).toEqual(expected);
    expect(expected).not.toEqual(numbers(60));
  });

  it("lets a packet go at last when none comes to pass it", async () => {
    await set({ reorder: 1, reorderHoldMs: 5 });
    expect(seenNumbers(await pass(frames(1), all(1)))).toEqual([1]);
  });
});

describe("duplication", () => {
  it("sends the decided packets twice", async () => {
    await set({ duplicate: 0.3 });
    const decide = foreseen({ duplicate: 0.3 });
    expect(seenNumbers(await pass(frames(60)))).toEqual(
      numbers(60).flatMap((number) => (decide(number).duplicate ? [number, number] : [number])),
    );
  });
});

describe("corruption", () => {
  it("turns the one bit over that it lists, after the network header, and leaves checksums as they were", async () => {
    await set({ corrupt: 0.5 });
    const sent = frames(40, 64);
    const arrived = await pass(sent);
    const listed = new Map((await decided()).map((line) => [Number(line.split(" ").at(-3)), Number(line.split(" ").at(-1))]));
    const turned = arrived.map(({ frame }, position) =>
      [...frame].flatMap((byte, offset) => {
        const changed = byte ^ (sent[position]?.[offset] ?? 0);
        return numbers(8).flatMap((bit) => (((changed >> (bit - 1)) & 1) === 1 ? [offset * 8 + bit - 1] : []));
      }),
    );
    const decide = foreseen({ corrupt: 0.5 });
    expect(turned).toEqual(numbers(40).map((number) => (decide(number).corrupt ? [listed.get(number)] : [])));
    expect([...listed.values()].every((bit) => bit >= (14 + 20) * 8 && bit < sent[0]!.length * 8)).toBe(true);
  });
});

describe("rate", () => {
  it("spaces packets, and loses those that would wait too long", async () => {
    // 1000 bits a frame at 100 kbit/s: 10 ms each.
    const size = 125 - 14 - 20 - 8;
    const leaving = await capture(pair.lab.node("left"), `left-${captures}`, "out");
    await set({ rateKbit: 100, queueMs: 1000 });
    const arrived = await pass(frames(20, size), all(20));
    const left = await leaving.untilLast();
    await leaving.stop();
    expect(seenNumbers(arrived)).toEqual(numbers(20));
    const early = numbers(20).filter((number) => arrived[number - 1]!.atUs - left[0]!.atUs < number * 10_000);
    expect(early).toEqual([]);
    await pair.counted(0);
    await set({ rateKbit: 1, queueMs: 0 });
    await pass(frames(3, 2 * size), all(21));
    // The first takes more than a second, and the others find it there.
    expect(await pair.counted(0)).toMatchObject({ rateFull: 2, delayed: 1 });
  });
});

describe("a cut", () => {
  it("ends packets of one direction silently, and of that alone", async () => {
    const back = await capture(pair.lab.node("left"), `left-${captures}`, "in");
    await set({ cut: true });
    expect(await pass(frames(5))).toEqual([]);
    await pair.send("right", [udpFrame({ number: 1 }), lastFrame]);
    expect(seenNumbers(await back.untilLast())).toEqual([1]);
    await back.stop();
    expect(await pair.counted(0)).toMatchObject({ cut: 5 });
    for (const node of ["left", "right"]) expect(await carrier(node)).toBe("up");
  });
});

async function carrier(node: string): Promise<string> {
  const { stdout } = await pair.lab.node(node).exec(["ip", "-j", "link", "show", "dev", "eth0"]);
  return (JSON.parse(stdout) as { flags: string[] }[])[0]?.flags.includes("NO-CARRIER") === true ? "down" : "up";
}

const carrierIs = (node: string, state: string): Promise<true> =>
  startDeadline(clock, 10_000).until(`${node}'s carrier to be ${state}`, async () => {
    const seen = await carrier(node);
    return seen === state ? { done: true } : { seen };
  });

describe("the carrier", () => {
  it("is lost at either end by itself, and frames pass again when it is back", async () => {
    await pair.wire.setCarrier(link, 0, "down");
    await carrierIs("left", "down");
    expect(await carrier("right")).toBe("up");
    await pair.wire.setCarrier(link, 1, "down");
    await carrierIs("right", "down");
    for (const end of [0, 1] as const) await pair.wire.setCarrier(link, end, "up");
    for (const node of ["left", "right"]) await carrierIs(node, "up");
    expect(seenNumbers(await pass(frames(3)))).toEqual([1, 2, 3]);
  });

  it("comes back also for an interface that went away in between", async () => {
    const port = async (...words: string[]): Promise<void> => {
      const { code, stderr } = await pair.lab.node(pair.wire.plan.node).exec(["ip", "link", ...words]);
      expect([code, stderr]).toEqual([0, ""]);
    };
    await port("set", "a1", "down");
    await port("set", "a1", "name", "away");
    await port("set", "away", "name", "a1");
    await port("set", "a1", "up");
    await startDeadline(clock, 10_000).until("frames to pass", async () => {
      await pair.send("left", [lastFrame]);
      const { received = 0 } = await pair.counted(0);
      return received > 0 ? { done: true } : { seen: "none" };
    });
  });
});

describe("a filter", () => {
  it("chooses by protocol, addresses and ports", async () => {
    await set({ loss: 1 }, { ...udp, source: "10.0.0.0/30", destination: "10.0.0.2/32", destinationPort: 7000 });
    const sent = [
      udpFrame({ number: 1 }),
      udpFrame({ number: 2, port: 7001 }),
      udpFrame({ number: 3, from: "10.0.0.4" }),
      udpFrame({ number: 4, to: "10.0.0.3" }),
    ];
    expect(seenNumbers(await pass(sent))).toEqual([2, 3, 4]);
    await set({ loss: 1 }, { protocol: "arp" });
    await pair.counted(0);
    const arp = Buffer.concat([Buffer.from("ffffffffffff0200000000ff0806", "hex"), Buffer.alloc(46)]);
    await pair.send("left", [arp, udpFrame({ number: 9 }), lastFrame]);
    expect(seenNumbers(await arriving.untilLast(2))).toEqual([2, 3, 4, 9]);
    expect(await pair.counted(0)).toMatchObject({ lost: 1 });
  });
});

describe("requests", () => {
  it("that cannot be are refused in words", async () => {
    const { wire } = pair;
    await expect(wire.setRule("nowhere", 0, rule, { seed })).rejects.toThrow("there is no such link or direction");
    await expect(wire.setRule(link, 0, rule, { seed, loss: 1.5 })).rejects.toThrow("a rule cannot have loss=1.5");
    await expect(wire.setRule(link, 0, rule, { seed, delayMs: -1 })).rejects.toThrow("delay_us=-1000");
    await expect(wire.setRule(link, 0, "x".repeat(65), { seed })).rejects.toThrow("a name of that length");
    await expect(wire.setRule(link, 0, rule, { seed, edits: [{ flow: "", index: 1, action: "drop" }] })).rejects.toThrow("edit=1 drop 0");
    for (const number of numbers(16)) await wire.setRule(link, 1, `rule-${number}`, { seed });
    await expect(wire.setRule(link, 1, "one-more", { seed })).rejects.toThrow("at most 16 rules");
    for (const number of numbers(16)) await wire.clearRule(link, 1, `rule-${number}`);
    await wire.clearRule(link, 1, "never-there");
  });
});
