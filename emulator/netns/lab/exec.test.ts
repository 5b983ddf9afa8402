import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { ensureNative } from "../../image/index.ts";
import { enterArguments } from "../../node/index.ts";
import type { NetnsLab } from "../index.ts";
import { downAll, pair, processesOf, up } from "./test-labs.ts";

afterEach(downAll);

const patience = { timeout: 10_000 };
const shell = (script: string): string[] => ["sh", "-c", script];

/** Runs the helper itself: its code and what it says. */
async function enter(lab: NetnsLab, ...rest: string[]): Promise<{ code: number; stderr: string }> {
  const native = await ensureNative();
  return promisify(execFile)(native, ["enter", String(lab.sandboxPid), ...rest]).then(
    () => ({ code: 0, stderr: "" }),
    (error: { code: number; stderr: string }) => ({ code: error.code, stderr: error.stderr }),
  );
}

describe("exec in a node", () => {
  it("passes exit codes, as a shell has them", async () => {
    const lab = await up(pair);
    for (const name of ["left", "right"]) {
      const node = lab.node(name);
      expect((await node.exec(shell("exit 42"))).code).toBe(42);
      expect((await node.exec(shell("kill -9 $$"))).code).toBe(137);
      expect(await node.exec(["no-such-program"])).toMatchObject({ code: 127, stderr: expect.stringContaining("no-such-program") });
      expect((await node.exec(["/etc/passwd"])).code).toBe(126);
      expect(await node.exec(["true"], { namespace: "nowhere" })).toMatchObject({ code: 125, stderr: expect.stringContaining("nowhere") });
    }
    expect(await enter(lab, "--node", "nobody", "--", "true")).toMatchObject({ code: 125, stderr: "no node named nobody in this lab\n" });
    expect(await enter(lab, "--node", "n".repeat(80), "--", "true")).toMatchObject({ code: 125 });
    expect(await enter(lab, "--node", "left")).toMatchObject({ code: 125, stderr: expect.stringContaining("usage") });
  });

  it("passes input whole, also to who does not read it", async () => {
    const lab = await up(pair);
    const input = "0123456789".repeat(500_000);
    expect((await lab.node("left").exec(["md5sum"], { input })).stdout).toBe((await lab.node("right").exec(["md5sum"], { input })).stdout);
    expect((await lab.node("left").exec(["wc", "-c"], { input })).stdout.trim()).toBe("5000000");
    expect((await lab.node("left").exec(["true"], { input })).code).toBe(0);
  });

  it("ends a program with its children at the timeout, and says so", async () => {
    const lab = await up(pair);
    for (const name of ["left", "right"]) {
      const result = await lab.node(name).exec(shell("echo before; sleep 7001 & sleep 7002"), { timeoutMs: 200 });
      expect(result).toEqual({ code: 143, stdout: "before\n", stderr: "ended after 200 ms" });
      await expect.poll(() => processesOf(lab, name, /^sleep 700/), patience).toEqual([]);
    }
  });

  it("kills who ignores that it is to end", async () => {
    const lab = await up(pair);
    const result = await lab.node("right").exec(shell("trap '' TERM; while :; do sleep 0.02; done # deaf"), { timeoutMs: 200 });
    expect(result.code).toBe(137);
    expect(await processesOf(lab, "right", /deaf/)).toEqual([]);
  });

  it("ends at abort", async () => {
    const lab = await up(pair);
    const controller = new AbortController();
    const running = lab.node("right").exec(["sleep", "7001"], { signal: controller.signal });
    await expect.poll(() => processesOf(lab, "right", /^sleep/), patience).toHaveLength(1);
    controller.abort();
    expect(await running).toMatchObject({ code: 143, stderr: "interrupted" });
    expect(await processesOf(lab, "right", /^sleep/)).toEqual([]);
    expect((await lab.node("right").exec(["true"], { signal: controller.signal })).code).toBe(125);
  });

  it("does not wait for what a program leaves in the background, and leaves it", async () => {
    const lab = await up(pair);
    expect(await lab.node("right").exec(shell("sleep 7001 & echo told"))).toEqual({ code: 0, stdout: "told\n", stderr: "" });
    await expect.poll(() => processesOf(lab, "right", /^sleep/), patience).toEqual(["sleep 7001"]);
  });

  it("ends the program when the helper is killed", async () => {
    const lab = await up(pair);
    const child = spawn(await ensureNative(), enterArguments(lab.sandboxPid, "right", undefined, ["sleep", "7001"]), { stdio: "ignore" });
    await expect.poll(() => processesOf(lab, "right", /^sleep/), patience).toHaveLength(1);
    child.kill("SIGKILL");
    await expect.poll(() => processesOf(lab, "right", /^sleep/), patience).toEqual([]);
  });

  it("gives the program nothing of the caller's: environment, open files, signals", async () => {
    const lab = await up(pair);
    const told = async (...argv: string[]): Promise<string> => (await lab.node("right").exec(argv)).stdout;
    expect(await told("env")).toMatch(/^(TERM=.*\n|HOME=\/root\n|PATH=\/usr\/local\/sbin:.*\n)+$/);
    expect(await told("pwd")).toBe("/\n");
    // The last is that of the list itself.
    expect(await told("ls", "/proc/self/fd")).toBe("0\n1\n2\n3\n");
    expect(await told("grep", "-E", "^Sig(Blk|Ign)|^Umask", "/proc/self/status")).toMatch(/^Umask:\s+0022\nSigBlk:\s+0+\nSigIgn:\s+0+\n$/);
  });

  it("serves everybody who asked while the lab was held up, however many", async () => {
    const lab = await up(pair);
    const asking = 100;
    const waiting = (): number => readFileSync(`/proc/${lab.sandboxPid}/net/unix`, "utf8").split("@farmlab-control").length - 2;
    process.kill(lab.sandboxPid, "SIGSTOP");
    const running = Promise.all(Array.from({ length: asking }, async () => await lab.node("right").exec(["true"])));
    try {
      await expect.poll(waiting, patience).toBe(asking);
    } finally {
      process.kill(lab.sandboxPid, "SIGCONT");
    }
    expect(new Set((await running).map(({ code, stderr }) => `${code} ${stderr}`))).toEqual(new Set(["0 "]));
  });

  it("serves many at once, and says what is wrong when the lab is gone", async () => {
    const lab = await up(pair);
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) => lab.node(index % 2 === 0 ? "left" : "right").exec(["echo", String(index)])),
    );
    expect(results.map((result) => result.stdout.trim())).toEqual(Array.from({ length: 40 }, (_, index) => String(index)));
    await lab.down();
    expect(await lab.node("left").exec(["true"])).toMatchObject({ code: 125, stderr: expect.stringContaining("no lab") });
  });
});
