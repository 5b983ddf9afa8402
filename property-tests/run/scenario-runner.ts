/**
 * Judges scenarios in labs, several at once, as many as processors and memory bear. A lab is used again where only networks differ; what
 * fails is judged again in fresh labs, which tells flaky from failing. Whatever a lab, a law or the oracle does is a verdict.
 */
import { freemem } from "node:os";
import { BuildError, missingPackages } from "../../emulator/image/index.ts";
import type { ImageChoice, SourcePatch } from "../../emulator/image/index.ts";
import { presentCapabilities, probeHost } from "../../emulator/host/index.ts";
import type { HostReport } from "../../emulator/host/index.ts";
import { LabError } from "../../emulator/lab-error.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { worstVerdict } from "../../reports/index.ts";
import type { LawResult } from "../../reports/index.ts";
import { compileFarm } from "../../topologies/index.ts";
import { unknownOutcome } from "../laws/index.ts";
import type { Property } from "../laws/index.ts";
import { choicesSeen } from "./choices.ts";
import type { Choices } from "./choices.ts";
import type { OnEvent } from "./events.ts";
import type { Evidence } from "./evidence.ts";
import type { CoverageWatch } from "./coverage/observe-coverage.ts";
import { whatHappened } from "./happened.ts";
import { judgeFarm, lawResult } from "./judge.ts";
import { LabPool } from "./lab-pool.ts";
import { labName, openSession } from "./open-session.ts";
import type { OpenOptions } from "./open-session.ts";
import { withRepeats } from "./repeats.ts";
import { labKey, openReusableLab } from "./reusable-lab.ts";
import type { ReusableLab } from "./reusable-lab.ts";
import type { Scenario, ScenarioRun, ScenarioRunner } from "./scenario.ts";
import type { Session } from "./session.ts";
import { evidenceGatherer, evidenceText } from "./views/index.ts";
import type { EvidenceGatherer } from "./views/index.ts";

export interface ScenarioRunnerOptions {
  readonly backend: BackendName;
  /** What nodes run; default: the node image. */
  readonly image?: ImageChoice;
  /** Seeded faults in the agent. */
  readonly patches?: readonly SourcePatch[];
  /** Labs at once, at most; memory may allow fewer. */
  readonly jobs: number;
  /** How often what failed is judged again, each time in a fresh lab; default 0: a failure is believed at once. */
  readonly repeats?: number;
  /** Whether labs are used again; default true. */
  readonly reuse?: boolean;
  readonly signal: AbortSignal;
  readonly onEvent?: OnEvent;
  /** What this host can do; default: found by trying. */
  readonly host?: HostReport;
  /** Bytes that are free on this machine now; default: asked of the kernel. */
  readonly freeBytes?: () => number;
  /** Told of what was not as before when a scenario's networks had been taken away (EX-13); that lab is not used again. */
  readonly onLeftovers?: (farm: string, leftovers: readonly string[]) => void;
  /** Begins to look at what a scenario exercises in its lab. */
  readonly watchCoverage?: (session: Session) => Promise<CoverageWatch>;
  /** Whether flows that broke a law are looked at once more while their lab is up, which takes seconds each; default: no. */
  readonly evidence?: boolean;
}

/** Of a scenario only what is run is needed, not the document that it was made from. */
export interface LabRunner extends ScenarioRunner {
  run(scenario: Omit<Scenario, "document">, properties: readonly Property[]): Promise<LabRun>;
}

export interface LabRun extends ScenarioRun {
  /** What the lab was made with, by name; empty where none came up. */
  readonly choices: Choices;
  /** From the beginning until every agent was ready; absent where that was not to be seen. */
  readonly readyMs?: number;
}

/** What a lab of a few nodes may take, and some more for what is under way: chosen amply, not measured. */
const labBytes = 400 * 1024 * 1024;

const hostCodes = ["no-namespaces", "ids", "prepare", "node", "no-engine", "no-containerlab", "old-containerlab", "image-not-imported"];

/** Faults of which no other lab on this machine would be spared. */
const isHostLacking = (error: unknown): boolean =>
  error instanceof BuildError || (error instanceof LabError && hostCodes.includes(error.code));

let knownHost: Promise<HostReport> | undefined;

/** Looked for once in a process, while the first lab comes up. */
export function hostOf({ host }: Pick<ScenarioRunnerOptions, "host">): Promise<HostReport> {
  if (host !== undefined) return Promise.resolve(host);
  knownHost ??= probeHost();
  return knownHost;
}

type Judged = Pick<LabRun, "laws" | "coverage" | "known" | "evidence" | "happened" | "lab" | "choices" | "readyMs">;

