import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asMappedRoot, subordinateIds, type SubordinateIds } from "../subordinate-ids.ts";
import { buildOnce } from "./build-once.ts";
import { builderCommand, findBuilder, type Builder } from "./builder.ts";
import { cacheDirectory } from "./cache.ts";
import { recipe, recipeHash, type Recipe } from "./recipe.ts";

/**
 * The node image: a root file system whose files belong to the ids of the recipe's range, or in an ordinary user's to the user and the
 * user's subordinate ids. Read-only for all who use it.
 */
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
const ownBuildScript = fileURLToPath(new URL("build-own-image.sh", import.meta.url));

/** A user who is not root, as builder of an image. */
export interface ImageOwner {
  /** farmlab's native helper. */
  readonly native: string;
  readonly ids: SubordinateIds;
}

/** Folder of the cache; the images of different owners never mix. */
const folderName = (hash: string, ids: SubordinateIds | undefined): string =>
  ids === undefined ? hash : [hash, process.getuid?.(), ids.users, ids.groups].join("-");

function imageOf(ids: SubordinateIds | undefined): Image | undefined {
  const hash = recipeHash();
  const rootfs = join(cacheDirectory(), "image", folderName(hash, ids), "rootfs");
  return existsSync(rootfs) ? { rootfs, hash } : undefined;
}

/** The image of whom this process belongs to, where it is already built; undefined where not. */
export function findImage(): Image | undefined {
  const { ids, problem } = subordinateIds();
  return problem === undefined ? imageOf(ids) : undefined;
}

/**
 * The node image, built where it is not there yet: about a minute and 300 MB. Throws a BuildError when it cannot be built.
 * `owner`: of a user who is not root, who builds it as root of a user namespace.
 */
export async function ensureImage(options: ImageOptions = {}, owner?: ImageOwner): Promise<Image> {
  const found = imageOf(owner?.ids);
  if (found !== undefined) return found;
  const hash = recipeHash();
  const directory = await buildOnce({
    kind: "image",
    hash: folderName(hash, owner?.ids),
    argv: owner === undefined ? imageCommand(await findBuilder()) : ownImageCommand(await findBuilder(true)),
    ...(owner === undefined ? {} : { as: asMappedRoot(owner.native, owner.ids) }),
    packages: imagePackages,
    onLine: imageProgress(options.onProgress ?? (() => undefined)),
    signal: options.signal,
  });
  return { rootfs: join(directory, "rootfs"), hash };
}

/** The command that builds the image into `result/rootfs`. */
export function imageCommand(builder: Builder, of: Recipe = recipe): string[] {
  return ["sh", buildScript, String(of.idStart), String(of.idCount), of.excludes.join("\n"), ...builderCommand(builder, of)];
}

/** The same for root of a user's namespace, where files are unpacked as they are. */
export function ownImageCommand(builder: Builder, of: Recipe = recipe): string[] {
  return ["sh", ownBuildScript, of.excludes.join("\n"), ...builderCommand(builder, of)];
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
