import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { containerlabProgram, judgeVersion } from "./containerlab.ts";

const output = (version: string): string => `
  ____ ___  _   _ _____
    version: ${version}
     commit: 6a2d6b1
`;

describe("containerlab's version", () => {
  it.each([
    ["0.79.0", { found: "0.79.0, /clab" }],
    ["v0.81.2-rc1", { found: "0.81.2-rc1, /clab" }],
    ["1.0.0", { found: "1.0.0, /clab" }],
    ["0.77.4", { found: "0.77.4, /clab; before 0.78 deploy does not converge: a lab that is up already is made anew" }],
    ["0.75.0", { refusal: "/clab is version 0.75.0; 0.76 is the oldest that will do" }],
    ["0.0.0", { found: "/clab, built without a version string: taken for a current one" }],
    ["", { found: "/clab, built without a version string: taken for a current one" }],
  ])("%s", (version, finding) => {
    expect(judgeVersion(output(version), "/clab")).toEqual(finding);
  });
});

describe("containerlab's program", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "farmlab-clab-"));
    vi.stubEnv("XDG_CACHE_HOME", folder);
    vi.stubEnv("PATH", join(folder, "bin"));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  function make(...path: readonly string[]): string {
    const file = join(folder, ...path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "#!/bin/sh\n");
    chmodSync(file, 0o755);
    return file;
  }

  it("is the one on PATH, else the newest in the cache", () => {
    expect(containerlabProgram()).toBeUndefined();
    make("farmlab", "containerlab", "0.78.1", "containerlab");
    const newest = make("farmlab", "containerlab", "0.79.0", "containerlab");
    expect(containerlabProgram()).toBe(newest);
    const onPath = make("bin", "containerlab");
    expect(containerlabProgram()).toBe(onPath);
  });
});
