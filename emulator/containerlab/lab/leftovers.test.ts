import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { findLab } from "../../locate.ts";
import { missing, needs } from "../available.fixture.ts";
import { collectLeftovers } from "../collect.ts";
import { engineAt } from "../engine.ts";
import { userId } from "../marks.ts";
import { requireEngine } from "../require.ts";
import { containersOf, downAll, newName, programThatMakes, up } from "./test-labs.ts";

afterEach(downAll);

const patience = { timeout: 60_000, interval: 50 };

/** Tells the processes of its own that it has while a node is off. */
const whileOff = `
  await lab.node("right").powerOff();
  const { readFileSync } = await import("node:fs");
  console.log(readFileSync("/proc/" + process.pid + "/task/" + process.pid + "/children", "utf8"));
  setInterval(() => undefined, 1000);`;

function start(name: string, then: string): ChildProcess {
  return spawn(process.execPath, ["--input-type=module", "--eval", programThatMakes(name, then)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
}

async function untilGone(name: string): Promise<void> {
  await expect.poll(() => findLab(name, userId()), patience).toBeUndefined();
}

async function isLeftByNobody(name: string): Promise<void> {
  await untilGone(name);
  expect(await containersOf(name)).toEqual([]);
}

describe.skipIf(missing)(`XC-2 what outlives a lab of containers (${needs})`, () => {
  it("is nothing when its maker is killed: the holder takes it down", async () => {
    const name = newName();
    const maker = start(name, "setInterval(() => undefined, 1000);");
    await expect.poll(() => containersOf(name), patience).toHaveLength(2);
    maker.kill("SIGKILL");
    await once(maker, "exit");
    await isLeftByNobody(name);
  });

  it("is nothing when its maker is killed while containerlab is at work", async () => {
    for (const containers of [0, 1]) {
      const name = newName();
      const maker = start(name, "setInterval(() => undefined, 1000);");
      await expect.poll(() => findLab(name, userId()), patience).toBeDefined();
      await expect.poll(async () => (await containersOf(name)).length, { ...patience, interval: 5 }).toBeGreaterThanOrEqual(containers);
      maker.kill("SIGKILL");
      await once(maker, "exit");
      await isLeftByNobody(name);
    }
  });

  it("is nothing when its maker is killed while a node is off, and its links wait for it", async () => {
    const name = newName();
    const maker = spawn(process.execPath, ["--input-type=module", "--eval", programThatMakes(name, whileOff)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [keepers] = (await once(maker.stdout, "data")) as [Buffer];
    const pids = String(keepers).trim().split(" ").map(Number);
    expect(pids.length).toBeGreaterThan(0);
    maker.kill("SIGKILL");
    await once(maker, "exit");
    await isLeftByNobody(name);
    await expect.poll(() => pids.filter((pid) => existsSync(`/proc/${pid}`)), patience).toEqual([]);
  });

  it("is nothing after an abort", async () => {
    for (const step of [/deploying/, /bringing/, /starting/]) {
      const name = newName();
      const abort = new AbortController();
      const onProgress = (text: string): void => void (step.test(text) && abort.abort(new Error("enough")));
      await expect(up(name, { signal: abort.signal, onProgress })).rejects.toThrow("enough");
      expect(await findLab(name, userId())).toBeUndefined();
      expect(await containersOf(name)).toEqual([]);
    }
  });

  it("lives on when it is detached, until its holder is told to end", async () => {
    const name = newName();
    const maker = start(name, "await lab.detach();");
    expect(await once(maker, "exit")).toEqual([0, null]);
    const found = await findLab(name, userId());
    expect(found).toMatchObject({ backend: "containerlab" });
    expect(await containersOf(name)).toHaveLength(2);
    process.kill(found?.holderPid ?? 0, "SIGTERM");
    await isLeftByNobody(name);
  });

  it("is removed by gc when its holder was killed, and nothing else is", async () => {
    const [other, killed] = await Promise.all([up(), up()]);
    const docker = engineAt((await requireEngine()).socket);
    const image = (await docker.getContainer((await containersOf(other.name))[0] ?? "").inspect()).Image;
    const foreign = await docker.createContainer({ Image: image, Cmd: ["true"], Labels: { containerlab: killed.name } });
    try {
      const holder = await findLab(killed.name, userId());
      process.kill(holder?.holderPid ?? 0, "SIGKILL");
      await killed.ended;
      expect(await containersOf(killed.name)).toHaveLength(2);

      const removed = await collectLeftovers();
      expect(removed.find(({ lab }) => lab === killed.name)).toMatchObject({
        containers: [`farmlab-${killed.name}-left`, `farmlab-${killed.name}-right`],
        folder: expect.stringContaining(killed.name) as string,
      });
      expect(removed.map(({ lab }) => lab)).not.toContain(other.name);
      expect(await containersOf(killed.name)).toEqual([]);
      expect((await other.node("left").exec(["ping", "-c1", "-W2", "10.0.0.2"])).code).toBe(0);
      expect((await foreign.inspect()).Id).toBe(foreign.id);
      expect((await collectLeftovers()).map(({ lab }) => lab)).not.toContain(killed.name);
    } finally {
      await foreign.remove({ force: true });
    }
  });
});
