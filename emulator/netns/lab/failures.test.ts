import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { ensureRuntime } from "../../image/index.ts";
import { LabError } from "../../lab-error.ts";
import { findLab, listLabs } from "../../locate.ts";
import { netnsBackend } from "../index.ts";
import { downAll, findSandbox, isAlive, isGone, newName, pair, plain, processesOf, single, up, userId, type Sketch } from "./test-labs.ts";

afterEach(downAll);

const patience = { timeout: 10_000 };
const shell = (script: string): string[] => ["sh", "-c", script];
const [left, right] = [pair.nodes[0]!, pair.nodes[1]!];

/** A lab that is long in getting up: its daemon never gets ready. */
const slow: Sketch = {
  ...pair,
  nodes: [
    left,
    { ...right, config: { services: [{ name: "never", argv: ["sleep", "1000"], restart: "always", readyPath: "/run/never" }] } },
  ],
};

describe("a netns lab that cannot be made", () => {
  it("says what the kernel refused, of which link or route, and leaves nothing", async () => {
    const broken: [Sketch, RegExp][] = [
      [{ ...pair, links: [{ ...pair.links[0]!, mtu: 10 }] }, /^link wire \(node left\): .*(Invalid argument|Numerical result)/],
      [
        { ...pair, nodes: [{ ...left, config: { routes: [{ family: 4, to: "default", via: "10.9.9.9" }] } }, right] },
        /^route to default \(node left\): Network is unreachable/,
      ],
      [{ ...pair, nodes: [{ ...left, config: { nft: "table nonsense {" } }, right] }, /nft: left: .*syntax error/s],
      [{ ...pair, nodes: [{ ...left, config: { sysctls: { "net/no/such": "1" } } }, right] }, /net\/no\/such: No such file/],
      [{ ...pair, nodes: [{ ...left, config: { sysctls: { "../../etc/passwd": "1" } } }, right] }, /Invalid argument/],
      [{ ...pair, nodes: [{ ...left, config: { files: { "/usr/bin/mine": "" } } }, right] }, /\/usr\/bin\/mine: Read-only file system/],
      [{ ...pair, nodes: [{ ...left, config: { files: { relative: "" } } }, right] }, /relative: Invalid argument/],
      [{ ...pair, nodes: [{ ...left, config: { files: { "/run/large": "x".repeat(17 << 20) } } }, right] }, /too many/],
    ];
    for (const [sketch, message] of broken) {
      const name = newName();
      await expect(up(sketch, name)).rejects.toThrow(message);
      expect(await isGone(name)).toBe(true);
    }
  });

  it("takes any name for a node that is one for a host, and refuses others", async () => {
    const named = (name: string): Sketch => ({ ...single, nodes: [{ ...plain, name, init: true }] });
    for (const name of ["a", "with.dot_and-dash", "x".repeat(63)]) {
      const lab = await up(named(name));
      expect((await lab.node(name).exec(["hostname"])).stdout.trim()).toBe(name);
    }
    for (const name of ["", ".", "..", "a/b", "with blank", "tab\there", "line\nfeed", "x".repeat(64), "x".repeat(80)]) {
      await expect(up(named(name)), JSON.stringify(name)).rejects.toMatchObject({ code: "node-name" });
    }
  });

  it("says why the sandbox could not be started", async () => {
    const runtime = await ensureRuntime();
    const start = async (wrong: Partial<typeof runtime>, name: string): Promise<unknown> =>
      await netnsBackend({ ...runtime, ...wrong }).up({ name, seed: 1, ...single }, { name });
    await expect(start({ native: "/no/such" }, newName())).rejects.toThrow(/ENOENT/);
    await expect(start({ native: "/etc/passwd" }, newName())).rejects.toThrow(/EACCES/);
    await expect(start({ rootfs: "/no/such" }, newName())).rejects.toThrow(/preparing the lab's root.*No such file/);
    await expect(start({ bundle: "/no/such" }, newName())).rejects.toThrow(/No such file/);
    await expect(start({}, "x".repeat(200))).rejects.toMatchObject({ code: "name-too-long" });
  });

  it("is ended at once by an abort in any phase", async () => {
    for (const phase of ["making the sandbox", "making 2 nodes and 1 links", "starting daemons"]) {
      const [name, controller] = [newName(), new AbortController()];
      const onProgress = (step: string): void => {
        if (step === phase) controller.abort(new Error("enough"));
      };
      const started = performance.now();
      await expect(up(slow, name, { signal: controller.signal, onProgress }), phase).rejects.toThrow("enough");
      expect(performance.now() - started).toBeLessThan(10_000); // the daemon is waited for longer
      expect(await isGone(name)).toBe(true);
    }
    await expect(up(slow, newName(), { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
  });

  it("fails when its holder or its first process dies meanwhile", async () => {
    for (const victim of ["holderPid", "sandboxPid"] as const) {
      const name = newName();
      const starting = up(slow, name);
      const lab = await expect
        .poll(() => findSandbox(name), patience)
        .toBeDefined()
        .then(() => findSandbox(name));
      process.kill(lab?.[victim] ?? 0, "SIGKILL");
      await expect(starting).rejects.toThrow();
      expect(await isGone(name)).toBe(true);
      await expect.poll(() => isAlive(lab?.sandboxPid ?? 0), patience).toBe(false);
    }
  });
});

describe("the end of a netns lab", () => {
  it("may be asked for again and again, also of one that is gone", async () => {
    const lab = await up(pair);
    await Promise.all([lab.down(), lab.down()]);
    await lab.down();
    await lab.ended;
    expect(await isGone(lab.name)).toBe(true);
    await expect(lab.node("right").services.start({ name: "a", argv: ["true"], restart: "never" })).rejects.toThrow("farmlab-init");
  });

  it("comes whatever runs in it", async () => {
    const lab = await up(pair);
    await lab.node("right").services.start({ name: "deaf", argv: shell("trap '' TERM; while :; do sleep 1; done"), restart: "always" });
    const running = lab.node("right").exec(["sleep", "2000"]);
    await expect.poll(() => processesOf(lab, "right", /^sleep 2/), patience).toHaveLength(1);
    await lab.down();
    expect((await running).code).toBe(137);
  });

  it("comes with SIGTERM to the holder too", async () => {
    const lab = await up(pair);
    process.kill((await findLab(lab.name, userId))?.holderPid ?? 0, "SIGTERM");
    await lab.ended;
    expect(isAlive(lab.sandboxPid)).toBe(false);
  });

  it("does not come to a detached lab with the process that made it, of which it holds nothing", async () => {
    const name = newName();
    const source = `import { netnsBackend } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
      import { ensureRuntime } from ${JSON.stringify(new URL("../../image/index.ts", import.meta.url).href)};
      const lab = await netnsBackend(await ensureRuntime()).up({ name: ${JSON.stringify(name)}, seed: 1, ...${JSON.stringify(pair)} }, { name: ${JSON.stringify(name)} });
      await lab.detach();`;
    const maker = spawn(process.execPath, ["--input-type=module", "--eval", source], {
      stdio: "inherit",
      cwd: fileURLToPath(new URL(".", import.meta.url)),
    });
    expect(await once(maker, "exit")).toEqual([0, null]);
    const lab = await findSandbox(name);
    expect(lab).toBeDefined();
    const { holderPid = 0, sandboxPid = 0 } = lab ?? {};
    try {
      expect(readlinkSync(`/proc/${holderPid}/cwd`)).not.toContain("emulator");
      const open = readdirSync(`/proc/${sandboxPid}/fd`).map((number) => readlinkSync(`/proc/${sandboxPid}/fd/${number}`));
      expect(open.filter((target) => /^(pipe|\/dev\/(pts|tty))/.test(target))).toEqual([]);
      process.kill(holderPid, "SIGHUP");
      await expect.poll(() => isAlive(sandboxPid), patience).toBe(false);
    } finally {
      if (isAlive(sandboxPid)) process.kill(sandboxPid, "SIGKILL");
    }
    await expect.poll(() => isGone(name), patience).toBe(true);
  });

  it("is not asked of who has only taken a lab's name", async () => {
    // An abstract name is anybody's to take; the answer names processes that are no lab.
    const name = newName();
    const server = createServer((socket) => socket.end(`${process.pid}\t${process.ppid}\n`)).listen({
      path: `\0farmlab/lab/${userId}/${name}`,
    });
    await once(server, "listening");
    expect(await findLab(name, userId)).toBeUndefined();
    expect((await listLabs(userId)).map((lab) => lab.name)).not.toContain(name);
    await expect(up(pair, name)).rejects.toMatchObject({ code: "name-taken" });
    await expect(up(pair, name)).rejects.toBeInstanceOf(LabError);
    server.close();
  });

  it("is not brought about by who asks for the lab and hangs up", async () => {
    const lab = await up(pair);
    const callers = Array.from({ length: 100 }, () => createConnection({ path: `\0farmlab/lab/${userId}/${lab.name}` }));
    await Promise.all(callers.map(async (caller) => await once(caller, "connect").then(() => caller.destroy())));
    expect(await findLab(lab.name, userId)).toMatchObject({ sandboxPid: lab.sandboxPid });
    expect((await lab.node("left").exec(["true"])).code).toBe(0);
  });
});
