/** farmlab's own programs in one folder, as containers get it at /usr/lib/farmlab: an engine binds folders, and each file at a cost. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, type Runtime } from "../image/index.ts";

/** A second name for the file where both are on one file system, else a copy. */
function place(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch (error) {
    if (!["EXDEV", "EPERM", "EMLINK"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    copyFileSync(source, target);
  }
}

/** The folder for a runtime, made where it is not there yet; it appears whole or not at all. */
export function ensurePrograms({ native, bundle, nodeBinary }: Runtime): string {
  const files = { native, "agent.mjs": bundle, node: nodeBinary };
  const about = Object.entries(files).map(([name, source]) => {
    const { size, mtimeMs } = statSync(source);
    return [name, source, size, mtimeMs];
  });
  const parent = join(cacheDirectory(), "programs");
  const folder = join(parent, createHash("sha256").update(JSON.stringify(about)).digest("hex").slice(0, 16));
  if (existsSync(folder)) return folder;
  mkdirSync(parent, { recursive: true });
  const draft = mkdtempSync(join(parent, "draft-"));
  try {
    for (const [name, source] of Object.entries(files)) place(source, join(draft, name));
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another process has made it meanwhile.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
