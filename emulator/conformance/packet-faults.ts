/** What faults do to packets of a link, as both ends of it saw them. */
import assert from "node:assert/strict";
import type { WireRule } from "../wire/index.ts";
import type { ConformanceCase } from "./case.ts";
import { eventually, said } from "./case.ts";
import { countedBy, port, sendNumbers, untilPassed, upWired, watchLink, wiredLink, type Seen, type WiredLab } from "./wired.ts";

const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
const numbersOf = (seen: readonly Seen[]): number[] => seen.map(({ number }) => number);

interface PacketFault {
  readonly rule: Omit<WireRule, "seed" | "only">;
  /** What arrives, in this order. */
  readonly arrives: readonly number[];
  readonly look?: (sent: readonly Seen[], arrived: readonly Seen[]) => void;
}

const inOrder = { arrives: numbers };
const delayMs = 30;
/** 14 bytes of Ethernet, 20 of IP, 8 of UDP and a digit: at this rate, 8.6 ms. */
const [frameBits, rateKbit] = [43 * 8, 40];
const nanoseconds = 1_000_000;

function differingBits(one: Uint8Array, other: Uint8Array): number {
  assert.equal(one.length, other.length);
  return one.reduce((sum, byte, offset) => sum + (byte ^ (other[offset] ?? 0)).toString(2).replaceAll("0", "").length, 0);
}

const faults: Readonly<Record<string, PacketFault>> = {
  "no fault": { rule: {}, ...inOrder },
  "packets dropped by hand": {
    rule: { edits: [3, 7].map((index) => ({ flow: "*", index, action: "drop" })) },
    arrives: [1, 2, 4, 5, 6, 8],
  },
  loss: { rule: { loss: 1 }, arrives: [] },
  delay: {
    rule: { delayMs },
    ...inOrder,
    look(sent, arrived) {
      for (const [position, { timeNs }] of arrived.entries()) {
        const waited = Number(timeNs - (sent[position]?.timeNs ?? timeNs)) / nanoseconds;
        assert.ok(waited >= delayMs, `packet ${position + 1} took ${waited} ms`);
      }
    },
  },
  reordering: {
    rule: {
      reorder: 1,
      reorderBehind: 2,
      reorderHoldMs: 10_000,
      edits: numbers.filter((index) => index !== 2).map((index) => ({ flow: "*", index, action: "pass" })),
    },
    arrives: [1, 3, 4, 2, 5, 6, 7, 8],
  },
  duplication: { rule: { duplicate: 1 }, arrives: numbers.flatMap((number) => [number, number]) },
  "a rate": {
    rule: { rateKbit, queueMs: 5000 },
    ...inOrder,
    look(sent, arrived) {
      const first = sent[0]?.timeNs ?? 0n;
      for (const [position, { timeNs }] of arrived.entries()) {
        const [waited, least] = [Number(timeNs - first) / nanoseconds, ((position + 1) * frameBits) / rateKbit];
        assert.ok(waited >= least, `packet ${position + 1} was there after ${waited} ms, not ${least}`);
      }
    },
  },
  "a cut": { rule: { cut: true }, arrives: [] },
};

/** Sends the numbers from left to right while the rule is there. */
async function putThrough({ lab, wire }: WiredLab, { rule, arrives, look }: PacketFault): Promise<void> {
  await wire.setRule(wiredLink, 0, "fault", { seed: 1, only: { protocol: "udp", destinationPort: port }, ...rule });
  const before = await countedBy(wire, 0);
  const watch = await watchLink(lab, "left");
  await sendNumbers(lab, "left", numbers.length);
  await untilPassed(wire, 0, before, numbers.length);
  await eventually("both ends to have seen the packets", async () => {
    assert.deepEqual(numbersOf(watch.sent()), numbers);
    assert.deepEqual(numbersOf(watch.arrived()), arrives);
  });
  await watch.stop();
  // Also what would have come last.
  assert.deepEqual(numbersOf(watch.arrived()), arrives);
  look?.(watch.sent(), watch.arrived());
  await wire.clearRule(wiredLink, 0, "fault");
}

async function carriers({ lab }: WiredLab): Promise<string> {
  const read = ["left", "right"].map(async (name) => await said(lab.node(name), ["cat", "/sys/class/net/eth1/carrier"]));
  return (await Promise.all(read)).join(" ");
}

export const packetFaultCases: readonly ConformanceCase[] = [
  {
    name: "loses, delays, reorders, duplicates and slows a link's packets as told, and a capture of both ends sees exactly that",
    async check({ up }) {
      const wired = await upWired(up);
      for (const [name, fault] of Object.entries(faults)) {
        try {
          await putThrough(wired, fault);
        } catch (error) {
          if (error instanceof Error) error.message = `${name}: ${error.message}`;
          throw error;
        }
      }
    },
  },
  {
    name: "turns one bit of each packet over where it is told to, and no more",
    async check({ up }) {
      const { lab, wire } = await upWired(up);
      await wire.setRule(wiredLink, 0, "fault", { seed: 1, corrupt: 1, only: { protocol: "udp", destinationPort: port } });
      const before = await countedBy(wire, 0);
      const watch = await watchLink(lab, "left");
      await sendNumbers(lab, "left", numbers.length);
      await untilPassed(wire, 0, before, numbers.length);
      await eventually("the packets", async () => assert.equal(watch.arrived().length, numbers.length));
      await watch.stop();
      const differences = watch.arrived().map(({ bytes }, position) => differingBits(bytes, watch.sent()[position]?.bytes ?? bytes));
      assert.deepEqual(
        differences,
        numbers.map(() => 1),
      );
      const { decisions } = await wire.decisions();
      assert.equal(decisions.filter(({ what }) => what === "corrupt").length, numbers.length);
    },
  },
  {
    name: "cuts one direction of a link and not the other, silently; and takes the carrier of a link that is down",
    async check({ up }) {
      const wired = await upWired(up);
      const { lab, wire } = wired;
      await wire.setRule(wiredLink, 0, "fault", { seed: 1, cut: true });
      const before = await countedBy(wire, 1);
      const watch = await watchLink(lab, "right");
      await said(lab.node("right"), ["ip", "neigh", "replace", "10.0.0.1", "lladdr", await macOf(wired), "dev", "eth1"]);
      await sendNumbers(lab, "right", numbers.length);
      await untilPassed(wire, 1, before, numbers.length);
      await eventually("the other direction to pass", async () => assert.deepEqual(numbersOf(watch.arrived()), numbers));
      await watch.stop();
      assert.match((await lab.node("left").exec(["ping", "-c1", "-W1", "10.0.0.2"])).stdout, /0 received/);
      assert.equal(await carriers(wired), "1 1");
      await wire.clearRule(wiredLink, 0, "fault");
      for (const end of [0, 1] as const) await wire.setCarrier(wiredLink, end, "down");
      await eventually("both ends to lose the carrier", async () => assert.equal(await carriers(wired), "0 0"));
      for (const end of [0, 1] as const) await wire.setCarrier(wiredLink, end, "up");
      await eventually("packets to pass again", async () => void (await said(lab.node("left"), ["ping", "-c1", "-W1", "10.0.0.2"])));
      assert.equal(await carriers(wired), "1 1");
    },
  },
];

const macOf = async ({ lab }: WiredLab): Promise<string> => await said(lab.node("left"), ["cat", "/sys/class/net/eth1/address"]);
