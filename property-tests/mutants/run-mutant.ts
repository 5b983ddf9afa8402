/** Runs mutants on farms, each in a process of its own that has the patched sources, and tells which laws caught them. */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expectValue } from "../../core/common/index.ts";
import { ensureRuntime } from "../../emulator/image/index.ts";
import type { LawResult } from "../../reports/index.ts";
import { lawNamed } from "../laws/index.ts";
import { defaultFarm, mutatedText } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";
import { farmToRun, labMark } from "./patched/judge.ts";
import type { JudgeAnswer, JudgeEnd, JudgeRequest } from "./patched/protocol.ts";

export interface MutantRun {
  readonly laws: readonly LawResult[];
  readonly end: JudgeEnd;
  /** Laws with a failed property, in the order in which they failed. */
  readonly killedBy: readonly string[];
  /** From the start of its process to the first failed law, milliseconds. */
  readonly killedAfterMs?: number;
  /** Labs that were made until the first law failed. */
  readonly emulations: number;
  readonly everyLaw: boolean;
  readonly durationMs: number;
}

interface JudgeOptions {
  readonly signal?: AbortSignal;
  readonly onResult?: (result: LawResult) => void;
}

export interface MutantOptions extends JudgeOptions {
  readonly seed: number;
  /** Judged by every law to the end. Default: by those that must catch it, until they have. */
  readonly everyLaw?: boolean;
}

const entry = fileURLToPath(new URL("patched/process.ts", import.meta.url));
const topologies = fileURLToPath(new URL("../../topologies/", import.meta.url));
/** A farm whose every law waits for its deadline takes a minute on a quiet machine; this finds a process that is stuck. */
const processWaitMs = 600_000;

/** The farm that a mutant runs on: its file and its text, edited where the mutant edits it. */
export function farmOf(mutant: Mutant): { readonly file: string; readonly text: string } {
  const file = `${topologies}${mutant.farm ?? defaultFarm}.farm.yml`;
  return { file, text: mutatedText(mutant, readFileSync(file, "utf8")) };
}

const isPureLaw = (id: string | undefined): boolean => id !== undefined && lawNamed(id)?.kind === "pure";

/** Runs a mutant on its own farm. */
export async function runMutant(mutant: Mutant, options: MutantOptions): Promise<MutantRun> {
  const { file, text } = farmOf(mutant);
  const isPatched = mutant.patches.length > 0;
  const mark = isPatched ? await labMark(expectValue(farmToRun(text, file)), []) : undefined;
  return await runPatched(
    {
      file,
      text,
      patches: mutant.patches,
      seed: options.seed,
      ...(options.everyLaw === true ? { laws: [] } : { laws: mutant.laws, enough: mutant.laws }),
      ...(mark === undefined ? {} : { labMark: mark }),
    },
    options,
  );
}

/** A process that has the patched sources. */
export interface PatchedProcess {
  /** One farm after the other. Rejects with the signal's reason when interrupted: then the process is to be closed, and the lab goes with it. */
  judge(farm: Omit<JudgeRequest, "patches">, options?: JudgeOptions): Promise<MutantRun>;
  /** Ends it, and whatever lab it has. */
  close(): void;
}

const linesKept = 6;

export function startPatched(patches: JudgeRequest["patches"]): PatchedProcess {
  const child = fork(entry, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const said: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => said.push(chunk));
  const gone = Promise.withResolvers<JudgeEnd>();
  child.on("error", (error) => gone.resolve({ kind: "broken", why: error.message }));
  child.on("exit", (code, name) => {
    const words = Buffer.concat(said).toString("utf8").trim().split("\n").slice(-linesKept).join("; ");
    gone.resolve({ kind: "broken", why: `its process ended with ${name ?? code ?? "?"}${words === "" ? "" : `: ${words}`}` });
  });
  return {
    async judge(farm, { signal, onResult } = {}) {
      // Made here once, and not by two processes side by side.
      await ensureRuntime();
      signal?.throwIfAborted();
      const started = performance.now();
      const laws: LawResult[] = [];
      const killedBy: string[] = [];
      let killedAfterMs: number | undefined;
      const ended = Promise.withResolvers<JudgeEnd>();
      const take = (message: unknown): void => {
        const answer = message as JudgeAnswer;
        if (answer.kind !== "judged") return ended.resolve(answer);
        laws.push(answer.result);
        onResult?.(answer.result);
        if (answer.result.verdict !== "failed" || killedBy.includes(answer.result.law)) return;
        killedBy.push(answer.result.law);
        killedAfterMs ??= performance.now() - started;
      };
      const late = setTimeout(() => ended.resolve({ kind: "broken", why: `no end after ${processWaitMs / 1000} s` }), processWaitMs);
      const stop = (): void => ended.reject(signal?.reason instanceof Error ? signal.reason : new Error("interrupted"));
      signal?.addEventListener("abort", stop, { once: true });
      child.on("message", take);
      try {
        // To a process that is gone nothing can be sent: that it is gone is the answer.
        child.send({ ...farm, patches } satisfies JudgeRequest, () => undefined);
        const end = await Promise.race([ended.promise, gone.promise]);
        const emulations = isPureLaw(killedBy[0]) || (end.kind === "ended" && end.ran === "pure") ? 0 : 1;
        return {
          laws,
          end,
          killedBy,
          emulations,
          everyLaw: farm.laws.length === 0,
          durationMs: performance.now() - started,
          ...(killedAfterMs === undefined ? {} : { killedAfterMs }),
        };
      } finally {
        clearTimeout(late);
        signal?.removeEventListener("abort", stop);
        child.off("message", take);
      }
    },
    close: () => void child.kill("SIGKILL"),
  };
}

/** Runs a farm with patched sources. Rejects with the signal's reason when interrupted; the lab goes with its process. */
export async function runPatched({ patches, ...farm }: JudgeRequest, options: JudgeOptions = {}): Promise<MutantRun> {
  const patched = startPatched(patches);
  try {
    return await patched.judge(farm, options);
  } finally {
    patched.close();
  }
}
