/** Every fault once, on schedule, as the nodes themselves see it; and that all is well when it is healed. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "../../core/farm/index.ts";
import { withFaults } from "../faults/index.ts";
import type { Lab } from "../lab.ts";
import type { ServiceSpec } from "../topology/index.ts";
import { wireOfLab, withWire } from "../wire/index.ts";
import type { CaseContext, ConformanceCase, Sketch } from "./case.ts";
import { eventually, pingArguments, refused, said } from "./case.ts";
import { pair } from "./sketches.ts";

const link = "left:eth1";
const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };
const daemon: ServiceSpec = { name: "daemon", argv: ["sleep", "2001"], restart: "always" };

const wired: Sketch = withWire(
  {
    name: "wired",
    seed: 1,
    ...pair,
    nodes: pair.nodes.map((node) => (node.name === "right" ? { ...node, config: { ...node.config, services: [daemon] } } : node)),
  },
  [link],
);

async function answers(lab: Lab): Promise<void> {
  for (const to of ["10.0.0.2", "2001:db8::2"])
    await eventually(`an answer of ${to}`, async () => void (await said(lab.node("left"), pingArguments(to))));
}

/** Looks while a fault lasts; before and after it there is none. */
async function during({ rules }: CaseContext, lab: Lab, fault: Fault, look: () => Promise<void>): Promise<void> {
  await answers(lab);
  const context = { lab, wire: wireOfLab(lab), clock, rules };
  const { timeline } = await withFaults({ seed: 7, faults: [{ atMs: 0, fault }] }, context, async ({ allDone }) => {
    await allDone;
    await look();
  });
  assert.deepEqual(
    timeline.flatMap(({ error }) => error ?? []),
    [],
  );
  await answers(lab);
}

