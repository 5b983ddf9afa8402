/** Runs programs in nodes, of a sandbox or of containers, through the native helper; the kernel checks that the caller may. */
import { openProgramRunner } from "../../core/programs/index.ts";
import type { ProgramRunner } from "../../core/programs/index.ts";
import type { ExecOptions, ExecResult } from "../lab.ts";

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

/** One for all labs of this process that have the same helper. */
const runners = new Map<string, ProgramRunner>();

function runnerOf(native: string): ProgramRunner {
  const known = runners.get(native);
  if (known !== undefined) return known;
  const opened = openProgramRunner(native, { ownSession: true });
  runners.set(native, opened);
  return opened;
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
  const { namespace, ...rest } = options;
  const entrance = [native, ...enterArguments(firstPid, node, namespace, argv)];
  return await runnerOf(native).run({ ...rest, namespace: "host", argv: entrance });
}
