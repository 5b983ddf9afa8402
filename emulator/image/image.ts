import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError, buildOnce } from "./build-once.ts";
import { builderCommand, findBuilder, type Builder } from "./builder.ts";
import { cacheDirectory } from "./cache.ts";
import { recipe, recipeHash, type Recipe } from "./recipe.ts";

/** The node image: a root file system whose files belong to the ids of the recipe's range. Read-only for all who use it. */
export interface Image {
  readonly rootfs: string;
  readonly hash: string;
}

export interface ImageOptions {
  /** A step's name, and how much of the whole is done, 0..1, where known. */
  readonly onProgress?: (step: string, fraction?: number) => void;
  /** Aborting stops the build and removes what it made. */
  readonly signal?: AbortSignal;
}

const imagePackages = "mmdebstrap debian-archive-keyring mount util-linux tar";
const buildScript = fileURLToPath(new URL("build-image.sh", import.meta.url));

/** The image where it is already built; undefined where not. */
export function findImage(): Image | undefined {
  const hash = recipeHash();
  const rootfs = join(cacheDirectory(), "image", hash, "rootfs");
  return existsSync(rootfs) ? { rootfs, hash } : undefined;
}

/**
 * The node image, built where it is not there yet: about 15 s and 200 MB, as root.
 * Throws a BuildError when it cannot be built.
 */
export async function ensureImage(options: ImageOptions = {}): Promise<Image> {
  const found = findImage();
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0) {
    throw new BuildError({
      severity: "error",
      code: "image-needs-root",
      message: "the node image is not built yet, and building it needs root",
      hint: "Build it once as root into this user's cache: sudo --preserve-env=HOME,XDG_CACHE_HOME npm start",
    });
  }
  const hash = recipeHash();
  const progress = imageProgress(options.onProgress ?? (() => undefined));
  const argv = imageCommand(await findBuilder());
  const directory = await buildOnce({ kind: "image", hash, argv, packages: imagePackages, onLine: progress, signal: options.signal });
  return { rootfs: join(directory, "rootfs"), hash };
}

/** The command that builds the image into `result/rootfs`. */
export function imageCommand(builder: Builder, of: Recipe = recipe): string[] {
  return ["sh", buildScript, String(of.idStart), String(of.idCount), of.excludes.join("\n"), ...builderCommand(builder, of)];
}

const steps: Readonly<Record<string, string>> = {
  "waiting for": "waiting for another farmlab that is building it",
  "running apt-get update": "fetching the package lists",
  "downloading packages": "fetching packages",
  "installing essential": "installing the base",
  "installing remaining": "installing FRR, etcd, WireGuard and tools",
  "creating tarball": "packing",
};

/**
 * Reads mmdebstrap's verbose output: its own steps begin with `I: `; of apt and dpkg, each package gives one line when it is fetched,
 * unpacked and set up.
 */
export function imageProgress(onProgress: (step: string, fraction?: number) => void): (line: string) => void {
  const expectedLines = 3 * recipe.expectedPackages;
  let step = "starting";
  let lines = 0;
  return (line) => {
    const known = Object.keys(steps).find((start) => line.startsWith(`I: ${start}`));
    if (known !== undefined) step = steps[known] ?? known;
    else if (/^(Get:|Unpacking |Setting up )/.test(line)) lines += 1;
    else return;
    onProgress(step, step === steps["creating tarball"] ? 0.95 : Math.min(0.94, (0.94 * lines) / expectedLines));
  };
}
