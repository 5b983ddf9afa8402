import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ensureRuntime } from "../../image/index.ts";
import { findLab } from "../../locate.ts";
import { missing, needs } from "../available.fixture.ts";
import { engineAt } from "../engine.ts";
import { userId } from "../marks.ts";
import { ensureNodeImage } from "../node-image.ts";
import { requireContainerlab, requireEngine } from "../require.ts";
import { newName, up } from "./test-labs.ts";

let folder: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-test-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

function fakeContainerlab(script: string): void {
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "containerlab"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "bin", "containerlab"), 0o755);
  vi.stubEnv("PATH", `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`);
}

describe("a machine without what labs of containers need", () => {
  it("has no engine: says so and how to get one, before a name is claimed", async () => {
    vi.stubEnv("DOCKER_HOST", `unix://${folder}/none.sock`);
    const refusal = { code: "no-engine", hint: expect.stringContaining("npm run containerlab:start") as string };
    await expect(requireEngine()).rejects.toMatchObject(refusal);
    if (missing) return;
    const name = newName();
    await expect(up(name)).rejects.toMatchObject(refusal);
    expect(await findLab(name, userId())).toBeUndefined();
  });

  it("has its engine elsewhere", async () => {
    server = createServer((_, response) => void response.end('{"Version":"28.0.0","ApiVersion":"1.48"}'));
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    vi.stubEnv("DOCKER_HOST", `tcp://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
    await expect(requireEngine()).rejects.toMatchObject({ code: "no-engine", hint: expect.stringContaining("DOCKER_HOST") as string });
  });

  it("has no containerlab, one that is too old, or one that does not work", async () => {
    vi.stubEnv("PATH", folder);
    vi.stubEnv("XDG_CACHE_HOME", folder);
    await expect(requireContainerlab()).rejects.toMatchObject({ code: "no-containerlab" });
    vi.unstubAllEnvs();
    fakeContainerlab('echo "    version: 0.75.2"');
    await expect(requireContainerlab()).rejects.toMatchObject({
      code: "old-containerlab",
      message: expect.stringContaining("0.75.2") as string,
    });
    rmSync(join(folder, "bin"), { recursive: true });
    fakeContainerlab("echo broken >&2; exit 1");
    await expect(requireContainerlab()).rejects.toMatchObject({
      code: "no-containerlab",
      message: expect.stringContaining("broken") as string,
    });
  });
});

describe.skipIf(missing)(`the node image in the engine (${needs})`, () => {
  it("is not there when packing it fails, and says why", async () => {
    const runtime = { ...(await ensureRuntime()), rootfs: join(folder, "none"), image: "0123456789abcdef" };
    const docker = engineAt((await requireEngine()).socket);
    await expect(ensureNodeImage(docker, runtime, () => undefined)).rejects.toMatchObject({
      code: "image-not-imported",
      message: expect.stringContaining(`${folder}/none`) as string,
    });
    await expect(docker.getImage("farmlab/node:0123456789abcdef").inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  it("is imported once when two ask at the same time, and belongs to the ids that nodes see", async () => {
    const runtime = await ensureRuntime();
    const docker = engineAt((await requireEngine()).socket);
    const [one, other] = await Promise.all([1, 2].map(() => ensureNodeImage(docker, runtime, () => undefined)));
    expect(one).toBe(other);
    expect((await docker.getImage(one ?? "").inspect()).Config.Labels).toEqual({ "farmlab.image": runtime.image });
    const lab = await up();
    const { stdout } = await lab.node("left").exec(["stat", "-c", "%u:%g %a", "/bin/bash", "/tmp", "/var/log"]);
    await lab.down();
    expect(stdout).toBe("0:0 755\n0:0 1777\n0:0 755\n");
  });
});
