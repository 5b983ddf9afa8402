import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const waitMs = 20_000;
const prepare = fileURLToPath(new URL("../prepare.ts", import.meta.url));
let cache: string;

beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), "farmlab-test-"));
});

afterAll(() => {
  rmSync(cache, { recursive: true, force: true });
});

/** Processes that have the cache in their command line, and mounts in it. */
function leftovers(): string[] {
  const processes = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name) && textOf(`/proc/${name}/cmdline`).includes(cache));
  const mounts = textOf("/proc/self/mounts")
    .split("\n")
    .filter((line) => line.includes(cache));
  return [...processes, ...mounts];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process has ended meanwhile.
    return "";
  }
}

describe("a build of the node image that is killed", () => {
  it.each(["fetching the package lists", "installing the base"])("leaves nothing when killed while %s", async (step) => {
    const building = spawn(process.execPath, [prepare], {
      env: { ...process.env, XDG_CACHE_HOME: cache },
      stdio: ["ignore", "ignore", "pipe"],
    });
    await new Promise<void>((resolve) => {
      createInterface({ input: building.stderr }).on("line", (line) => {
        if (line === `node image: ${step}`) resolve();
      });
    });
    building.kill("SIGKILL");
    const folder = join(cache, "farmlab", "image");
    await vi.waitUntil(() => leftovers().length === 0 && readdirSync(folder).length === 1, waitMs);
    expect(readdirSync(folder)).toEqual(["lock"]);
  });
});
