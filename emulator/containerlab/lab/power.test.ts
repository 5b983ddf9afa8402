import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { containerlabBackend, type ContainerlabLab } from "../index.ts";
import { ensureRuntime } from "../../image/index.ts";
import { missing, needs } from "../available.fixture.ts";
import { newName, pair, type Sketch } from "./test-labs.ts";

let lab: ContainerlabLab | undefined;

afterEach(async () => {
  await lab?.down();
});

const marker = "/run/marker";
const service = {
  name: "marker",
  argv: ["sh", "-c", `echo here >${marker}; exec sleep 1000`],
  restart: "always",
  readyPath: marker,
} as const;
const [left, right] = pair.nodes;
if (left === undefined || right === undefined) throw new Error("a pair has two nodes");
const sketch: Sketch = { ...pair, nodes: [left, { ...right, config: { ...right.config, services: [service] } }] };

async function bringUp(): Promise<ContainerlabLab> {
  const name = newName();
  lab = await containerlabBackend(await ensureRuntime()).up({ name, seed: 1, ...sketch }, { name });
  return lab;
}

const ping = async (from: ContainerlabLab): Promise<boolean> =>
  (await from.node("left").exec(["ping", "-c1", "-W2", "10.0.0.2"])).code === 0;
const linkOf = async (from: ContainerlabLab, node: string): Promise<string> =>
  (await from.node(node).exec(["ip", "-o", "link", "show", "eth1"])).stdout;

describe.skipIf(missing)(`a node's power (${needs})`, () => {
  it("goes: nothing of the node runs, and its neighbour's link has no carrier; comes back: links, addresses and daemons are there", async () => {
    const up = await bringUp();
    const near = await linkOf(up, "right");
    expect(await linkOf(up, "left")).toContain("LOWER_UP");
    expect(await ping(up)).toBe(true);
    await up.node("right").exec(["sh", "-c", "echo kept >/root/disk; echo lost >/run/memory; echo changed >/run/marker"]);
    const mac = /link\/ether \S+/;

    await up.node("right").powerOff();
    await up.node("right").powerOff();
    expect((await up.node("right").exec(["true"])).code).toBe(125);
    expect(() => up.node("right").hostPath("/")).toThrow("right is off");
    expect(await linkOf(up, "left")).toContain("NO-CARRIER");

    await up.node("right").powerOn();
    expect(await ping(up)).toBe(true);
    expect(mac.exec(await linkOf(up, "right"))?.[0]).toBe(mac.exec(near)?.[0]);
    const { stdout } = await up.node("right").exec(["sh", "-c", "cat /root/disk /run/marker; ls /run/memory"]);
    expect(stdout).toBe("kept\nhere\n");
    await up.node("right").reboot();
    expect(await ping(up)).toBe(true);
  });

  it("is frozen and goes on: no program takes a step meanwhile", async () => {
    const up = await bringUp();
    const node = up.node("right");
    const count = `i=0; while :; do i=$((i+1)); echo $i >/tmp/count; sleep 0.01; done`;
    await node.services.start({ name: "count", argv: ["sh", "-c", count], restart: "never", readyPath: "/tmp/count" });
    await node.pause();
    await node.pause();
    const read = (): string => readFileSync(node.hostPath("/tmp/count"), "utf8");
    const frozen = read();
    await pause(200);
    expect(read()).toBe(frozen);
    await node.resume();
    await node.resume();
    await expect.poll(read, { timeout: 10_000 }).not.toBe(frozen);
    const { memoryBytes, processorMs, processes } = await node.stats();
    for (const figure of [memoryBytes, processorMs]) expect(figure).toBeGreaterThan(0);
    expect(processes).toBeGreaterThanOrEqual(3);
    await node.pause();
    await node.powerOff();
    await node.powerOn();
    expect(await ping(up)).toBe(true);
  });
});