/** A lab with the scenario's session in it. */
interface Opened {
  readonly session: Session;
  readonly lab: ScenarioRun["lab"];
  readonly choices: Choices;
  readonly hasEnded: () => boolean;
  /** Ends the session, and the lab where it is not used again; gives its place back. */
  readonly done: (isFit: boolean) => Promise<void>;
}

/** The seed is that of the flows; in a lab of its own also that of addresses and keys. */
type Given = Omit<Scenario, "document">;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class Runner implements LabRunner {
  readonly #options: ScenarioRunnerOptions;
  readonly #pool: LabPool<ReusableLab>;
  readonly #onEvent: OnEvent;
  /** Labs that are being cleared or ended while the next scenario is judged. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: ScenarioRunnerOptions) {
    this.#options = options;
    this.#onEvent = options.onEvent ?? ((): void => undefined);
    const freeBytes = options.freeBytes ?? freemem;
    this.#pool = new LabPool({ most: options.jobs, hasRoom: () => freeBytes() > labBytes, close: async (lab) => await lab.close() });
  }

  async run(scenario: Given, properties: readonly Property[]): Promise<LabRun> {
    const begun = performance.now();
    const { repeats = 0, reuse = true, signal } = this.#options;
    this.#onEvent({ kind: "farm-started", farm: scenario.farm.name, properties: properties.length });
    const isRepeated = (law: LawResult): boolean => law.verdict === "failed" && repeats > 0;
    const first = await this.#judge(scenario, properties, reuse, isRepeated);
    const failing = properties.filter((property) => first.laws.some((law) => isRepeated(law) && law.property === property.name));
    const again: LawResult[] = [];
    for (let count = 0; failing.length > 0 && count < repeats; count += 1)
      again.push(...(await this.#judge(scenario, failing, false, () => true)).laws);
    signal.throwIfAborted();
    const laws = first.laws.map((law) => {
      if (!isRepeated(law)) return law;
      const same = again.filter(({ property }) => property === law.property);
      return this.#told(scenario, withRepeats(law, same, first.lab));
    });
    const durationMs = performance.now() - begun;
    this.#onEvent({ kind: "farm-ended", farm: scenario.farm.name, durationMs });
    return { ...first, laws, verdict: worstVerdict(laws.map(({ verdict }) => verdict)), durationMs };
  }

  async close(): Promise<void> {
    await Promise.all(this.#leaving);
    await this.#pool.close();
  }

  #told(scenario: Given, result: LawResult): LawResult {
    this.#onEvent({ kind: "law-judged", farm: scenario.farm.name, result });
    return result;
  }

  /** Judges once. Events of laws for which `keepBack` holds are left to the caller. */
  async #judge(scenario: Given, properties: readonly Property[], reuse: boolean, keepBack: (law: LawResult) => boolean): Promise<Judged> {
    const { signal, watchCoverage, image } = this.#options;
    const begun = performance.now();
    const tell = (law: LawResult): LawResult => (keepBack(law) ? law : this.#told(scenario, law));
    const nothing = { coverage: [], evidence: [], lab: "cold", choices: {} } as const;
    let opened: Opened | undefined;
    let isFit = false;
    let coverage: CoverageWatch | undefined;
    try {
      const missing = image === "host" ? missingPackages(compileFarm(scenario.farm, { seed: scenario.seed })) : [];
      if (missing.length > 0) {
        const skipped = { verdict: "skipped", runs: 0, why: null, figures: [] } as const;
        return { ...nothing, laws: properties.map((property) => tell(lawResult(property, skipped, missing))), choices: { image: "host" } };
      }
      opened = await this.#open(scenario, reuse);
      const { session, choices, lab } = opened;
      const readyMs = performance.now() - begun;
      this.#onEvent({ kind: "farm-ready", farm: scenario.farm.name, readyMs });
      // What was covered is worth no verdict: where nobody could look, nothing was.
      coverage = await watchCoverage?.(session).catch(() => undefined);
      const gatherer = evidenceGatherer();
      const isCertain = ({ verdict }: LawResult): boolean => verdict === "passed" || verdict === "skipped";
      const judged = await judgeFarm(session, properties, {
        signal,
        capabilities: presentCapabilities(await hostOf(this.#options)),
        onEvent: (event) => (event.kind === "law-judged" && !isCertain(event.result) ? undefined : this.#onEvent(event)),
        onBroken: (property, broken) => gatherer.onBroken(property, broken),
        beforeAlone: async () => await coverage?.look().catch(() => undefined),
      });
      // Before flows are sent once more: links decide about those too.
      const happened = judged.every(isCertain) ? undefined : await whatHappened(session).catch(() => undefined);
      const evidence = await this.#evidence(scenario, opened, gatherer);
      const laws = judged.map((law) =>
        isCertain(law) ? law : tell(opened?.hasEnded() === true ? ofEndedLab(law) : withEvidence(law, evidence)),
      );
      const observed = await coverage?.observe().catch(() => undefined);
      isFit = laws.every(isCertain);
      const { covered = [], known = [] } = observed ?? {};
      return { laws, coverage: covered, known, evidence, ...(happened === undefined ? {} : { happened }), lab, choices, readyMs };
    } catch (error) {
      signal.throwIfAborted();
      if (isHostLacking(error)) throw error;
      const what = opened === undefined ? "the lab did not come up" : "it could not be judged";
      const unknown = unknownOutcome(`${what}: ${messageOf(error)}`);
      return { ...nothing, laws: properties.map((property) => tell(lawResult(property, unknown))), choices: opened?.choices ?? {} };
    } finally {
      await coverage?.end();
      if (opened !== undefined) this.#leave(opened.done(isFit));
    }
  }

  async #evidence(scenario: Given, { session, hasEnded }: Opened, gatherer: EvidenceGatherer): Promise<readonly Evidence[]> {
    if (this.#options.evidence !== true || hasEnded()) return [];
    this.#onStep(scenario)("looking at broken flows once more");
    return await gatherer.gather(session, this.#options.signal);
  }

  #leave(done: Promise<void>): void {
    const leaving = done.catch(() => undefined).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  /** In a lab that fits, else in one of its own: also where what should be used again does not come to rest. */
  async #open(scenario: Given, reuse: boolean): Promise<Opened> {
    const key = reuse ? labKey(scenario) : undefined;
    const idle = await this.#pool.take(key);
    try {
      if (key !== undefined) {
        const shared = await this.#openShared(scenario, key, idle);
        if (shared !== undefined) return shared;
      }
      return await this.#openOwn(scenario);
    } catch (error) {
      this.#pool.drop();
      throw error;
    }
  }

  async #openShared(scenario: Given, key: string, idle: ReusableLab | undefined): Promise<Opened | undefined> {
    const { signal } = this.#options;
    let lab = idle;
    try {
      lab ??= await openReusableLab({ ...this.#labOptions(scenario), name: labName(scenario.farm) });
      const used = lab;
      const begun = await used.begin(scenario, scenario.seed, this.#onStep(scenario));
      const { session } = begun;
      if (session.notReady !== undefined) throw new Error(session.notReady);
      const done = async (isFit: boolean): Promise<void> => {
        try {
          await begun.end();
          const left = isFit && !used.hasEnded() ? await used.clear() : undefined;
          if (left?.length === 0) return this.#pool.give(key, used);
          if (left !== undefined) this.#options.onLeftovers?.(scenario.farm.name, left);
        } catch {
          // A lab that cannot be cleared is not used again.
        }
        await used.close().finally(() => this.#pool.drop());
      };
      const choices = await choicesSeen(session, used.runtime);
      return { session, lab: idle === undefined ? "cold" : "warm", choices, hasEnded: used.hasEnded, done };
    } catch (error) {
      await lab?.close();
      signal.throwIfAborted();
      if (isHostLacking(error)) throw error;
      return undefined;
    }
  }

  async #openOwn(scenario: Given): Promise<Opened> {
    const own = await openSession({ ...scenario, ...this.#labOptions(scenario) });
    const { session, choices } = own;
    let ended = false;
    void session.lab.ended.then(() => (ended = true));
    const done = async (): Promise<void> => await own.close().finally(() => this.#pool.drop());
    return { session, lab: "cold", choices, hasEnded: () => ended, done };
  }

  #labOptions(scenario: Given): Omit<OpenOptions, "file" | "text"> {
    const { backend, image = "built", patches = [], signal } = this.#options;
    const { farm, intents, seed } = scenario;
    return { farm, intents, seed, backend, image, patches, signal, onStep: this.#onStep(scenario) };
  }

  #onStep({ farm }: Given): (step: string) => void {
    return (step) => this.#onEvent({ kind: "farm-step", farm: farm.name, step });
  }
}

/** Evidence beside the law that it speaks of. A fault in gathering it has changed no verdict. */
function withEvidence(law: LawResult, evidence: readonly Evidence[]): LawResult {
  const own = evidence.filter((one) => one.property === law.property).map((one) => evidenceText(one));
  return own.length === 0 ? law : { ...law, evidence: own };
}

/** Silence of a lab that is gone breaks every law of packets, and shows nothing. */
const ofEndedLab = (law: LawResult): LawResult => ({
  ...law,
  verdict: "unknown",
  why: `the lab ended while it was judged${law.why === null ? "" : `\n${law.why}`}`,
});

/**
 * A runner with no lab yet. `run` rejects when interrupted, and with a BuildError or LabError where this host cannot run any lab.
 */
export function createScenarioRunner(options: ScenarioRunnerOptions): LabRunner {
  return new Runner(options);
}
