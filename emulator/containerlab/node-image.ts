/** The node image in the engine's store: the unpacked one from the cache, imported once. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { imageIds, type Runtime } from "../image/index.ts";
import { LabError } from "../lab-error.ts";
import { isNotFound } from "./engine.ts";
import { exclusively } from "./exclusive.ts";
import { imageMark } from "./marks.ts";

const repository = "farmlab/node";
const nodePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/frr";
const complaintsKept = 1000;

async function isThere(docker: Docker, reference: string): Promise<boolean> {
  try {
    await docker.getImage(reference).inspect();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

interface Packing {
  readonly process: ChildProcess;
  readonly archive: Readable;
  /** Resolves when all is packed; throws with tar's words. */
  readonly packed: Promise<void>;
}

/**
 * The root file system as a tar archive whose files belong to 0.. again: packed inside a user namespace with the map under which it was
 * unpacked, so that ids and capabilities of files come out as nodes see them.
 */
async function pack(rootfs: string): Promise<Packing> {
  const script =
    'set -e; cd "$1"; echo ready >&3; exec 3>&-; read -r _; exec setpriv --reuid 0 --regid 0 --clear-groups tar --create --file - --numeric-owner --xattrs "--xattrs-include=*" .';
  const child = spawn("unshare", ["--user", "--keep-caps", "sh", "-c", script, "pack", rootfs], {
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (text: Buffer) => {
    complaints = (complaints + text.toString()).slice(-complaintsKept);
  });
  child.stdin.on("error", () => undefined);
  const packed = once(child, "close").then(([code]) => {
    if (code !== 0)
      throw new LabError("image-not-imported", `packing the node image ended with code ${String(code)}: ${complaints.trim()}`);
  });
  packed.catch(() => undefined);
  const ready = child.stdio[3];
  if (ready === null || ready === undefined || !("once" in ready)) throw new Error("the child has no fourth stream");
  await Promise.race([once(ready, "data"), packed]);
  const map = `0 ${imageIds.start} ${imageIds.count}`;
  await Promise.all(["uid_map", "gid_map"].map((file) => writeFile(`/proc/${child.pid}/${file}`, map)));
  child.stdin.end("go\n");
  return { process: child, archive: child.stdout, packed };
}

/** The id of the image, once the engine has said all. Throws what it has against the archive. */
async function followImport(answers: Readable): Promise<string> {
  let text = "";
  for await (const chunk of answers) text = (text + String(chunk)).slice(-complaintsKept);
  const [, id] = /"status":"(sha256:[0-9a-f]+)"/.exec(text) ?? [];
  if (id !== undefined) return id;
  const refusal = /"error":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  throw new LabError("image-not-imported", `the engine did not take the node image: ${refusal ?? text}`);
}

/** It has no name until all of it is known to be there. */
async function importUnnamed(docker: Docker, { rootfs, image }: Runtime, signal: AbortSignal | undefined): Promise<string> {
  const { process, archive, packed } = await pack(rootfs);
  const stop = (): void => void process.kill("SIGKILL");
  signal?.addEventListener("abort", stop);
  try {
    const answers = await docker.importImage(archive, {
      changes: [`LABEL ${imageMark}=${image}`, `ENV PATH=${nodePath}`, "ENV HOME=/root"],
    });
    const id = await followImport(answers as Readable);
    await packed.catch(async (error: unknown) => {
      await docker.getImage(id).remove();
      throw error;
    });
    return id;
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

async function importImage(docker: Docker, runtime: Runtime, signal: AbortSignal | undefined): Promise<void> {
  try {
    const id = await importUnnamed(docker, runtime, signal);
    await docker.getImage(id).tag({ repo: repository, tag: runtime.image });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof LabError) throw error;
    throw new LabError("image-not-imported", `importing the node image: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Name of the image in the engine's store; imported where it is not there yet, about five seconds. Throws a LabError. */
export async function ensureNodeImage(
  docker: Docker,
  runtime: Runtime,
  onProgress: (step: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const reference = `${repository}:${runtime.image}`;
  if (await isThere(docker, reference)) return reference;
  return await exclusively(`import/${runtime.image}`, signal, async () => {
    if (await isThere(docker, reference)) return reference;
    onProgress("importing the node image into the container engine");
    await importImage(docker, runtime, signal);
    return reference;
  });
}
