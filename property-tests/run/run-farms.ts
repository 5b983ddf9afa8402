/** Runs farms: brings each up, judges it by the chosen laws, takes it down, and gathers the result. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Intents } from "../../core/intents/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import type { Counterexample, FarmResult, LawResult, RunResult } from "../../reports/index.ts";
import { unknownOutcome } from "../laws/index.ts";
import type { Property } from "../laws/index.ts";
import { BuildError, missingPackages } from "../../emulator/image/index.ts";
import type { ImageChoice, SourcePatch } from "../../emulator/image/index.ts";
import { compileFarm } from "../../topologies/index.ts";
import { LabError } from "../../emulator/lab-error.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { presentCapabilities, probeHost } from "../../emulator/host/index.ts";
import type { HostReport } from "../../emulator/host/index.ts";
import { choicesOf, type Choices } from "./choices.ts";
import type { OnEvent } from "./events.ts";
import { judgeFarm, lawResult } from "./judge.ts";
import type { Evidence } from "./evidence.ts";
import { openSession } from "./open-session.ts";
import { evidenceGatherer, evidenceText } from "./views/index.ts";
import type { OpenSession } from "./open-session.ts";

/** A farm as loaded and judged before anything is started. */
export interface FarmToRun {
  /** Path as the user gave it, for the command that reproduces a failure. */
  readonly file: string;
  readonly text: string;
  readonly farm: Farm;
  readonly intents: Intents;
}

export interface RunOptions {
  readonly properties: readonly Property[];
  readonly seed: number;
  readonly backend: BackendName;
  /** How many labs at once. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
  readonly version: string;
  /** What nodes run; default: the node image. */
  readonly image?: ImageChoice;
  /** Seeded faults in the agent. */
  readonly patches?: readonly SourcePatch[];
  /** What this host can do; default: found by trying. */
  readonly host?: HostReport;
  /** Whether flows that broke a law are looked at once more, which takes seconds each; default: no. */
  readonly evidence?: boolean;
}

let knownHost: Promise<HostReport> | undefined;

/** Looked for once in a process, while the first lab comes up. */
function hostOf({ host }: RunOptions): Promise<HostReport> {
  if (host !== undefined) return Promise.resolve(host);
  knownHost ??= probeHost();
  return knownHost;
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
    nodes: farm.nodes.length,
    networks: farm.networks.length,
    NRs: farm.networks.reduce((sum, network) => sum + network.resources.length, 0),
    workloads: farm.networks.reduce((sum, network) => sum + network.workloads.length, 0),
    ...(readyMs === undefined ? {} : { "ms to ready": Math.round(readyMs) }),
  };
}

const hostCodes = ["no-namespaces", "ids", "prepare", "node", "no-engine", "no-containerlab", "old-containerlab", "image-not-imported"];

/** Faults of which no other lab on this machine would be spared. */
const isHostLacking = (error: unknown): boolean =>
  error instanceof BuildError || (error instanceof LabError && hostCodes.includes(error.code));

/** Evidence beside the law that it speaks of. A fault in gathering it has changed no verdict. */
function withEvidence(laws: readonly LawResult[], evidence: readonly Evidence[]): LawResult[] {
  return laws.map((law) => {
    const own = evidence.filter((one) => one.property === law.property).map((one) => evidenceText(one));
    return own.length === 0 ? law : { ...law, evidence: own };
  });
}

interface FarmRun {
  readonly result: FarmResult;
  readonly counterexamples: readonly Counterexample[];
  readonly choices: Choices;
}

/** Skips everything for want of packages that the farm's nodes run. */
function skipAll(given: FarmToRun, needs: readonly string[], options: RunOptions): FarmRun {
  const { farm } = given;
  const nothing = { verdict: "skipped", runs: 0, why: null, figures: [] } as const;
  const laws = options.properties.map((property) => lawResult(property, nothing, needs));
  for (const result of laws) options.onEvent({ kind: "law-judged", farm: farm.name, result });
  options.onEvent({ kind: "farm-ended", farm: farm.name, durationMs: 0 });
  const result = { farm: farm.name, file: given.file, backend: options.backend, laws, coverage: coverageOf(farm, laws, undefined) };
  return { result, counterexamples: [], choices: { image: "host" } };
}

async function runFarm(given: FarmToRun, options: RunOptions): Promise<FarmRun> {
  const { farm } = given;
  const started = performance.now();
  options.onEvent({ kind: "farm-started", farm: farm.name, properties: options.properties.length });
  const missing = options.image === "host" ? missingPackages(compileFarm(farm, { seed: options.seed })) : [];
  if (missing.length > 0) return skipAll(given, missing, options);
  let opened: OpenSession | undefined;
  let laws: LawResult[];
  let readyMs: number | undefined;
  try {
    opened = await openSession({
      ...given,
      seed: options.seed,
      backend: options.backend,
      image: options.image ?? "built",
      patches: options.patches ?? [],
      signal: options.signal,
      onStep: (step) => options.onEvent({ kind: "farm-step", farm: farm.name, step }),
    });
    readyMs = performance.now() - started;
    options.onEvent({ kind: "farm-ready", farm: farm.name, readyMs });
    const gatherer = evidenceGatherer();
    laws = await judgeFarm(opened.session, options.properties, {
      signal: options.signal,
      capabilities: presentCapabilities(await hostOf(options)),
      onEvent: options.onEvent,
      onBroken: (property, broken) => gatherer.onBroken(property, broken),
    });
    if (options.evidence === true) {
      options.onEvent({ kind: "farm-step", farm: farm.name, step: "looking at broken flows once more" });
      laws = withEvidence(laws, await gatherer.gather(opened.session, options.signal));
    }
  } catch (error) {
    options.signal.throwIfAborted();
    if (isHostLacking(error)) throw error;
    const why = `the lab did not come up: ${error instanceof Error ? error.message : String(error)}`;
    laws = options.properties.map((property) => lawResult(property, unknownOutcome(why)));
    for (const result of laws) options.onEvent({ kind: "law-judged", farm: farm.name, result });
  } finally {
    await opened?.close();
  }
  options.onEvent({ kind: "farm-ended", farm: farm.name, durationMs: performance.now() - started });
  return {
    result: { farm: farm.name, file: given.file, backend: options.backend, laws, coverage: coverageOf(farm, laws, readyMs) },
    counterexamples: counterexamples(given, laws, options),
    choices: opened?.choices ?? {},
  };
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
  const runs: FarmRun[] = [];
  const waiting = farms.entries();
  const worker = async (): Promise<void> => {
    for (const [index, farm] of waiting) runs[index] = await runFarm(farm, options);
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.max(1, Math.min(options.jobs, farms.length)) }, worker));
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