/** The echoes' numbers in the order in which they were answered, and the shortest and longest way there and back. */
interface Echoes {
  readonly numbers: readonly number[];
  readonly duplicates: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/** So many echoes, a tenth of a second apart or as said. */
async function echoes(lab: Lab, count: number, ...more: readonly string[]): Promise<Echoes> {
  const { stdout } = await lab.node("left").exec(["ping", "-n", "-i0.1", "-c", String(count), "-W1", ...more, "10.0.0.2"]);
  const lines = [...stdout.matchAll(/icmp_seq=(\d+) ttl=\d+ time=([\d.]+) ms( \(DUP!\))?/g)];
  const times = lines.map(([, , time]) => Number(time));
  return {
    numbers: lines.filter(([, , , duplicate]) => duplicate === undefined).map(([, number]) => Number(number)),
    duplicates: lines.filter(([, , , duplicate]) => duplicate !== undefined).length,
    leastMs: Math.min(...times),
    mostMs: Math.max(...times),
  };
}

const counter = async (lab: Lab, name: string): Promise<number> =>
  Number(
    await said(lab.node("right"), [
      "sh",
      "-c",
      `awk '$1 == "Icmp:" { if (h) for (i in n) v[n[i]] = $i; else { h = 1; for (i = 2; i <= NF; i++) n[i] = $i } } END { print v["${name}"] }' /proc/net/snmp`,
    ]),
  );
const carrier = (lab: Lab, node: string): Promise<string> => said(lab.node(node), ["cat", "/sys/class/net/eth1/carrier"]);
const silent = async (lab: Lab): Promise<void> => void (await refused(lab.node("left"), pingArguments("10.0.0.2")));

const icmp = { kind: "packets", link, from: "left", only: { protocol: "icmp" } } as const;

export const faultCases: readonly ConformanceCase[] = [
  {
    name: "loses, delays, duplicates and corrupts exactly the packets of a link that it is told to",
    async check(context) {
      const lab = await context.up(wired);
      const edits = (action: "drop" | "duplicate" | "corrupt"): Fault => ({
        ...icmp,
        edits: [3, 7].map((index) => ({ flow: "*", index, action })),
      });
      await during(context, lab, edits("drop"), async () => {
        assert.deepEqual((await echoes(lab, 9)).numbers, [1, 2, 4, 5, 6, 8, 9]);
      });
      await during(context, lab, edits("duplicate"), async () => {
        const { numbers, duplicates } = await echoes(lab, 9);
        assert.deepEqual([numbers, duplicates], [[1, 2, 3, 4, 5, 6, 7, 8, 9], 2]);
      });
      const wrongBefore = await counter(lab, "InCsumErrors");
      await during(context, lab, edits("corrupt"), async () => {
        assert.deepEqual((await echoes(lab, 9)).numbers, [1, 2, 4, 5, 6, 8, 9]);
      });
      assert.equal((await counter(lab, "InCsumErrors")) - wrongBefore, 2);
      await during(context, lab, { ...icmp, edits: [{ flow: "*", index: 2, action: "delay", delayMs: 350 }] }, async () => {
        assert.deepEqual(
          (await echoes(lab, 8)).numbers.filter((number) => number !== 2),
          [1, 3, 4, 5, 6, 7, 8],
        );
      });
      await during(context, lab, { ...icmp, loss: 1 }, () => silent(lab));
    },
  },
  {
    name: "makes every packet of a link later, lets some overtake others, and lets no more through than its rate",
    async check(context) {
      const lab = await context.up(wired);
      await during(context, lab, { kind: "packets", link, delayMs: 20, jitterMs: 5 }, async () => {
        const { numbers, leastMs } = await echoes(lab, 5);
        assert.equal(numbers.length, 5);
        assert.ok(leastMs >= 30, `${leastMs} ms for twice 20 ± 5 ms`);
      });
      await during(context, lab, { ...icmp, edits: [{ flow: "*", index: 2, action: "delay", delayMs: 350 }] }, async () => {
        const { numbers, mostMs } = await echoes(lab, 8);
        assert.deepEqual(numbers.toSorted(), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert.ok(numbers.indexOf(2) > numbers.indexOf(3) && mostMs >= 350, numbers.join(" "));
      });
      await during(context, lab, { ...icmp, rateKbit: 100 }, async () => {
        const { mostMs } = await echoes(lab, 3, "-i0.002", "-s1000");
        assert.ok(mostMs >= 80, `${mostMs} ms for frames of 83 ms each`);
      });
    },
  },
  {
    name: "cuts a link in one direction or both, in silence, and takes its carrier away",
    async check(context) {
      const lab = await context.up(wired);
      const asked = await counter(lab, "InEchos");
      await during(context, lab, { kind: "cut", link, from: "right" }, () => silent(lab));
      assert.ok((await counter(lab, "InEchos")) > asked);
      await during(context, lab, { kind: "cut", link, from: "left" }, async () => {
        const before = await counter(lab, "InEchos");
        await silent(lab);
        assert.equal(await counter(lab, "InEchos"), before);
      });
      await during(context, lab, { kind: "partition", nodes: ["right"] }, async () => {
        await silent(lab);
        assert.deepEqual([await carrier(lab, "left"), await carrier(lab, "right")], ["1", "1"]);
      });
      await during(context, lab, { kind: "link-down", link }, async () => {
        assert.deepEqual([await carrier(lab, "left"), await carrier(lab, "right")], ["0", "0"]);
        await silent(lab);
      });
      assert.deepEqual([await carrier(lab, "left"), await carrier(lab, "right")], ["1", "1"]);
    },
  },
  {
    name: "loses a node in silence or with its carrier, freezes it unheard, and starts it again",
    async check(context) {
      const lab = await context.up(wired);
      for (const [kept, expected] of [
        ["kept", "1"],
        ["lost", "0"],
      ] as const) {
        await during(context, lab, { kind: "node-death", node: "right", carrier: kept }, async () => {
          assert.equal(await carrier(lab, "left"), expected);
          await silent(lab);
          assert.equal((await lab.node("right").exec(["true"])).code, 125);
        });
      }
      await during(context, lab, { kind: "node-pause", node: "right" }, () => silent(lab));
      await said(lab.node("right"), ["touch", "/run/before"]);
      await during(context, lab, { kind: "node-reboot", node: "right" }, async () => {
        await refused(lab.node("right"), ["test", "-e", "/run/before"]);
      });
    },
  },
  {
    name: "kills a daemon, which comes back, and fills a disk, which has room again",
    async check(context) {
      const lab = await context.up(wired);
      const right = lab.node("right");
      const first = await said(right, ["pgrep", "-f", "sleep 2001"]);
      await during(context, lab, { kind: "process-kill", node: "right", service: "daemon", signal: "SIGKILL" }, async () => {
        await eventually("the daemon to be there again", async () => {
          assert.notEqual(await said(right, ["pgrep", "-f", "sleep 2001"]), first);
        });
      });
      // The disk of a container is the engine's, as large as the machine's; what it has of its own is memory.
      const folder = context.backend === "containerlab" ? "/run" : "/var";
      const write = ["dd", "if=/dev/zero", `of=${folder}/more`, "bs=64k", "count=4"];
      await during(context, lab, { kind: "disk-full", node: "right", folder }, async () => {
        assert.match((await refused(right, write)).stderr, /No space left/i);
      });
      await said(right, write);
    },
  },
];
