import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Problem } from "../../core/common/index.ts";
import { cacheDirectory, makeCacheFolder } from "./cache.ts";

/** A part of the run time could not be built; `problem` says to the user why and what to do. */
export class BuildError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = "BuildError";
    this.problem = problem;
  }
}

export interface BuildOnceOptions {
  /** Folder in the cache, and what messages call the thing: `image`, `native`. */
  readonly kind: string;
  readonly hash: string;
  /** Runs in a staging directory and leaves its work in `result` there. */
  readonly argv: readonly string[];
  /** What to write before the whole of it, so that its files are those of other ids; see `asMappedRoot`. */
  readonly as?: readonly string[];
  /** What Debian calls the packages that building takes, for the hint where a program is missing. */
  readonly packages: string;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const guard = fileURLToPath(new URL("build-once.sh", import.meta.url));
const keptLines = 20;
let staged = 0;
/** The shell's exit code for a program that is not there. */
const notFoundCode = 127;

/** The way out, from what a failed build said last. */
function hintOf({ packages }: BuildOnceOptions, code: number | null, lines: readonly string[]): string {
  const says = (words: RegExp): boolean => lines.some((line) => words.test(line));
  if (says(/No space left on device|Disk quota exceeded/))
    return `the disk of ${cacheDirectory()} is full: free some of it, or set XDG_CACHE_HOME to a folder on another one; nothing of the build was kept`;
  if (code === notFoundCode || says(/cannot find -lc\b|: not found$|failed to execute/))
    return `a program that building takes is missing: npm start installs it, or: apt-get install ${packages}`;
  if (says(/Temporary failure resolving|Could not resolve|Could not connect|Failed to fetch|dial tcp/))
    return "it is fetched from Debian's mirrors: look at this machine's network, its DNS and proxy settings; the next run starts afresh";
  return "nothing of it was kept; the next run starts afresh";
}

/**
 * The directory `<cache>/<kind>/<hash>`, built by `argv` where it is not there yet. It appears whole or not at all, however this process
 * ends; builders at the same time wait for each other. Throws a BuildError with the last lines of output when the build fails.
 */
export async function buildOnce(options: BuildOnceOptions): Promise<string> {
  const folder = join(cacheDirectory(), options.kind);
  const final = join(folder, options.hash);
  if (existsSync(final)) return final;
  makeCacheFolder(options.kind);
  options.signal?.throwIfAborted();

  staged += 1;
  const staging = join(folder, `staging-${process.pid}.${staged}`);
  const lastLines: string[] = [];
  // In a session of its own: a Ctrl-C at the terminal reaches this process only, and the guard then sees its pipe end.
  const [program = "sh", ...rest] = [...(options.as ?? []), "sh", guard, join(folder, "lock"), staging, final, ...options.argv];
  const child = spawn(program, rest, {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stop = (): void => void child.stdin.end();
  options.signal?.addEventListener("abort", stop);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      options.onLine?.(line);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  options.signal?.removeEventListener("abort", stop);
  if (existsSync(final)) return final;
  options.signal?.throwIfAborted();
  throw new BuildError({
    severity: "error",
    code: `${options.kind}-not-built`,
    message: `building the ${options.kind} ended with code ${code}; its last lines:\n${lastLines.map((line) => `  ${line}`).join("\n")}`,
    hint: hintOf(options, code, lastLines),
  });
}
