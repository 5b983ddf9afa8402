import { existsSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative } from "node:path";
import { getSystemErrorMessage } from "node:util";
import type { Problem } from "../../core/common/index.ts";

/** Where farmlab keeps what it builds: `farmlab` below XDG_CACHE_HOME, or below ~/.cache where that is unset or relative (XDG rules). */
export function cacheDirectory(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = environment["XDG_CACHE_HOME"];
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "farmlab");
}

/** A folder of the cache, made where it is not there yet. Throws what the system says, of which `cacheProblem` makes a problem. */
export function makeCacheFolder(...names: readonly string[]): string {
  const folder = join(cacheDirectory(), ...names);
  makeFolder(folder);
  return folder;
}

/** Not by Node's own `recursive`: it never ends where the folder above is there and takes none, as /proc. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
    if (code !== "ENOENT" || existsSync(dirname(folder))) throw error;
    makeFolder(dirname(folder));
    makeFolder(folder);
  }
}

const isFull = (code: string): boolean => ["ENOSPC", "EDQUOT"].includes(code);

/** What is wrong with the cache, where that is what the system refused: read-only, full, closed to this user; undefined for other errors. */
export function cacheProblem(thrown: unknown): Problem | undefined {
  const { code, errno, path } = thrown instanceof Error ? (thrown as NodeJS.ErrnoException) : {};
  const cache = cacheDirectory();
  if (code === undefined || errno === undefined || path === undefined) return undefined;
  // Its parents are made with it.
  if (relative(cache, path).startsWith("..") && !(relative(path, cache) !== "" && !relative(path, cache).startsWith("..")))
    return undefined;
  return {
    severity: "error",
    code: "no-cache",
    message: `the cache ${cache} cannot be used: ${code}, ${getSystemErrorMessage(errno)}`,
    hint: isFull(code)
      ? "free some of its disk, or set XDG_CACHE_HOME to a folder on another one"
      : "set XDG_CACHE_HOME to a folder that can be written",
  };
}
