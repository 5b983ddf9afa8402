/** Runs programs in a lab's nodes through the native helper; the kernel checks that the caller may. */
import { execa } from "execa";
import type { ExecOptions, ExecResult } from "../lab.ts";

const defaultTimeoutMs = 30_000;
/** More output than this ends the program: nothing in a lab may fill the harness' memory. */
const outputBytesMax = 64 * 1024 * 1024;

/** The argument list that runs `argv` in a node; `sandboxPid` is the lab's first process as this process sees it. */
export function enterArguments(sandboxPid: number, node: string | undefined, namespace: string | undefined, argv: readonly string[]): string[] {
  const where = [...(node === undefined ? [] : ["--node", node]), ...(namespace === undefined ? [] : ["--namespace", namespace])];
  return ["enter", String(sandboxPid), ...where, "--", ...argv];
}

export async function execInNode(native: string, sandboxPid: number, node: string, argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const result = await execa(native, enterArguments(sandboxPid, node, options.namespace, argv), {
    reject: false,
    stripFinalNewline: false,
    timeout: options.timeoutMs ?? defaultTimeoutMs,
    maxBuffer: outputBytesMax,
    input: options.input ?? "",
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const why = result.exitCode === undefined ? `${result.stderr}${result.shortMessage ?? ""}` : result.stderr;
  return { code: result.exitCode ?? 125, stdout: result.stdout, stderr: why };
}
