/** Runs farms: brings each up, judges it by the chosen laws, takes it down, and gathers the result. */
import { emulatedNodes } from "../../core/farm/index.ts";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Farm } from "../../core/farm/index.ts";
import type { Counterexample, FarmResult, LawResult, RunResult } from "../../reports/index.ts";
import type { Property } from "../laws/index.ts";
import type { ImageChoice, SourcePatch } from "../../emulator/image/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import type { HostReport } from "../../emulator/host/index.ts";
import { choicesOf, type Choices } from "./choices.ts";
import type { OnEvent } from "./events.ts";
import type { FarmToRun } from "./farm-to-run.ts";
import { createScenarioRunner, hostOf } from "./scenario-runner.ts";
import type { LabRunner } from "./scenario-runner.ts";

export interface RunOptions {
  readonly properties: readonly Property[];
  readonly seed: number;
  readonly backend: BackendName;
  /** How many labs at once. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
  /** Told of each verdict as it falls: events of what failed come later. */
  readonly onJudged?: (result: LawResult) => void;
  readonly version: string;
  /** How often what failed is judged again, each time in a fresh lab; default 0. */
  readonly repeats?: number;
  /** What nodes run; default: the node image. */
  readonly image?: ImageChoice;
  /** Seeded faults in the agent. */
  readonly patches?: readonly SourcePatch[];
  /** What this host can do; default: found by trying. */
  readonly host?: HostReport;
  /** Whether a farm's lab is left as it is once a law is broken in it, as nothing more is asked there; default: no. */
  readonly endsOnceBroken?: boolean;
  /** Whether flows that broke a law are looked at once more, which takes seconds each; default: no. */
  readonly evidence?: boolean;
}

/** Commit of the checkout that this runs from, or null outside one. */
export async function currentCommit(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)("git", ["-C", import.meta.dirname, "rev-parse", "HEAD"]);
    return stdout.trim();
  } catch {
    return null;
  }
}

/** Quoted for a POSIX shell, for a person to copy. */
export const shellWord = (word: string): string => (/^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

export function reproduceCommand(file: string, law: string, seed: number, backend: BackendName = "netns"): string {
  const chosen = backend === "netns" ? "" : ` --backend ${backend}`;
  return `farmlab run ${shellWord(file)} --law ${law} --seed ${seed}${chosen}`;
}

function counterexamples({ file, farm }: FarmToRun, laws: readonly LawResult[], { seed, backend }: RunOptions): Counterexample[] {
  const broken = [...new Set(laws.filter((law) => law.verdict === "failed" || law.verdict === "flaky").map((law) => law.law))];
  return broken.map((law) => ({
    law,
    farm: farm.name,
    capsule: null,
    reproduce: reproduceCommand(file, law, seed, backend),
    size: laws.filter((one) => one.law === law).reduce((sum, one) => sum + (one.why?.split("\n").length ?? 0), 0),
  }));
}

function coverageOf(farm: Farm, laws: readonly LawResult[], readyMs: number | undefined): Record<string, number> {
  return {
    flows: laws.reduce((sum, law) => sum + law.runs, 0),
    nodes: emulatedNodes(farm).length,
    networks: farm.networks.length,
    NRs: farm.networks.reduce((sum, network) => sum + network.resources.length, 0),
    workloads: farm.networks.reduce((sum, network) => sum + network.workloads.length, 0),
    ...(readyMs === undefined ? {} : { "ms to ready": Math.round(readyMs) }),
  };
}

interface FarmRun {
  readonly result: FarmResult;
  readonly counterexamples: readonly Counterexample[];
  readonly choices: Choices;
}

async function runFarm(given: FarmToRun, runner: LabRunner, options: RunOptions): Promise<FarmRun> {
  const { farm, file } = given;
  const { laws, choices, readyMs } = await runner.run({ ...given, seed: options.seed }, options.properties);
  const result = { farm: farm.name, file, backend: options.backend, laws, coverage: coverageOf(farm, laws, readyMs) };
  return { result, counterexamples: counterexamples(given, laws, options), choices };
}

/**
 * Runs all farms, at most `jobs` at once, and gives their results in the order given. Throws the signal's reason when interrupted (no lab
 * is left then), and a BuildError or LabError where this host cannot run any.
 */
export async function runFarms(farms: readonly FarmToRun[], options: RunOptions): Promise<RunResult> {
  const started = performance.now();
  const begun = new Date().toISOString();
  const commit = currentCommit();
  const host = hostOf(options);
  const runner = createScenarioRunner({ ...options, reuse: false });
  const runs: FarmRun[] = [];
  const waiting = farms.entries();
  const worker = async (): Promise<void> => {
    for (const [index, farm] of waiting) runs[index] = await runFarm(farm, runner, options);
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.max(1, Math.min(options.jobs, farms.length)) }, worker));
  await runner.close();
  for (const one of workers) if (one.status === "rejected") throw one.reason;
  return {
    schema: "farmlab.run/1",
    seed: options.seed,
    begun,
    farmlab: options.version,
    commit: await commit,
    host: { choices: Object.assign({}, choicesOf(await host, options.backend), ...runs.map((run) => run.choices)) as Choices },
    results: runs.map((run) => run.result),
    counterexamples: runs.flatMap((run) => run.counterexamples),
    durationMs: Math.round(performance.now() - started),
  };
}
