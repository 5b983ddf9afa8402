import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findProgram } from "../find-program.ts";
import { builderCommand, findBuilder } from "./builder.ts";
import { recipe } from "./recipe.ts";

describe("the command that builds the image", () => {
  it.each(["mmdebstrap", "docker", "podman"] as const)("with %s", async (builder) => {
    const lines = builderCommand(builder).map((word) => `${word}\n`);
    await expect(lines.join("")).toMatchFileSnapshot(`golden/${builder}.txt`);
  });

  it("is the same recipe whatever carries it out", () => {
    const from = (builder: "mmdebstrap" | "docker" | "podman"): string[] => {
      const words = builderCommand(builder);
      return words.slice(words.indexOf("--format=tar"));
    };
    expect(from("docker")).toEqual(from("mmdebstrap"));
    expect(from("podman")).toEqual(from("mmdebstrap"));
  });

  it("names no processor architecture: it is that of the machine", () => {
    const text = [JSON.stringify(recipe), ...(["mmdebstrap", "docker"] as const).map((one) => builderCommand(one).join("\n"))].join("\n");
    expect(text).not.toMatch(/x86|amd64|i386|\barm|aarch64|linux-gnu/i);
  });
});

describe("what builds the image", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "farmlab-builder-"));
    vi.stubEnv("PATH", folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  /** A program of that name which always succeeds, or always fails. */
  const put = (name: string, works: boolean): void => symlinkSync(works ? "/bin/true" : "/bin/false", join(folder, name));
  const others = ["mmdebstrap", "docker", "podman"].some((name) => findProgram(name, "/usr/sbin:/sbin") !== undefined);

  it.skipIf(others)("is mmdebstrap, else the first engine that works", async () => {
    await expect(findBuilder()).rejects.toMatchObject({
      problem: {
        code: "image-no-builder",
        message:
          "the node image is not built yet, and nothing here can build it: mmdebstrap is not on PATH, docker is not on PATH, podman is not on PATH",
      },
    });
    put("podman", true);
    put("docker", false);
    expect(await findBuilder()).toBe("podman");
    put("mmdebstrap", true);
    expect(await findBuilder()).toBe("mmdebstrap");
  });
});
