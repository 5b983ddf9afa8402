/**
 * Running programs to their end, without a shell. Node takes some milliseconds of processor time to fork itself, which an agent would do
 * twenty times to build a node; so a small process of farmlab's native helper (`native run`) forks in its place. It ends with the agent.
 */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Command, CommandResult } from "../apply/index.ts";
import { encodeLine } from "../common/index.ts";
import { createAnswerReader } from "./program-answers.ts";

export interface ProgramRunner {
  /**
   * Never throws: what went wrong stands in code and stderr (125 where the namespace is not there, 127 for a program that is not, 128 + n
   * for a signal). A program that takes longer than 30 s is killed.
   */
  run(command: Command): Promise<CommandResult>;
  /** Programs that still run are left to run on; what they answer is not heard. */
  close(): void;
}

const waitMs = 30_000;
const notRun = 127;

interface Waiting {
  readonly resolve: (result: CommandResult) => void;
  readonly timer: NodeJS.Timeout;
}

/** `native`: path of the helper. Its process starts with the first program, and again after it was killed. */
export function openProgramRunner(native: string): ProgramRunner {
  let helper: ChildProcessByStdio<Writable, Readable, null> | undefined;
  const waiting = new Map<string, Waiting>();
  let last = 0;

  const settle = (id: string, result: CommandResult): void => {
    const one = waiting.get(id);
    if (one === undefined) return;
    waiting.delete(id);
    clearTimeout(one.timer);
    one.resolve(result);
  };

  const startHelper = (): ChildProcessByStdio<Writable, Readable, null> => {
    const started = spawn(native, ["run"], { stdio: ["pipe", "pipe", "inherit"] });
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
    run: async ({ namespace, argv, input = "" }) => {
      helper ??= startHelper();
      const { stdin } = helper;
      last += 1;
      const id = String(last);
      const ended = Promise.withResolvers<CommandResult>();
      const timer = setTimeout(() => stdin.write(encodeLine(["kill", id])), waitMs);
      waiting.set(id, { resolve: ended.resolve, timer });
      stdin.write(encodeLine(["run", id, namespace, input, ...argv]));
      return await ended.promise;
    },
    close: () => {
      helper?.stdin.end();
    },
  };
}
