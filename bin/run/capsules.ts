/** Capsules of what a run has found: `--capsules` and `--no-reduce`. */
import { mkdir, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { presentCapabilities, probeHost } from "../../emulator/host/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import type { Property } from "../../property-tests/laws/index.ts";
import { sizeText } from "../../property-tests/reduce/index.ts";
import { keepCounterexamples } from "../../property-tests/replay/index.ts";
import type { FoundWith } from "../../property-tests/replay/index.ts";
import { createScenarioRunner, scenarioOf, sourcesHash } from "../../property-tests/run/index.ts";
import type { FarmToRun } from "../../property-tests/run/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { RunResult } from "../../reports/index.ts";
import { printProblem } from "../output.ts";
import { version } from "../version.ts";

export interface CapsuleOptions {
  readonly capsules: string;
  readonly reduce: boolean;
}

const usualFolder = ".farmlab/capsules";
/** For all failures of a run together; what is not reduced by then is kept as it was found. */
const reduceLimitMs = 180_000;

export function addCapsuleOptions(command: Command): Command {
  return command
    .option("--capsules <folder>", "keep each failure there, in a file for farmlab replay", usualFolder)
    .option("--no-reduce", "keep farms as they failed, not made smaller first (which takes up to 3 minutes)");
}

export interface CapsulesOf {
  readonly farms: readonly FarmToRun[];
  readonly properties: readonly Property[];
  readonly backend: BackendName;
  readonly image: "built" | "host";
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly quiet: boolean;
}

async function foundWith(result: RunResult, backend: BackendName): Promise<FoundWith> {
  const { choices } = result.host;
  return {
    backend,
    versions: {
      ...{ farmlab: version, commit: result.commit, sources: sourcesHash(), node: process.version, kernel: release() },
      image: choices["image"] ?? null,
    },
    host: { choices, capabilities: [...presentCapabilities(await probeHost())].toSorted() },
  };
}

/** A capsule is a convenience: one that cannot be written is said, and the result is what it is. */
async function write(folder: string, name: string, text: string): Promise<string | null> {
  const path = join(folder, name);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, text);
    return path;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const hint = "give --capsules a folder that can be written";
    printProblem({ severity: "warning", code: "cannot-write", message: `cannot write ${path}: ${code}`, hint });
    return null;
  }
}

/** The result with a capsule for each counterexample; the same result where nothing failed. Rejects when interrupted. */
export async function withCapsules(result: RunResult, run: CapsulesOf, options: CapsuleOptions): Promise<RunResult> {
  if (result.counterexamples.length === 0) return result;
  const { backend, image, signal, jobs, quiet, properties } = run;
  const say = (line: string): void => void (quiet || process.stderr.write(`${line}\n`));
  const scenarios = run.farms.flatMap(({ text, file }) => {
    const loaded = loadFarm(text, file);
    const scenario = loaded.ok ? scenarioOf(loaded.value.document, result.seed, file) : loaded;
    return scenario.ok ? [scenario.value] : [];
  });
  const labs = { backend, image, signal, reuse: false };
  const endsMs = performance.now() + reduceLimitMs;
  const reducer = {
    runner: createScenarioRunner({ ...labs, jobs }),
    parallel: jobs,
    isOver: () => performance.now() > endsMs,
    onStep: ({ size, emulations }: { readonly size: Readonly<Record<string, number>>; readonly emulations: number }) =>
      say(`  ${sizeText(size)} (after ${emulations} runs)`),
  };
  return await keepCounterexamples(result, {
    ...{ scenarios, properties, foundWith: await foundWith(result, backend) },
    ...(options.reduce ? { reducer } : {}),
    witness: createScenarioRunner({ ...labs, jobs: 1, evidence: true }),
    write: (name, text) => write(options.capsules, name, text),
    onFailure: ({ scenario, result: { property } }) =>
      say(`${scenario.farm.name}: ${property}: ${options.reduce ? "looking for the smallest farm that shows it" : "kept as it failed"}`),
  });
}
