/** Running a program to its end, without a shell. */
import { spawn } from "node:child_process";

export interface ProgramResult {
  /** The exit code; 128 + n for a signal, 127 when the program is not there. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const defaultWaitMs = 30_000;
/** More of either stream is cut off. */
const maxOutputBytes = 64 * 1024 * 1024;
const signalCodes: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

/** Never throws: what went wrong stands in code and stderr. The program is killed after `waitMs`. */
export async function runProgram(argv: readonly string[], input = "", waitMs: number = defaultWaitMs): Promise<ProgramResult> {
  const [program, ...rest] = argv;
  if (program === undefined) return { code: 127, stdout: "", stderr: "no program" };
  const ended = Promise.withResolvers<ProgramResult>();
  const child = spawn(program, rest, { stdio: [input === "" ? "ignore" : "pipe", "pipe", "pipe"] });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const timer = setTimeout(() => child.kill("SIGKILL"), waitMs);
  child.on("error", (error) => ended.resolve({ code: 127, stdout: stdout(), stderr: error.message }));
  child.on("close", (code, signal) =>
    ended.resolve({ code: code ?? signalCodes[signal ?? ""] ?? 128, stdout: stdout(), stderr: stderr() }),
  );
  // A program that ends before it has read all says so by its exit code.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  const result = await ended.promise;
  clearTimeout(timer);
  return result;
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream?.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maxOutputBytes) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
