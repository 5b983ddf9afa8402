/** The one recipe on other hosts: processors of both kinds, and a container engine in place of mmdebstrap. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildOnce } from "../build-once.ts";
import { imageCommand } from "../image.ts";
import { recipe, type Recipe } from "../recipe.ts";

const folder = mkdtempSync(join(tmpdir(), "farmlab-hosts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the recipe's packages", () => {
  it.each(["amd64", "arm64"])("can all be installed together on %s", { timeout: 300_000 }, async (architecture) => {
    const simulated = ["--simulate", `--architectures=${architecture}`, "--skip=check/qemu", "--variant=essential"];
    await execa("mmdebstrap", [...simulated, `--include=${recipe.packages.join(",")}`, recipe.suite, "/dev/null"]);
  });
});

/** A few packages: what is tried is the way, not the recipe. */
const small: Recipe = { ...recipe, packages: ["busybox", "iproute2"] };

/** An engine that works here and has, or can be given, the image that the container begins with. */
async function engineHere(): Promise<"docker" | "podman" | undefined> {
  const base = `docker.io/library/debian:${recipe.suite}-slim`;
  for (const engine of ["docker", "podman"] as const) {
    const { exitCode } = await execa(engine, ["run", "--rm", "--network=host", base, "true"], { reject: false, timeout: 20_000 });
    if (exitCode === 0) return engine;
  }
  return undefined;
}

const engine = await engineHere();

/** Not on hosts without an engine, or whose engine has no Debian: there is nothing to try. */
if (engine !== undefined) {
  describe(`an image that ${engine} builds`, () => {
    const caches = { engine: join(folder, "engine"), mmdebstrap: join(folder, "mmdebstrap") };
    const build = async (builder: "docker" | "podman" | "mmdebstrap", cache: string, signal?: AbortSignal): Promise<string> => {
      vi.stubEnv("XDG_CACHE_HOME", cache);
      const argv = imageCommand(builder, small);
      return await buildOnce({ kind: "image", hash: "small", argv, packages: "mmdebstrap", signal });
    };
    const running = async (): Promise<string> => (await execa(engine, ["ps", "--all", "--quiet"])).stdout;
    let before = "";
    beforeAll(async () => {
      before = await running();
    });

    it("has the files that mmdebstrap makes here, with the same owners", { timeout: 300_000 }, async () => {
      const made = await build(engine, caches.engine);
      const expected = await build("mmdebstrap", caches.mmdebstrap);
      for (const part of ["usr/bin", "usr/sbin", "etc", "var/lib"]) {
        const listed = (root: string): string[] =>
          readdirSync(join(root, "rootfs", part))
            .map((name) => {
              const { uid, gid } = statSync(join(root, "rootfs", part, name), { throwIfNoEntry: false }) ?? { uid: -1, gid: -1 };
              return `${name} ${uid} ${gid}`;
            })
            // Links to /proc, and what is made where the container may not mount it.
            .filter((line) => !/^(mtab|locale|vconsole\.conf|private) /.test(line))
            .toSorted();
        expect(listed(made)).toEqual(listed(expected));
      }
      expect(statSync(join(made, "rootfs", "usr/bin/busybox")).uid).toBe(recipe.idStart);
      expect(await running()).toBe(before);
    });

    it("leaves no container when the build is given up", { timeout: 120_000 }, async () => {
      const abort = new AbortController();
      const building = build(engine, join(folder, "given-up"), abort.signal);
      building.catch(() => undefined);
      await vi.waitUntil(async () => (await running()) !== before, 60_000);
      abort.abort();
      await expect(building).rejects.toThrow();
      await vi.waitUntil(async () => (await running()) === before, 20_000);
      expect(readdirSync(join(folder, "given-up", "farmlab", "image"))).toEqual(["lock"]);
    });
  });
}
