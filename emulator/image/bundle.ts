import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError } from "./build-once.ts";
import { cacheDirectory, makeCacheFolder } from "./cache.ts";

/** A seeded fault: one place of a source file replaced while the agent is bundled. */
export interface SourcePatch {
  /** Relative to the project's root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

interface Input {
  readonly file: string;
  readonly modifiedMs: number;
  readonly bytes: number;
}

/** What a bundle was made of, kept beside it, so that the next start need not bundle again to know that nothing changed. */
interface Stamp {
  readonly hash: string;
  readonly inputs: readonly Input[];
}

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
const entryPoint = "core/agents/main.ts";
const unusedBundleDays = 7;
/** Changes when the way of bundling does. */
const method = "cjs node24 whitespace";

/**
 * Path of the bundled agent (`agent.cjs`), with the patches applied; bundled again only when a source file has changed.
 * Throws a BuildError when a patch does not fit its file or the sources do not bundle.
 */
export async function ensureBundle(patches: readonly SourcePatch[] = []): Promise<string> {
  const folder = join(cacheDirectory(), "bundle");
  const key = digest(JSON.stringify([method, projectRoot, patches]));
  const stampFile = join(folder, `${key}.json`);
  const stamp = readStamp(stampFile);
  if (stamp !== undefined && stamp.inputs.every(isUnchanged)) {
    const path = join(folder, stamp.hash, "agent.cjs");
    if (existsSync(path)) {
      const now = new Date();
      utimesSync(join(folder, stamp.hash), now, now);
      return path;
    }
  }

  const { code, inputs } = await bundle(patches);
  const hash = digest(code);
  const path = join(folder, hash, "agent.cjs");
  makeCacheFolder("bundle", hash);
  writeWhole(path, code);
  writeWhole(stampFile, JSON.stringify({ hash, inputs } satisfies Stamp));
  removeUnused(folder);
  return path;
}

/** The agent's own source files, from the project's root: what a patch can be of. Throws a BuildError when they do not bundle. */
export async function agentSources(): Promise<ReadonlySet<string>> {
  await ensureBundle();
  const stamp = readStamp(join(cacheDirectory(), "bundle", `${digest(JSON.stringify([method, projectRoot, []]))}.json`));
  return new Set((stamp?.inputs ?? []).map(({ file }) => relative(projectRoot, file)));
}

async function bundle(patches: readonly SourcePatch[]): Promise<{ code: string; inputs: Input[] }> {
  // Loaded here only: most starts find the bundle made.
  const { build } = await import("esbuild");
  const applied = new Set<SourcePatch>();
  const seen = new Map<string, Input>();
  const patchFailures: string[] = [];
  const result = await build({
    entryPoints: [join(projectRoot, entryPoint)],
    absWorkingDir: projectRoot,
    bundle: true,
    platform: "node",
    // As a module, Node would look into all that its own modules export, and so load what the agent never uses.
    format: "cjs",
    target: "node24",
    minifyWhitespace: true,
    legalComments: "none",
    write: false,
    logLevel: "silent",
    plugins: [
      {
        name: "patches",
        setup(builder) {
          builder.onLoad({ filter: /\.[cm]?[jt]s$/ }, ({ path }) => {
            seen.set(path, inputOf(path));
            let contents = readFileSync(path, "utf8");
            const file = relative(projectRoot, path);
            for (const patch of patches.filter((one) => one.file === file)) {
              applied.add(patch);
              const found = contents.split(patch.find).length - 1;
              if (found === 1) contents = contents.replace(patch.find, () => patch.replace);
              else patchFailures.push(`${file}: ${found} places read ${JSON.stringify(patch.find)}, not one`);
            }
            return { contents, loader: path.endsWith("ts") ? "ts" : "js" };
          });
        },
      },
    ],
  }).catch((error: unknown) => failed("agent-not-bundled", error instanceof Error ? error.message : String(error)));
  for (const patch of patches.filter((one) => !applied.has(one))) patchFailures.push(`${patch.file}: not part of the agent`);
  if (patchFailures.length > 0) failed("patch-does-not-fit", patchFailures.join("\n"));
  const code = result.outputFiles[0]?.text;
  if (code === undefined) return failed("agent-not-bundled", "esbuild wrote nothing");
  return { code, inputs: [...seen.values()] };
}

function failed(code: string, message: string): never {
  throw new BuildError({ severity: "error", code, message });
}

function inputOf(file: string): Input {
  const status = statSync(file);
  return { file, modifiedMs: status.mtimeMs, bytes: status.size };
}

function isUnchanged(input: Input): boolean {
  const status = statSync(input.file, { throwIfNoEntry: false });
  return status?.mtimeMs === input.modifiedMs && status.size === input.bytes;
}

function readStamp(file: string): Stamp | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Stamp;
  } catch {
    return undefined;
  }
}

/** Others see the file whole or not at all. */
function writeWhole(path: string, content: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}

/** Every edit of a source leaves a bundle; those that nobody has asked for in a week go. */
function removeUnused(folder: string): void {
  const oldest = Date.now() - unusedBundleDays * 24 * 3600 * 1000;
  for (const name of readdirSync(folder)) {
    const path = resolve(folder, name);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status !== undefined && status.mtimeMs < oldest) rmSync(path, { recursive: true, force: true });
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
