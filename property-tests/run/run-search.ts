/**
 * Runs many scenarios: those of a search around farms, or of suites, by number or until a budget is used up, whole or one part of several.
 * The budget ends the start of new scenarios, never one that is being judged. Whatever becomes of a scenario, the search goes on.
 */
import type { Counterexample, FarmResult, LawResult, RunResult, SearchResult, Shard, Verdict } from "../../reports/index.ts";
import { excludedBy, isInPart } from "../../reports/index.ts";
import { unknownOutcome } from "../laws/index.ts";
import type { Property } from "../laws/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { choicesOf, type Choices } from "./choices.ts";
import { lawResult } from "./judge.ts";
import { mergeLaws } from "./merge-laws.ts";
import type { LawsOf } from "./merge-laws.ts";
import { currentCommit, shellWord } from "./run-farms.ts";
import type { RunOptions } from "./run-farms.ts";
import { createScenarioRunner, hostOf } from "./scenario-runner.ts";
import type { LabRun, LabRunner, LateLooks } from "./scenario-runner.ts";
import type { DrawnScenario, ScenarioSource } from "./scenario-source.ts";
import type { Scenario } from "./scenario.ts";
import { watchCoverage } from "./coverage/observe-coverage.ts";

export interface SearchRunOptions extends RunOptions {
  /** Scenarios of each source, of all parts together; absent: until the budget is used up, and without one as many as is usual for the source. */
  readonly runs?: number;
  /** Milliseconds after which no scenario begins any more. */
  readonly budgetMs?: number;
  /** The positions of which it is the turn, where this is one part of several. */
  readonly shard?: Shard;
  /** Told of each scenario that breaks a law which no other of its source has broken before, with these laws. */
  readonly onCounterexample?: (source: ScenarioSource, drawn: DrawnScenario, broken: readonly LawResult[]) => void;
  readonly onLeftovers?: (farms: string, leftovers: readonly string[]) => void;
  /** Milliseconds of a clock that only goes on. */
  readonly nowMs?: () => number;
  /** Makes what judges the scenarios; default: a runner of labs for these options. */
  readonly runner?: (lateLooks: LateLooks) => LabRunner;
}

interface Judged {
  readonly position: number;
  readonly drawn?: DrawnScenario;
  readonly run: Pick<LabRun, "laws" | "verdict" | "coverage"> & Partial<LabRun>;
}

const isBroken = (verdict: Verdict): boolean => verdict === "failed" || verdict === "flaky";

/** More parts than this no command line takes. */
const shardsMax = 9999;

/**
 * The command that runs one scenario of a search again, and nothing else: the last of so many parts is that position alone. One that followed
 * what labs had shown comes after them all, as far as they show the same again.
 */
export function reproduceScenario(
  file: string,
  laws: readonly string[],
  seed: number,
  position: number,
  { backend, arm }: { readonly backend: BackendName; readonly arm: DrawnScenario["arm"] },
): string {
  const chosen = backend === "netns" ? "" : ` --backend ${backend}`;
  const runs = position + 1;
  const alone = runs > shardsMax || arm === "followed" ? "" : ` --shard ${runs}/${runs}`;
  const chosenLaws = laws.map((law) => ` --law ${law}`).join("");
  return `farmlab run ${shellWord(file)}${chosenLaws} --seed ${seed} --runs ${runs}${alone}${chosen}`;
}

/** Scenarios of one source that follow each other, so that they find its labs warm, before another source has its turn. */
const turnLength = 10;
/** Scenarios that are judged in a lab before it is looked at: so many have to be judged again where the look finds something, which is rare. */
export const judgedBeforeLook = 10;

class SourceRun {
  readonly source: ScenarioSource;
  readonly judged: Judged[] = [];
  readonly counterexamples: Counterexample[] = [];
  #next = 0;
  #isOver = false;
  readonly #options: SearchRunOptions;

  constructor(source: ScenarioSource, options: SearchRunOptions) {
    this.source = source;
    this.#options = options;
  }

  get isOver(): boolean {
    const { runs, budgetMs } = this.#options;
    const usual = budgetMs === undefined ? this.source.usualRuns : undefined;
    return this.#isOver || this.#next >= (runs ?? usual ?? Number.POSITIVE_INFINITY);
  }

  /** The next position of this part, with its scenario or why it could not be made; undefined where there is none. */
  take(): { readonly position: number; readonly drawn: DrawnScenario | Error } | undefined {
    const shard = this.#options.shard ?? { index: 1, count: 1 };
    while (!this.isOver) {
      const position = this.#next;
      this.#next += 1;
      try {
        if (!isInPart(position, shard)) {
          this.source.skip(position);
          continue;
        }
        const drawn = this.source.draw(position);
        if (drawn !== undefined) return { position, drawn };
        this.#isOver = true;
      } catch (error) {
        if (isInPart(position, shard)) return { position, drawn: error instanceof Error ? error : new Error(String(error)) };
      }
    }
    return undefined;
  }
}

