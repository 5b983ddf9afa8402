/** What faults of a node are to those at the other end of its links, and that they heal. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "../../core/farm/index.ts";
import { withFaults, type ScheduleRules } from "../faults/index.ts";
import type { LabNode } from "../lab.ts";
import type { ServiceSpec } from "../topology/index.ts";
import type { ConformanceCase } from "./case.ts";
import { eventually, refused, said } from "./case.ts";
import { upWired, type WiredLab } from "./wired.ts";

const ping = ["ping", "-c1", "-W1", "10.0.0.2"];
const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };

const counter: ServiceSpec = {
  name: "counter",
  argv: ["sh", "-c", "i=0; while :; do i=$((i+1)); echo $i >/run/count; sleep 0.01; done"],
  restart: "always",
  readyPath: "/run/count",
};
const countOf = async (node: LabNode): Promise<number> => Number(await readFile(node.hostPath("/run/count"), "utf8"));

/** Looks while the fault is there; it is healed when this resolves. */
async function during({ lab, wire }: WiredLab, rules: ScheduleRules, fault: Fault, look: () => Promise<void>): Promise<void> {
  await withFaults({ seed: 1, faults: [{ atMs: 0, fault }] }, { lab, wire, clock, rules }, async ({ allDone }) => {
    await allDone;
    await look();
  });
}

const passes = ({ lab }: WiredLab): Promise<void> => eventually("packets to pass", async () => void (await said(lab.node("left"), ping)));
const carrierIs = ({ lab }: WiredLab, carrier: "0" | "1"): Promise<void> =>
  eventually(`the carrier to be ${carrier}`, async () => {
    assert.equal(await said(lab.node("left"), ["cat", "/sys/class/net/eth1/carrier"]), carrier);
  });

const death = (carrier: "kept" | "lost"): Fault => ({ kind: "node-death", node: "right", carrier });

export const nodeFaultCases: readonly ConformanceCase[] = [
  {
    name: "lets a node die in silence or with its carrier, and come back with its disk",
    async check({ up, rules }) {
      const wired = await upWired(up);
      const { lab } = wired;
      await passes(wired);
      await said(lab.node("right"), ["sh", "-c", "echo kept >/var/kept"]);
      for (const [kind, carrier] of [
        ["kept", "1"],
        ["lost", "0"],
      ] as const) {
        await during(wired, rules, death(kind), async () => {
          await carrierIs(wired, carrier);
          await refused(lab.node("left"), ping);
          assert.equal((await lab.node("right").exec(["true"])).code, 125);
        });
        await carrierIs(wired, "1");
        await passes(wired);
        assert.equal(await said(lab.node("right"), ["cat", "/var/kept"]), "kept");
      }
    },
  },
  {
    name: "pauses a node in silence: its programs stand still, nothing of it answers, and all goes on",
    async check({ up, rules }) {
      const wired = await upWired(up);
      const right = wired.lab.node("right");
      await right.services.start(counter);
      await passes(wired);
      await during(wired, rules, { kind: "node-pause", node: "right" }, async () => {
        const seen = await countOf(right);
        await refused(wired.lab.node("left"), ping);
        await carrierIs(wired, "1");
        assert.equal(await countOf(right), seen);
        assert.deepEqual(await right.exec(["true"]), { code: 125, stdout: "", stderr: "node right is paused" });
      });
      const seen = await countOf(right);
      await eventually("the program to go on", async () => assert.ok((await countOf(right)) > seen));
      await passes(wired);
    },
  },
  {
    name: "kills a daemon, which comes back as its policy says, and reboots a node, which comes back without what it had in memory",
    async check({ up, rules }) {
      const wired = await upWired(up);
      const right = wired.lab.node("right");
      await right.services.start(counter);
      const first = await said(right, ["pgrep", "-f", "echo [$]i >/run/count"]);
      await during(wired, rules, { kind: "process-kill", node: "right", service: "counter", signal: "SIGKILL" }, async () => {
        await eventually("the daemon to be there again", async () => {
          assert.notEqual(await said(right, ["pgrep", "-f", "echo [$]i >/run/count"]), first);
        });
      });
      await during(wired, rules, { kind: "node-reboot", node: "right" }, async () => {
        await passes(wired);
        // It was started later, and is no part of the node's configuration.
        await refused(right, ["ls", "/run/count"]);
      });
    },
  },
  {
    name: "fills a file system of a node, and frees it again",
    async check({ up, rules }) {
      const wired = await upWired(up);
      const right = wired.lab.node("right");
      const write = ["dd", "if=/dev/zero", "of=/tmp/some", "bs=64k", "count=1"];
      await during(wired, rules, { kind: "disk-full", node: "right", folder: "/tmp" }, async () => {
        assert.match((await refused(right, write)).stderr, /No space left/);
        await said(wired.lab.node("left"), ["sh", "-c", "echo x >/tmp/some"]);
      });
      await said(right, write);
    },
  },
];
