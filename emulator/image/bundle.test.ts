import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ensureBundle } from "./bundle.ts";
import { imageProgress } from "./image.ts";

describe("ensureBundle", () => {
  let cache: string;

  beforeAll(() => {
    cache = mkdtempSync(join(tmpdir(), "farmlab-test-"));
    vi.stubEnv("XDG_CACHE_HOME", cache);
  });

  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true, force: true });
  });

  const file = "core/common/address.ts";
  const find = "(family === 4 ? 32 : 128)";

  it("gives the same path for the same sources, another for patched ones", async () => {
    const plain = await ensureBundle();
    expect(await ensureBundle()).toBe(plain);
    const patched = await ensureBundle([{ file, find, replace: "(family === 4 ? 31 : 128)" }]);
    expect(patched).not.toBe(plain);
    expect(await ensureBundle([{ file, find, replace: "(family === 4 ? 31 : 128)" }])).toBe(patched);
    expect(readFileSync(patched, "utf8")).toMatch(/family===4\?31:128/);
  });

  it("refuses a patch whose text is not there exactly once, or whose file is not part of the agent", async () => {
    await expect(ensureBundle([{ file, find: "no such text", replace: "" }])).rejects.toThrow(/0 places/);
    await expect(ensureBundle([{ file, find: "const", replace: "" }])).rejects.toThrow(/\d\d places/);
    await expect(ensureBundle([{ file: "bin/farmlab.ts", find, replace: "" }])).rejects.toThrow(/not part of the agent/);
  });
});

describe("imageProgress", () => {
  it("names mmdebstrap's steps for people and never goes back", () => {
    const seen: [string, number | undefined][] = [];
    const read = imageProgress((step, fraction) => seen.push([step, fraction]));
    for (const line of [
      "I: running apt-get update...",
      "Get:1 http://x trixie InRelease",
      "noise",
      "Unpacking frr (10.3) ...",
      "I: creating tarball...",
    ])
      read(line);
    expect(seen.map(([step]) => step)).toEqual([
      "fetching the package lists",
      "fetching the package lists",
      "fetching the package lists",
      "packing",
    ]);
    const fractions = seen.map(([, fraction]) => fraction ?? -1);
    expect(fractions).toEqual(fractions.toSorted((one, other) => one - other));
  });
});
