/** A schedule of link and disk faults against a real lab: what the nodes see while it lasts, and that nothing of it is left. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAddress, startDeadline, type Clock } from "../../../core/common/index.ts";
import { healing, stepsOf, type Fault, type Schedule } from "../../../core/farm/index.ts";
import { link, wiredPair, type WiredPair } from "../../wire/lab/wired-pair.ts";
import { withFaults, type FaultContext } from "../index.ts";

const clock: Clock = { nowMs: () => performance.now(), pause: async (milliseconds) => void (await pause(milliseconds)) };
const address = parseAddress("10.0.0.2")!;
const waitMs = 10_000;
let pair: WiredPair;

const context = (): FaultContext => ({ lab: pair.lab, wire: pair.wire, clock, rules: { stepsOf, healing } });

beforeAll(async () => {
  pair = await wiredPair();
});
afterAll(() => pair.close());

const ping = async (timeoutMs: number): Promise<string> =>
  (await pair.prober.probe({ from: { namespacePath: pair.lab.namespacePath("left") }, protocol: "icmp", to: address, timeoutMs })).kind;
const answers = (): Promise<true> =>
  startDeadline(clock, waitMs).until("an answer", async () => {
    const seen = await ping(500);
    return seen === "reply" ? { done: true } : { seen };
  });

async function carrier(node: string): Promise<boolean> {
  const { stdout } = await pair.lab.node(node).exec(["ip", "-j", "link", "show", "dev", "eth0"]);
  return !(JSON.parse(stdout) as { flags: string[] }[])[0]?.flags.includes("NO-CARRIER");
}

const during = (fault: Fault, look: () => Promise<void>, schedule: Partial<Schedule> = {}): ReturnType<typeof withFaults<void>> =>
  withFaults({ seed: 1, faults: [{ atMs: 0, fault }], ...schedule }, context(), async ({ allDone }) => {
    await allDone;
    await look();
  });

describe("a link fault", () => {
  const silent: [string, Fault][] = [
    ["a cut of one direction", { kind: "cut", link, from: "left" }],
    ["a cut of the other", { kind: "cut", link, from: "right" }],
    ["a partition", { kind: "partition", nodes: ["right"] }],
    ["the loss of every packet", { kind: "packets", link, loss: 1, only: { protocol: "icmp" } }],
  ];
  it.each(silent)("%s is silent while it lasts, and gone afterwards", async (_, fault) => {
    await answers();
    await during(fault, async () => {
      expect(await ping(200)).toBe("timeout");
      expect([await carrier("left"), await carrier("right")]).toEqual([true, true]);
    });
    await answers();
  });

  it("a link that is down has no carrier at either end", async () => {
    await during({ kind: "link-down", link }, async () => {
      await startDeadline(clock, waitMs).until("no carrier", async () => {
        const seen = [await carrier("left"), await carrier("right")];
        return seen.includes(true) ? { seen: String(seen) } : { done: true };
      });
    });
    await answers();
    expect([await carrier("left"), await carrier("right")]).toEqual([true, true]);
  });

  it("ends where the schedule says so, while the work goes on", async () => {
    const faults = [{ atMs: 0, fault: silent[0]![1], healAtMs: 50 }];
    const { timeline } = await during(silent[0]![1], async () => void (await answers()), { faults });
    expect(timeline.map(({ act, plannedMs }) => [act, plannedMs])).toEqual([
      ["begin", 0],
      ["heal", 50],
    ]);
    expect(timeline[1]!.begunMs).toBeGreaterThanOrEqual(50);
  });
});

describe("a full disk", () => {
  it("takes nothing more, and takes it again when it is healed", async () => {
    const node = pair.lab.node("right");
    const write = (): ReturnType<typeof node.exec> => node.exec(["dd", "if=/dev/zero", "of=/var/tmp/some", "bs=64k", "count=1"]);
    await node.exec(["mkdir", "-p", "/var/tmp"]);
    await during({ kind: "disk-full", node: "right", folder: "/var/tmp" }, async () => {
      expect((await write()).stderr).toContain("No space left");
    });
    expect((await write()).code).toBe(0);
  });
});
