/** farmlab's own programs in a folder of the lab's, as its containers get it at /usr/lib/farmlab. It costs no room: files have second names there. */
import { copyFileSync, existsSync, linkSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, type Runtime } from "../image/index.ts";

function isLinked(source: string, target: string): boolean {
  try {
    linkSync(source, target);
    return true;
  } catch (error) {
    if (!["EXDEV", "EPERM", "EMLINK"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return false;
  }
}

/** A copy in the cache of a program that lies on another file system; made once, and whole or not at all. */
function cachedCopy(source: string): string {
  const { size, mtimeMs } = statSync(source);
  const folder = join(cacheDirectory(), "programs");
  const copy = join(folder, `${size}-${Math.round(mtimeMs)}`);
  if (existsSync(copy)) return copy;
  mkdirSync(folder, { recursive: true });
  const draft = `${copy}.${process.pid}`;
  copyFileSync(source, draft);
  renameSync(draft, copy);
  return copy;
}

/** Fills the folder, which is there and empty. */
export function placePrograms(folder: string, { native, bundle, nodeBinary }: Runtime): void {
  for (const [name, source] of Object.entries({ native, "agent.cjs": bundle, node: nodeBinary })) {
    const target = join(folder, name);
    if (isLinked(source, target)) continue;
    if (!isLinked(cachedCopy(source), target)) copyFileSync(source, target);
  }
}
