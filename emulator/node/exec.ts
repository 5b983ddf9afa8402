/** Runs programs in nodes, of a sandbox or of containers, through the native helper; the kernel checks that the caller may. */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { ExecOptions, ExecResult } from "../lab.ts";

const defaultTimeoutMs = 30_000;
/** The helper itself kills what is still there a while after it was told to end; this is for a helper that hangs. */
const helperGraceMs = 5000;
/** More output than this ends the program: nothing in a lab may fill the harness' memory. */
const outputBytesMax = 64 * 1024 * 1024;
/** The helper's own code for not getting in. */
const enterFailedCode = 125;

/**
 * The argument list that runs `argv` in a node; `firstPid` is the first process of the lab's sandbox, or of the node's own container (then
 * without `node`), as this process sees it.
 */
export function enterArguments(
  firstPid: number,
  node: string | undefined,
  namespace: string | undefined,
  argv: readonly string[],
): string[] {
  const where = [...(node === undefined ? [] : ["--node", node]), ...(namespace === undefined ? [] : ["--namespace", namespace])];
  return ["enter", String(firstPid), ...where, "--", ...argv];
}

interface Output {
  text(): string;
  /** Chunks so far. */
  count(): number;
}

function collect(stream: Readable, onTooMuch: () => void): Output {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let count = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    count += 1;
    if (bytes <= outputBytesMax) chunks.push(chunk);
    else onTooMuch();
  });
  return { text: () => Buffer.concat(chunks).toString("utf8"), count: () => count };
}

/** Until nothing has come for two turns of the event loop: what the program wrote before its end is then read. */
async function drained(outputs: readonly Output[]): Promise<void> {
  const seen = (): number => outputs.reduce((sum, output) => sum + output.count(), 0);
  for (let quietTurns = 0, before = seen(); quietTurns < 2; quietTurns += 1) {
    await new Promise((resolve) => void setImmediate(resolve));
    if (seen() !== before) quietTurns = -1;
    before = seen();
  }
}

/**
 * Runs a program to its end; a program that it leaves running in the background is not waited for. At the timeout, at abort, and at too
 * much output the program ends with all of its process group, and standard error says why.
 */
export async function execInNode(
  native: string,
  firstPid: number,
  node: string | undefined,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { namespace, input, signal, timeoutMs = defaultTimeoutMs } = options;
  if (signal?.aborted === true) return { code: enterFailedCode, stdout: "", stderr: "interrupted before it started" };
  const child = spawn(native, enterArguments(firstPid, node, namespace, argv), { stdio: ["pipe", "pipe", "pipe"] });
  const ended = Promise.withResolvers<number>();
  const complaints: string[] = [];
  let helperLate: NodeJS.Timeout | undefined;
  const end = (why: string): void => {
    if (helperLate !== undefined) return;
    complaints.push(why);
    helperLate = setTimeout(() => child.kill("SIGKILL"), helperGraceMs);
    child.kill("SIGTERM");
  };
  const outputs = [child.stdout, child.stderr].map((stream) => collect(stream, () => end(`ended after ${outputBytesMax} bytes of output`)));
  const timer = setTimeout(() => end(`ended after ${timeoutMs} ms`), timeoutMs);
  const interrupt = (): void => end("interrupted");
  signal?.addEventListener("abort", interrupt);
  child.once("error", (error) => {
    complaints.push(error.message);
    ended.resolve(enterFailedCode);
  });
  child.once("exit", (code) => ended.resolve(code ?? enterFailedCode));
  // A program need not read its input; what became of it is told by its code.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");

  const code = await ended.promise;
  clearTimeout(timer);
  clearTimeout(helperLate);
  signal?.removeEventListener("abort", interrupt);
  await drained(outputs);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  const [stdout = "", stderr = ""] = outputs.map((output) => output.text());
  return { code, stdout, stderr: [stderr, ...complaints].filter((text) => text !== "").join("\n") };
}
