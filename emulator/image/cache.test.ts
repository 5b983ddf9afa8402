import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cacheDirectory, cacheProblem, makeCacheFolder } from "./cache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-cache-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function problemAt(base: string): unknown {
  vi.stubEnv("XDG_CACHE_HOME", base);
  try {
    return makeCacheFolder("image");
  } catch (error) {
    return cacheProblem(error);
  }
}

describe("the cache", () => {
  it("is below XDG_CACHE_HOME where that is a whole path", () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: "/c" })).toBe("/c/farmlab");
    expect(cacheDirectory({ XDG_CACHE_HOME: "c" })).toMatch(/\/\.cache\/farmlab$/);
  });

  it("is made with all folders above it, and may be there already", () => {
    const base = join(folder, "a", "b");
    expect(problemAt(base)).toBe(join(base, "farmlab", "image"));
    expect(problemAt(base)).toBe(join(base, "farmlab", "image"));
    expect(existsSync(join(base, "farmlab", "image"))).toBe(true);
  });

  it("is refused with the cause where it cannot be made", () => {
    writeFileSync(join(folder, "file"), "");
    const hint = "set XDG_CACHE_HOME to a folder that can be written";
    const refused = (base: string, why: string): void =>
      expect(problemAt(base)).toEqual({
        severity: "error",
        code: "no-cache",
        message: `the cache ${base}/farmlab cannot be used: ${why}`,
        hint,
      });
    // There, and takes no folders: Node's own way of making folders never ends here.
    refused("/proc/x", "ENOENT, no such file or directory");
    refused(join(folder, "file"), "ENOTDIR, not a directory");
  });

  it("has no part in other errors", () => {
    for (const own of [new Error("oops"), Object.assign(new Error(), { code: "EACCES", errno: -13, path: "/etc/hosts" }), undefined])
      expect(cacheProblem(own)).toBeUndefined();
  });
});
