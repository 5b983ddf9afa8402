import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Problem } from "../../core/common/index.ts";
import { cacheDirectory } from "./cache.ts";

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
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const guard = fileURLToPath(new URL("build-once.sh", import.meta.url));
const keptLines = 20;
let staged = 0;
/** The shell's exit code for a program that is not there. */
const notFoundCode = 127;
const missingProgramHint =
  "a program that building takes is missing: npm start installs it, or: apt-get install mmdebstrap debian-archive-keyring mount gcc libc6-dev";

/**
 * The directory `<cache>/<kind>/<hash>`, built by `argv` where it is not there yet. It appears whole or not at all, however this process
 * ends; builders at the same time wait for each other. Throws a BuildError with the last lines of output when the build fails.
 */
export async function buildOnce(options: BuildOnceOptions): Promise<string> {
  const folder = join(cacheDirectory(), options.kind);
  const final = join(folder, options.hash);
  if (existsSync(final)) return final;
  mkdirSync(folder, { recursive: true });
  options.signal?.throwIfAborted();

  staged += 1;
  const staging = join(folder, `staging-${process.pid}.${staged}`);
  const lastLines: string[] = [];
  // In a session of its own: a Ctrl-C at the terminal reaches this process only, and the guard then sees its pipe end.
  const child = spawn("sh", [guard, join(folder, "lock"), staging, final, ...options.argv], {
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
    hint: code === notFoundCode ? missingProgramHint : "Nothing of it was kept; the next run starts afresh.",
  });
}
