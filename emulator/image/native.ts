import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildOnce } from "./build-once.ts";
import { cacheDirectory } from "./cache.ts";

export interface NativeOptions {
  /** Folder of the C sources; default emulator/native. */
  readonly sources?: string;
  readonly signal?: AbortSignal;
}

const defaultSources = fileURLToPath(new URL("../native", import.meta.url));
const compiler = ["gcc", "-static", "-O2", "-Wall", "-Wextra", "-Werror"];

interface Sources {
  readonly files: readonly string[];
  readonly digest: string;
  /** Where the program is, once it is built. */
  readonly program: string;
}

function readSources(folder: string): Sources {
  const files = readdirSync(folder)
    .filter((name) => /\.[ch]$/.test(name))
    .toSorted();
  const hash = createHash("sha256").update(JSON.stringify([compiler, process.arch]));
  for (const name of files) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  const digest = hash.digest("hex").slice(0, 16);
  return { files, digest, program: join(cacheDirectory(), "native", digest, "native") };
}

/** Path of the native helper where it is already built; undefined where not. */
export function findNative(): string | undefined {
  const { program } = readSources(defaultSources);
  return existsSync(program) ? program : undefined;
}

/** Path of the native helper, one static program, compiled where it is not there yet. Throws a BuildError with the compiler's words. */
export async function ensureNative(options: NativeOptions = {}): Promise<string> {
  const folder = options.sources ?? defaultSources;
  const { files, digest, program } = readSources(folder);
  if (existsSync(program)) return program;
  const units = files.filter((name) => name.endsWith(".c"));
  const argv = [
    "sh",
    "-c",
    'mkdir result && exec "$@" -o result/native',
    "compile",
    ...compiler,
    ...units.map((name) => join(folder, name)),
  ];
  await buildOnce({ kind: "native", hash: digest, argv, packages: "gcc libc6-dev", signal: options.signal });
  return program;
}