/** `clause:` keys that the model expects count where their law was judged; what else was exercised, the kernels have told. */
function coverageOf({ predicted }: DrawnScenario, { laws, coverage }: Pick<LabRun, "laws" | "coverage">): string[] {
  const judged = new Set(laws.filter(({ verdict, runs }) => runs > 0 && verdict !== "unknown").map(({ law }) => law));
  const clauses = predicted.filter((key) => key.startsWith("clause:") && judged.has(key.slice("clause:".length).split("/")[0] ?? ""));
  return [...coverage, ...clauses];
}

function farmResult({ source, judged }: SourceRun, backend: BackendName): FarmResult {
  const laws = mergeLaws(judged.map(({ position, run }): LawsOf => ({ scenario: `scenario ${position}`, laws: run.laws })));
  const warm = judged.filter(({ run }) => run.lab === "warm").length;
  const flows = laws.reduce((sum, law) => sum + law.runs, 0);
  return { farm: source.name, file: source.file, backend, laws, coverage: { scenarios: judged.length, "in used labs": warm, flows } };
}

/** Kinds that kernels count, not the model: what a scenario was expected to exercise of them is no coverage. */
const observedKinds: readonly string[] = ["route", "rule", "drop"];
const kindOf = (key: string): string => key.split(":")[0] ?? "";
const isObserved = (key: string): boolean => observedKinds.includes(kindOf(key));

/** Of all sources together. What kernels counted in a lab that was used before is also of the scenarios that it had then. */
function searchResult(runs: readonly SourceRun[]): SearchResult {
  const keys = new Set<string>();
  const known = new Map<string, number | null>();
  const observable = new Set<string>();
  let modelled = 0;
  for (const { source, judged } of runs) {
    for (const { drawn, run } of judged) {
      if (drawn === undefined) continue;
      for (const key of coverageOf(drawn, run)) keys.add(key);
      for (const key of run.known ?? []) observable.add(key);
    }
    const result = source.search?.result();
    modelled += result?.modelled ?? judged.length;
    for (const key of result?.keys ?? []) if (!isObserved(key)) keys.add(key);
    for (const [kind, covered] of Object.entries(result?.covered ?? {})) if (!observedKinds.includes(kind)) known.set(kind, covered.known);
  }
  for (const kind of observedKinds) {
    const all = [...observable].filter((key) => kindOf(key) === kind).length;
    // Nobody lists for how many reasons a kernel may drop a packet.
    if (all > 0) known.set(kind, all);
  }
  const all = runs.flatMap(({ judged }) => judged).filter(({ run }) => run.verdict !== "unknown");
  const unguided = all.filter(({ drawn }) => drawn?.arm === "unguided");
  const statistics = { unguided: unguided.length, unguidedFailed: unguided.filter(({ run }) => isBroken(run.verdict)).length };
  const kinds = [...new Set([...known.keys(), ...[...keys].map(kindOf)])];
  const covered = kinds.map((kind) => {
    const count = [...keys].filter((key) => key.startsWith(`${kind}:`)).length;
    return [kind, { count, known: known.get(kind) ?? null }] as const;
  });
  return {
    modelled,
    emulated: all.length,
    ...statistics,
    excludes: excludedBy(statistics),
    covered: Object.fromEntries(covered),
    keys: [...keys].toSorted(),
    exhausted: runs.flatMap(({ source: { exhausts }, judged }) =>
      judged.length === exhausts?.count && judged.every(({ run }) => run.verdict === "passed") ? [exhausts.statement] : [],
    ),
  };
}

async function judgeOne(
  { position, drawn }: { readonly position: number; readonly drawn: DrawnScenario | Error },
  properties: readonly Property[],
  runner: LabRunner,
): Promise<Judged> {
  if (!(drawn instanceof Error)) return { position, drawn, run: await runner.run(drawn.scenario, properties) };
  const unknown = unknownOutcome(`the scenario could not be made: ${drawn.message}`);
  return { position, run: { laws: properties.map((property) => lawResult(property, unknown)), verdict: "unknown", coverage: [] } };
}

/** What comes later may follow it. */
function learnOf({ search }: ScenarioSource, { drawn, run }: Judged): void {
  if (search === undefined || drawn === undefined) return;
  const coverage = coverageOf(drawn, run);
  if (drawn.proposal === undefined) search.met(coverage);
  else search.learn(drawn.proposal, { coverage, failed: isBroken(run.verdict) });
}

