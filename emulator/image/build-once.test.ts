import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BuildError, buildOnce } from "./build-once.ts";

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "farmlab-test-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true, force: true });
});

const folder = (): string => join(cache, "farmlab", "thing");
const script = (text: string, ...words: string[]): string[] => ["sh", "-c", text, "build", ...words];
const endless = 'mkdir result && echo "$$" >"$1" && sleep 1000 & wait';

/** A dead process that nobody has asked after yet is still listed, as a zombie. */
function isRunning(pid: string): boolean {
  const status = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : "";
  return status !== "" && !/\) [ZX] /.test(status);
}

describe("buildOnce", () => {
  it("makes what the command leaves in result appear under the hash, and runs nothing the second time", async () => {
    const argv = script('mkdir result && echo made >result/file && echo run >>"$1"', join(cache, "runs"));
    const built = await buildOnce({ kind: "thing", packages: "thing-tools", hash: "abc", argv });
    expect(await buildOnce({ kind: "thing", packages: "thing-tools", hash: "abc", argv })).toBe(built);
    expect(readFileSync(join(built, "file"), "utf8")).toBe("made\n");
    expect(readFileSync(join(cache, "runs"), "utf8")).toBe("run\n");
    expect(readdirSync(folder()).toSorted()).toEqual(["abc", "lock"]);
  });

  it("says how to get a program that building takes and that is missing", async () => {
    const built = buildOnce({ kind: "thing", packages: "thing-tools", hash: "abc", argv: script("exec nosuch-compiler") });
    await expect(built).rejects.toMatchObject({ problem: { hint: expect.stringContaining("apt-get install thing-tools") as string } });
  });

  it("builds once when two ask at the same time", async () => {
    const argv = script('echo run >>"$1" && mkdir result', join(cache, "runs"));
    const ask = (): Promise<string> => buildOnce({ kind: "thing", packages: "thing-tools", hash: "abc", argv });
    const [one, other] = await Promise.all([ask(), ask()]);
    expect(one).toBe(other);
    expect(readFileSync(join(cache, "runs"), "utf8")).toBe("run\n");
  });

  it("keeps nothing of a build that fails, and shows its last lines", async () => {
    const failing = buildOnce({
      kind: "thing",
      packages: "thing-tools",
      hash: "abc",
      argv: script("mkdir result && echo it broke >&2 && exit 7"),
    });
    await expect(failing).rejects.toThrow(BuildError);
    await expect(failing).rejects.toThrow(/code 7[^]*it broke/);
    expect(readdirSync(folder())).toEqual(["lock"]);
  });

  it("ends what a build that fails has left running", async () => {
    const started = join(cache, "started");
    const argv = script('sleep 1000 & echo "$!" >"$1" && exit 7', started);
    await expect(buildOnce({ kind: "thing", packages: "thing-tools", hash: "abc", argv })).rejects.toThrow(/code 7/);
    expect(isRunning(readFileSync(started, "utf8").trim())).toBe(false);
    expect(readdirSync(folder())).toEqual(["lock"]);
  });

  it("removes with the next build what a killed guard left", async () => {
    await buildOnce({ kind: "thing", packages: "thing-tools", hash: "first", argv: script("mkdir result ../staging-9.9") });
    expect(readdirSync(folder())).toContain("staging-9.9");
    await buildOnce({ kind: "thing", packages: "thing-tools", hash: "second", argv: script("mkdir result") });
    expect(readdirSync(folder()).toSorted()).toEqual(["first", "lock", "second"]);
  });

  it("ends the build and keeps nothing when aborted", async () => {
    const abort = new AbortController();
    const started = join(cache, "started");
    const building = buildOnce({
      kind: "thing",
      packages: "thing-tools",
      hash: "abc",
      argv: script(endless, started),
      signal: abort.signal,
    });
    building.catch(() => undefined);
    const pid = await vi.waitUntil(() => existsSync(started) && readFileSync(started, "utf8").trim(), 5000);
    abort.abort();
    await expect(building).rejects.toThrow();
    expect(readdirSync(folder())).toEqual(["lock"]);
    expect(isRunning(pid)).toBe(false);
  });

  it("ends the build and keeps nothing when the asking process is killed", async () => {
    const started = join(cache, "started");
    const source = `import { buildOnce } from ${JSON.stringify(new URL("build-once.ts", import.meta.url).href)};
      await buildOnce({ kind: "thing", packages: "thing-tools", hash: "abc", argv: ${JSON.stringify(script(endless, started))} });`;
    const asking = spawn(process.execPath, ["--input-type=module", "--eval", source], { stdio: "inherit" });
    const pid = await vi.waitUntil(() => existsSync(started) && readFileSync(started, "utf8").trim(), 5000);
    asking.kill("SIGKILL");
    await vi.waitUntil(() => !isRunning(pid) && readdirSync(folder()).length === 1, 5000);
    expect(readdirSync(folder())).toEqual(["lock"]);
  });
});
