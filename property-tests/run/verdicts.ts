/** Last verdicts, kept in the cache with the host and a hash of the sources that they are of; those of other sources count as unknown. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { worstVerdict } from "../../reports/index.ts";
import type { RunResult, Verdict } from "../../reports/index.ts";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
const sourceFolders = ["core", "emulator", "property-tests", "topologies"];

/** Verdict per property and backend. */
export type Verdicts = Readonly<Record<string, Readonly<Record<string, Verdict>>>>;

interface Kept {
  readonly sources: string;
  readonly verdicts: Record<string, Record<string, Verdict>>;
}

/** A hash of all that a verdict depends on: the sources of the system, the emulator and the properties, and the farms. */
export function sourcesHash(root: string = projectRoot): string {
  const hash = createHash("sha256");
  for (const folder of sourceFolders) {
    const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|c|h|ya?ml|sh)$/.test(entry.name) && !/\.(test|fixture)\.ts$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
    for (const file of files)
      hash
        .update(`${file.slice(root.length)}\0`)
        .update(readFileSync(file))
        .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

const fileOf = (cache: string): string => join(cache, "verdicts", `${hostname().replace(/[^A-Za-z0-9.-]/g, "_")}.json`);

function read(cache: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(cache), "utf8")) as Kept;
  } catch {
    return undefined;
  }
}

/** The last verdicts of these sources on this host; empty where there are none. */
export function lastVerdicts(cache: string, sources: string): Verdicts {
  const kept = read(cache);
  return kept?.sources === sources ? kept.verdicts : {};
}

export function keepVerdicts(cache: string, sources: string, result: RunResult): void {
  const verdicts: Record<string, Record<string, Verdict>> = { ...lastVerdicts(cache, sources) };
  const fresh = new Map<string, Verdict>();
  for (const farm of result.results) {
    for (const law of farm.laws) {
      const key = `${law.property}\0${farm.backend}`;
      const before = fresh.get(key);
      fresh.set(key, before === undefined ? law.verdict : worstVerdict([before, law.verdict]));
    }
  }
  for (const [key, verdict] of fresh) {
    const [property = "", backend = ""] = key.split("\0");
    verdicts[property] = { ...verdicts[property], [backend]: verdict };
  }
  const path = fileOf(cache);
  mkdirSync(join(cache, "verdicts"), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ sources, verdicts } satisfies Kept));
  renameSync(draft, path);
}
