import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../core/common/index.ts";
import { missing, needs } from "../../emulator/containerlab/available.fixture.ts";
import { collectLeftovers } from "../../emulator/containerlab/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { ensureRuntime } from "../../emulator/image/index.ts";
import { noTraces, tracesOf, type Traces } from "./leftovers.ts";

const launcher = fileURLToPath(new URL("../../farmlab", import.meta.url));
const farm = fileURLToPath(new URL("../../topologies/exit-node.farm.yml", import.meta.url));
/** A whole run takes about this long; moments are drawn from it. */
const runMs = 3000;
const goneWaitMs = 5000;
/** What else the machine does may hold a run's beginning up. */
const thereWaitMs = 60_000;
const temporary = mkdtempSync(join(tmpdir(), "leftovers-"));

const startRun = (backend: BackendName = "netns"): ChildProcess =>
  spawn(launcher, ["run", farm, "--quiet", "--backend", backend], { stdio: "ignore", env: { ...process.env, TMPDIR: temporary } });
const traces = (run: ChildProcess): Traces => tracesOf(run.pid ?? 0, temporary);

interface Ended {
  readonly run: ChildProcess;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Starts a run, signals it at the given moment (or as soon as it is over), and waits for its end. */
async function runAndSignal(signal: NodeJS.Signals, atMs: number, backend?: BackendName): Promise<Ended> {
  const run = startRun(backend);
  const timer = setTimeout(() => run.kill(signal), atMs);
  const ended = await new Promise<Ended>((resolve) => run.once("exit", (code, by) => resolve({ run, code, signal: by })));
  clearTimeout(timer);
  return ended;
}

async function expectNothing(run: ChildProcess): Promise<void> {
  await expect.poll(() => traces(run), { timeout: goneWaitMs, interval: 50 }).toEqual(noTraces);
}

describe("XC-2 nothing of a run outlives it", () => {
  beforeAll(async () => {
    await ensureRuntime();
  });
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  const random = seededRandom(1, "leftovers");
  const moments = Array.from({ length: 20 }, () => random.below(runMs));
  it.each(moments)("after SIGKILL at %i ms", async (moment) => {
    const { run } = await runAndSignal("SIGKILL", moment);
    await expectNothing(run);
  });

  it.each([...moments.slice(0, 2), 1000])("after SIGINT at %i ms, with its exit code", async (moment) => {
    const { run, code, signal } = await runAndSignal("SIGINT", moment);
    // Before Node has its handlers the signal itself ends it; a run that was quicker than the signal ends well.
    expect(signal === "SIGINT" || code === 130 || code === 0).toBe(true);
    await expectNothing(run);
  });

  it("and while it runs, the looking finds it", async () => {
    const run = startRun();
    const ended = new Promise((resolve) => run.once("exit", resolve));
    await expect.poll(() => traces(run).processes.length, { timeout: thereWaitMs, interval: 20 }).toBeGreaterThan(10);
    expect(traces(run).locks).toHaveLength(1);
    run.kill("SIGKILL");
    await ended;
    await expectNothing(run);
  });
});

/** On containerlab a whole run takes about this long, and an engine its time to end containers. */
const containerlabRunMs = 7000;
const containersGoneWaitMs = 60_000;

describe.skipIf(missing)(`XC-2 nothing of a run on containerlab outlives it but what gc removes (${needs})`, () => {
  const random = seededRandom(2, "leftovers");
  const moments = Array.from({ length: 20 }, () => random.below(containerlabRunMs));
  it.each(moments)("after SIGKILL at %i ms", async (moment) => {
    const { run } = await runAndSignal("SIGKILL", moment, "containerlab");
    const labs = `run-${run.pid ?? 0}-`;
    // The holder takes the lab down, as long as it is there.
    await expect.poll(() => traces(run), { timeout: containersGoneWaitMs, interval: 50 }).toEqual(noTraces);
    await collectLeftovers();
    expect((await collectLeftovers()).filter(({ lab }) => lab.startsWith(labs))).toEqual([]);
    expect(traces(run)).toEqual(noTraces);
  });
});
