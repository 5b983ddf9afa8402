import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { backendNamed } from "../../backend.ts";
import { ensureRuntime } from "../../image/index.ts";
import { findLab } from "../../locate.ts";
import { missing, needs } from "../available.fixture.ts";
import { labFolder } from "../holder.ts";
import { userId } from "../marks.ts";
import { containersOf, downAll, machineInterfaces, newName, pair, up } from "./test-labs.ts";

afterEach(downAll);

const capabilitiesIn = (status: string, set: string): string | undefined => new RegExp(`^${set}:\\s*(\\S+)`, "m").exec(status)?.[1];

describe.skipIf(missing)(`a lab of containers (${needs})`, () => {
  it("changes nothing of the machine but what the engine keeps", async () => {
    const seen = (): unknown => [
      readFileSync("/etc/hosts", "utf8"),
      statSync("/etc/hosts").mtimeMs,
      machineInterfaces(),
      readdirSync("/run/netns").filter((name) => name.includes("farmlab")),
    ];
    const before = seen();
    const folder = process.cwd();
    const empty = mkdtempSync(join(tmpdir(), "farmlab-test-"));
    process.chdir(empty);
    try {
      const lab = await up();
      expect(seen()).toEqual(before);
      expect(readdirSync(empty)).toEqual([]);
      await lab.down();
      expect(seen()).toEqual(before);
      expect(() => statSync(labFolder(lab.name))).toThrow("ENOENT");
    } finally {
      process.chdir(folder);
      rmSync(empty, { recursive: true });
    }
  });

  it("gives programs that are run in a node its container's rights, and its control groups", async () => {
    const lab = await up();
    const node = lab.node("left");
    const { stdout: own } = await node.exec(["cat", "/proc/self/status"]);
    const { stdout: first } = await node.exec(["cat", "/proc/1/status"]);
    for (const set of ["CapPrm", "CapEff", "CapBnd"]) expect(capabilitiesIn(own, set), set).toBe(capabilitiesIn(first, "CapBnd"));
    const { stdout: groups } = await node.exec(["sh", "-c", "cat /proc/self/cgroup; echo; cat /proc/1/cgroup"]);
    const [ownGroups, firstGroups] = groups.trim().split("\n\n");
    expect(ownGroups).toBe(firstGroups);
    // Settings of the network are the node's own; those of the whole machine are not.
    expect((await node.exec(["sh", "-c", "echo 1 >/proc/sys/kernel/panic"])).code).not.toBe(0);
    expect((await node.exec(["sysctl", "-w", "net.ipv4.ip_forward=1"])).code).toBe(0);
  });

  it("is found by its name as long as its holder lives, and names are one space with labs of netns", async () => {
    const lab = await up();
    expect(await findLab(lab.name, userId())).toMatchObject({ backend: "containerlab", name: lab.name });
    await expect(up(lab.name)).rejects.toMatchObject({ code: "name-taken" });
    const topology = { name: lab.name, seed: 1, ...pair };
    await expect(backendNamed("netns", await ensureRuntime()).up(topology, { name: lab.name })).rejects.toMatchObject({
      code: "name-taken",
    });
    expect(await containersOf(lab.name)).toEqual([`farmlab-${lab.name}-left`, `farmlab-${lab.name}-right`]);
    await lab.down();
    await lab.ended;
    expect(await findLab(lab.name, userId())).toBeUndefined();
    expect(await containersOf(lab.name)).toEqual([]);
  });

  it("refuses names that no container can have, before anything is made", async () => {
    const [left, right] = pair.nodes;
    if (left === undefined || right === undefined) throw new Error("a pair has two nodes");
    for (const name of ["x".repeat(80), "with blank", "über", "-x"]) {
      const sketch = { nodes: [left, { ...right, name }], links: [] };
      await expect(up(newName(), {}, sketch), name).rejects.toMatchObject({ code: "node-name" });
    }
    await expect(up("../escape")).rejects.toMatchObject({ code: "lab-name" });
  });

  it("says which request the kernel refused and whose it was, and leaves nothing", async () => {
    const name = newName();
    const [left, ...others] = pair.nodes;
    if (left === undefined) throw new Error("a pair has two nodes");
    const routes = [{ family: 4 as const, to: "192.0.2.0/24", via: "203.0.113.1" }];
    const sketch = { ...pair, nodes: [{ ...left, config: { ...left.config, routes } }, ...others] };
    await expect(up(name, {}, sketch)).rejects.toThrow(/route to 192\.0\.2\.0\/24 \(node left\): .*unreachable/);
    expect(await containersOf(name)).toEqual([]);
    expect(await findLab(name, userId())).toBeUndefined();
  });
});
