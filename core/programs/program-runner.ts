/**
 * Running programs to their end, without a shell. To fork itself costs Node some milliseconds of processor time, and the more the larger it
 * is: 17 % of two cores while `farmlab run` searched. So a small process of farmlab's native helper (`native run`) forks in its place. It
 * ends with this one.
 */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { encodeLine } from "../common/index.ts";
import { createAnswerReader } from "./program-answers.ts";

export interface ProgramRequest {
  /** `host` for the namespace of this process, else a name below /run/netns. */
  readonly namespace: string;
  readonly argv: readonly string[];
  /** Given on standard input, which ends after it and can be opened by name (/dev/stdin). Holds no NUL. */
  readonly input?: string;
  /** Milliseconds until it is ended; default 30000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramRunner {
  /**
   * Never throws: what went wrong stands in code and stderr (125 where it was not even started, 127 for a program that is not, 128 + n
   * for a signal). At the timeout, at abort, and after 64 MiB of output the program is told to end (SIGTERM), and standard error says why;
   * what is still there 5 s later is killed. What it leaves running in the background is not waited for.
   */
  run(request: ProgramRequest): Promise<ProgramResult>;
  /** Programs that still run are left to run on; what they answer is not heard. */
  close(): void;
}

const defaultTimeoutMs = 30_000;
const endGraceMs = 5000;
const notRun = 127;
const notStarted = 125;

type Helper = ChildProcessByStdio<Writable, Readable, null>;

/** Keeps this process alive for as long as somebody waits, and no longer. */
function keepAlive({ stdout }: Helper, isWaitedFor: boolean): void {
  if (!(stdout instanceof Socket)) return;
  if (isWaitedFor) stdout.ref();
  else stdout.unref();
}

/**
 * `native`: path of the helper. Its process starts with the first program, and again after it was killed. In a session of its own it hears
 * nothing of what a terminal tells this process, which then ends its programs itself.
 */
export function openProgramRunner(native: string, { ownSession = false }: { readonly ownSession?: boolean } = {}): ProgramRunner {
  let helper: Helper | undefined;
  const waiting = new Map<string, (result: ProgramResult) => void>();
  let last = 0;

  const settle = (id: string, result: ProgramResult): void => {
    waiting.get(id)?.(result);
    waiting.delete(id);
    if (waiting.size === 0 && helper !== undefined) keepAlive(helper, false);
  };

  const startHelper = (): Helper => {
    const started = spawn(native, ["run"], { stdio: ["pipe", "pipe", "inherit"], detached: ownSession });
    started.unref();
    const read = createAnswerReader(({ id, ...result }) => settle(id, result));
    started.stdout.on("data", read);
    // Whether it could not start or was killed, its end says so.
    started.stdin.on("error", () => {});
    let reason = "";
    started.on("error", (error) => {
      reason = `: ${error.message}`;
    });
    started.on("close", () => {
      if (helper !== started) return;
      helper = undefined;
      const result = { code: notRun, stdout: "", stderr: `farmlab's helper for programs ended${reason}` };
      for (const id of waiting.keys()) settle(id, result);
    });
    return started;
  };

  return {
    run: async ({ namespace, argv, input = "", timeoutMs = defaultTimeoutMs, signal }) => {
      if (signal?.aborted === true) return { code: notStarted, stdout: "", stderr: "interrupted before it started" };
      helper ??= startHelper();
      const { stdin } = helper;
      last += 1;
      const id = String(last);
      const ended = Promise.withResolvers<ProgramResult>();
      const complaints: string[] = [];
      let late: NodeJS.Timeout | undefined;
      const end = (why: string): void => {
        if (late !== undefined) return;
        complaints.push(why);
        stdin.write(encodeLine(["end", id]));
        late = setTimeout(() => stdin.write(encodeLine(["kill", id])), endGraceMs);
      };
      const timer = setTimeout(() => end(`ended after ${timeoutMs} ms`), timeoutMs);
      const interrupt = (): void => end("interrupted");
      signal?.addEventListener("abort", interrupt);
      waiting.set(id, ended.resolve);
      keepAlive(helper, true);
      stdin.write(encodeLine(["run", id, namespace, input, ...argv]));
      const { code, stdout, stderr } = await ended.promise;
      clearTimeout(timer);
      clearTimeout(late);
      signal?.removeEventListener("abort", interrupt);
      return { code, stdout, stderr: [stderr, ...complaints].filter((text) => text !== "").join("\n") };
    },
    close: () => {
      helper?.stdin.end();
    },
  };
}