/** Of each law that this scenario breaks and none before it did. */
function noteBroken(of: SourceRun, { position, drawn, run }: Judged, options: SearchRunOptions): void {
  if (drawn === undefined || !isBroken(run.verdict)) return;
  const { seed, backend, onCounterexample } = options;
  const known = new Set(of.counterexamples.map(({ law }) => law));
  const broken = run.laws.filter(({ verdict, law }) => isBroken(verdict) && !known.has(law));
  if (broken.length === 0) return;
  for (const law of new Set(broken.map((one) => one.law))) {
    const reproduce = reproduceScenario(of.source.file, [law], seed, position, { backend, ...drawn });
    of.counterexamples.push({ law, farm: of.source.name, capsule: null, reproduce, size: broken.filter((one) => one.law === law).length });
  }
  onCounterexample?.(of.source, drawn, broken);
}

/** Another run of a scenario counts in place of the one that it had; what the search has learnt from that one it keeps. */
function revise(runs: readonly SourceRun[], scenario: Omit<Scenario, "document">, run: LabRun, options: SearchRunOptions): void {
  for (const of of runs) {
    const index = of.judged.findIndex(({ drawn }) => drawn?.scenario === scenario);
    const before = of.judged[index];
    if (before === undefined) continue;
    const judged = { ...before, run };
    of.judged[index] = judged;
    noteBroken(of, judged, options);
  }
}

/**
 * Runs the scenarios of all sources, `jobs` at once, and gives a result per source in their order. Throws as `runFarms` does.
 */
export async function runSearch(sources: readonly ScenarioSource[], options: SearchRunOptions): Promise<RunResult> {
  const { properties, budgetMs, jobs, signal, backend, nowMs = () => performance.now() } = options;
  const zeroMs = nowMs();
  const begun = new Date().toISOString();
  const commit = currentCommit();
  const host = hostOf(options);
  const runs = sources.map((source) => new SourceRun(source, options));
  const lateLooks: LateLooks = { most: judgedBeforeLook, onRevised: (scenario, run) => revise(runs, scenario, run, options) };
  const {
    runner: createRunner = (late): LabRunner =>
      createScenarioRunner({ ...options, onEvent: () => undefined, watchCoverage, lateLooks: late }),
  } = options;
  const runner = createRunner(lateLooks);
  const choices: Choices[] = [];
  const scenarios = inTurns(runs);
  let count = 0;
  const worker = async (): Promise<void> => {
    while (budgetMs === undefined || nowMs() - zeroMs < budgetMs) {
      signal.throwIfAborted();
      const next = scenarios.next();
      if (next.done === true) return;
      const { of, taken } = next.value;
      const judged = await judgeOne(taken, properties, runner);
      of.judged.push(judged);
      learnOf(of.source, judged);
      choices.push(judged.run.choices ?? {});
      count += 1;
      tell(options, of, judged, count);
      noteBroken(of, judged, options);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: jobs }, worker));
  await runner.close();
  for (const one of workers) if (one.status === "rejected") throw one.reason;
  for (const { judged } of runs) judged.sort((one, other) => one.position - other.position);
  return {
    schema: "farmlab.run/1",
    seed: options.seed,
    begun,
    farmlab: options.version,
    commit: await commit,
    host: { choices: Object.assign({}, choicesOf(await host, backend), ...choices) as Choices },
    results: runs.map((run) => farmResult(run, backend)),
    counterexamples: runs.flatMap((run) => run.counterexamples),
    search: searchResult(runs),
    durationMs: Math.round(nowMs() - zeroMs),
  };
}

type Taken = NonNullable<ReturnType<SourceRun["take"]>>;

function* inTurns(runs: readonly SourceRun[]): Generator<{ readonly of: SourceRun; readonly taken: Taken }, undefined> {
  while (runs.some((run) => !run.isOver)) {
    for (const of of runs) {
      for (let turn = 0; turn < turnLength; turn += 1) {
        const taken = of.take();
        if (taken === undefined) break;
        yield { of, taken };
      }
    }
  }
}

function tell({ onEvent, seed: searchSeed, backend }: SearchRunOptions, { source }: SourceRun, judged: Judged, count: number): void {
  const { drawn, run, position } = judged;
  const seed = drawn?.scenario.seed ?? 0;
  const durationMs = Math.round(run.durationMs ?? 0);
  const troubles = run.laws.flatMap(({ property, verdict, why }) =>
    verdict === "passed" || verdict === "skipped" ? [] : [[property, ...(why?.split("\n").slice(0, 1) ?? [])].join(": ")],
  );
  const { verdict, coverage } = run;
  const broken = [...new Set(run.laws.filter((one) => isBroken(one.verdict)).map(({ law }) => law))];
  const reproduce =
    drawn === undefined || broken.length === 0
      ? null
      : reproduceScenario(source.file, broken, searchSeed, position, { backend, arm: drawn.arm });
  onEvent({ kind: "scenario-judged", farm: source.name, seed, verdict, durationMs, count, troubles, reproduce, coverage });
}
