import { realpathSync } from "node:fs";
import { subordinateIds, type SubordinateIds } from "../subordinate-ids.ts";
import { BuildError } from "./build-once.ts";
import { ensureBundle } from "./bundle.ts";
import type { SourcePatch } from "./bundle.ts";
import { makeCacheFolder } from "./cache.ts";
import { ensureImage } from "./image.ts";
import type { ImageOptions } from "./image.ts";
import { ensureNative } from "./native.ts";

/** All that a lab needs besides its topology: paths on this machine. */
export interface Runtime {
  /** The node image's root file system; where nodes run on this machine's own programs, an empty folder to assemble one at. */
  readonly rootfs: string;
  /** The node image's hash, which names it, or `host`: this machine's own programs. */
  readonly image: string;
  /** What labs of a user who is not root are made with; undefined for root. */
  readonly subordinate: SubordinateIds | undefined;
  /** The native helper, `/usr/lib/farmlab/native` in a node. */
  readonly native: string;
  /** The bundled agent, `/usr/lib/farmlab/agent.cjs` in a node. */
  readonly bundle: string;
  /** Node itself, `/usr/lib/farmlab/node` in a node. */
  readonly nodeBinary: string;
}

/** What nodes run: the image that is built for them, or this machine's own programs. */
export type ImageChoice = "built" | "host";

export interface RuntimeOptions extends ImageOptions {
  /** Default: built. */
  readonly image?: ImageChoice;
}

/** Builds what is not there yet; a few milliseconds when all is. Throws a BuildError. */
export async function ensureRuntime(patches: readonly SourcePatch[] = [], options: RuntimeOptions = {}): Promise<Runtime> {
  const { ids: subordinate, problem } = subordinateIds();
  if (problem !== undefined) throw new BuildError(problem);
  const nativeOptions = options.signal === undefined ? {} : { signal: options.signal };
  // The helper is what an ordinary user's image is built with; root's needs no compiler to be built.
  const owner = subordinate === undefined ? undefined : { native: await ensureNative(nativeOptions), ids: subordinate };
  const image = options.image === "host" ? { rootfs: makeCacheFolder("host-root"), hash: "host" } : await ensureImage(options, owner);
  const [native, bundle] = await Promise.all([ensureNative(nativeOptions), ensureBundle(patches)]);
  return { rootfs: image.rootfs, image: image.hash, subordinate, native, bundle, nodeBinary: realpathSync(process.execPath) };
}
