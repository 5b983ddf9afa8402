/**
 * Judges scenarios in labs, several at once, as many as processors and memory bear. A lab is used again where only networks differ; what
 * fails is judged again in fresh labs, which tells flaky from failing. Whatever a lab, a law or the oracle does is a verdict.
 *
 * Whether a lab is as it was costs as much as to judge a scenario, so that several may be judged before it is looked at. Then what an
 * earlier one left may have decided the verdict of a later one, in either direction: what fails is confirmed in a fresh lab, whatever
 * `repeats` says, and what passed is judged again in a fresh lab once the look finds something, or cannot be had.
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
  /** Told of each verdict as it falls. Events of what failed come later, with all that is found out about it while its lab is up. */
  readonly onJudged?: (result: LawResult) => void;
  /** What this host can do; default: found by trying. */
  readonly host?: HostReport;
  /** Bytes that are free on this machine now; default: asked of the kernel. */
  readonly freeBytes?: () => number;
  /** Told of what was not as before when a lab's networks had been taken away (EX-13), by the farms that it may be of; that lab is not used again. */
  readonly onLeftovers?: (farms: string, leftovers: readonly string[]) => void;
  /** Absent: a lab is looked at after each scenario, and every verdict is final. */
  readonly lateLooks?: LateLooks;
  /** Begins to look at what a scenario exercises in its lab. */
  readonly watchCoverage?: (session: Session) => Promise<CoverageWatch>;
  /** Whether a lab of its own is left as it is once a law is broken in it, as nothing more is asked there; default: no. */
  readonly endsOnceBroken?: boolean;
  /** Whether flows that broke a law are looked at once more while their lab is up, which takes seconds each; default: no. */
  readonly evidence?: boolean;
}

/** For who can take back what a verdict has led to. */
export interface LateLooks {
  /** Scenarios that are judged in a lab before it is looked at, at most. */
  readonly most: number;
  /** The run that counts for a scenario that was judged before, in a lab that was then found to be not as it was. Before `close` has ended. */
  readonly onRevised: (scenario: Omit<Scenario, "document">, run: LabRun) => void;
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

interface Judged extends Pick<LabRun, "laws" | "coverage" | "known" | "evidence" | "happened" | "lab" | "choices" | "readyMs"> {
  readonly isSuspect: boolean;
}

/** A lab with the scenario's session in it. */
interface Opened {
  readonly session: Session;
  readonly lab: ScenarioRun["lab"];
  /** Whether others were judged in the lab since it was last known to be clean. */
  readonly isSuspect: boolean;
  readonly choices: Choices;
  readonly hasEnded: () => boolean;
  /** Ends the session, and the lab where it is not used again; gives its place back. What passed in it is told where everything did. */
  readonly done: (passed: readonly Property[] | undefined) => Promise<void>;
}

/** The seed is that of the flows; in a lab of its own also that of addresses and keys. */
type Given = Omit<Scenario, "document">;

/** A lab that is used again, and what was judged in it, and passed, since it was last known to be clean. */
interface SharedLab {
  readonly lab: ReusableLab;
  /** What it was made with; empty before anybody saw it. */
  choices: Choices;
  readonly passed: { readonly scenario: Given; readonly properties: readonly Property[] }[];
}

const isCertain = ({ verdict }: LawResult): boolean => verdict === "passed" || verdict === "skipped";

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class Runner implements LabRunner {
  readonly #options: ScenarioRunnerOptions;
  readonly #pool: LabPool<SharedLab>;
  readonly #onEvent: OnEvent;
  /** Labs that are being cleared or ended while the next scenario is judged. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: ScenarioRunnerOptions) {
    this.#options = options;
    this.#onEvent = options.onEvent ?? ((): void => undefined);
    const freeBytes = options.freeBytes ?? freemem;
    this.#pool = new LabPool({ most: options.jobs, hasRoom: () => freeBytes() > labBytes, close: async (lab) => await this.#end(lab) });
  }

  async run(scenario: Given, properties: readonly Property[]): Promise<LabRun> {
    return await this.#run(scenario, properties, this.#options.reuse ?? true);
  }

  async #run(scenario: Given, properties: readonly Property[], reuse: boolean): Promise<LabRun> {
    const begun = performance.now();
    const { repeats = 0, signal } = this.#options;
    this.#onEvent({ kind: "farm-started", farm: scenario.farm.name, properties: properties.length });
    const { isSuspect, ...first } = await this.#judge(scenario, properties, reuse);
    // In a suspect lab what others left may have decided all that was said, not only what looks bad.
    const isUncertain = isSuspect && !first.laws.every(isCertain);
    const isRepeated = (law: LawResult): boolean => isUncertain || (law.verdict === "failed" && repeats > 0);
    const failing = properties.filter((property) => first.laws.some((law) => isRepeated(law) && law.property === property.name));
    const again: LawResult[] = [];
    for (let count = 0; failing.length > 0 && count < (isUncertain ? Math.max(1, repeats) : repeats); count += 1)
      again.push(...(await this.#judge(scenario, failing, false, () => true)).laws);
    signal.throwIfAborted();
    const laws = first.laws.map((law) => {
      if (!isRepeated(law)) return law;
      const same = again.filter(({ property }) => property === law.property);
      return this.#told(scenario, law.verdict === "failed" ? withRepeats(law, same, first.lab) : (same[0] ?? law));
    });
    const durationMs = performance.now() - begun;
    this.#onEvent({ kind: "farm-ended", farm: scenario.farm.name, durationMs });
    return { ...first, laws, verdict: worstVerdict(laws.map(({ verdict }) => verdict)), durationMs };
  }

  async close(): Promise<void> {
    await this.#allLeft();
    await this.#pool.close();
    // A last look may have something judged again.
    await this.#allLeft();
  }

  async #allLeft(): Promise<void> {
    while (this.#leaving.size > 0) await Promise.all(this.#leaving);
  }

  #told(scenario: Given, result: LawResult): LawResult {
    this.#onEvent({ kind: "law-judged", farm: scenario.farm.name, result });
    return result;
  }

  /** Judges once. Events of laws for which `keepBack` holds are left to the caller; default: of those that are judged again. */
  async #judge(
    scenario: Given,
    properties: readonly Property[],
    reuse: boolean,
    keepBack = (law: LawResult, isSuspect: boolean): boolean =>
      isSuspect ? !isCertain(law) : law.verdict === "failed" && (this.#options.repeats ?? 0) > 0,
  ): Promise<Judged> {
    const { signal, watchCoverage, image } = this.#options;
    const begun = performance.now();
    let opened: Opened | undefined;
    const isSuspect = (): boolean => opened?.isSuspect ?? false;
    const tell = (law: LawResult): LawResult => (keepBack(law, isSuspect()) ? law : this.#told(scenario, law));
    const nothing = { coverage: [], evidence: [], lab: "cold", choices: {}, isSuspect: false } as const;
    let isFit = false;
    let coverage: CoverageWatch | undefined;
    try {
      const missing = image === "host" ? missingPackages(compileFarm(scenario.farm, { seed: scenario.seed })) : [];
      if (missing.length > 0) {
        const skipped = { verdict: "skipped", runs: 0, why: null, figures: [] } as const;
        return { ...nothing, laws: properties.map((property) => tell(lawResult(property, skipped, missing))), choices: { image: "host" } };
      }
      opened = await this.#open(scenario, properties, reuse);
      const { session, choices, lab } = opened;
      const readyMs = performance.now() - begun;
      this.#onEvent({ kind: "farm-ready", farm: scenario.farm.name, readyMs });
      // What was covered is worth no verdict: where nobody could look, nothing was.
      coverage = await watchCoverage?.(session).catch(() => undefined);
      const gatherer = evidenceGatherer();
      const judged = await judgeFarm(session, properties, {
        signal,
        capabilities: presentCapabilities(await hostOf(this.#options)),
        onEvent: (event) => {
          const law = event.kind === "law-judged" ? event.result : undefined;
          if (law === undefined || isCertain(law)) this.#onEvent(event);
          if (law !== undefined) this.#options.onJudged?.(opened?.hasEnded() === true && !isCertain(law) ? ofEndedLab(law) : law);
        },
        onBroken: (property, broken) => gatherer.onBroken(property, broken),
        recentDrops: () => coverage?.recentDrops() ?? [],
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
      const outcome = { laws, coverage: covered, known, evidence, lab, choices, readyMs, isSuspect: isSuspect() };
      return happened === undefined ? outcome : { ...outcome, happened };
    } catch (error) {
      signal.throwIfAborted();
      if (isHostLacking(error)) throw error;
      const what = opened === undefined ? "the lab did not come up" : "it could not be judged";
      const unknown = unknownOutcome(`${what}: ${messageOf(error)}`);
      const laws = properties.map((property) => tell(lawResult(property, unknown)));
      return { ...nothing, laws, choices: opened?.choices ?? {}, isSuspect: isSuspect() };
    } finally {
      await coverage?.end();
      if (opened !== undefined) this.#leave(opened.done(isFit ? properties : undefined));
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

  /** In a lab that fits, else in one of its own: also where what should be used again does not come to rest, and where no other may be up. */
  async #open(scenario: Given, properties: readonly Property[], reuse: boolean): Promise<Opened> {
    const isQuiet = properties.some(({ needsQuiet }) => needsQuiet?.(scenario.farm) === true);
    const key = reuse && !isQuiet ? labKey(scenario) : undefined;
    const idle = isQuiet ? await this.#pool.takeAlone() : await this.#pool.take(key);
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

  async #openShared(scenario: Given, key: string, idle: SharedLab | undefined): Promise<Opened | undefined> {
    const { signal } = this.#options;
    let shared = idle;
    try {
      shared ??= { lab: await openReusableLab({ ...this.#labOptions(scenario), name: labName(scenario.farm) }), choices: {}, passed: [] };
      const used = shared;
      const begun = await used.lab.begin(scenario, scenario.seed, this.#onStep(scenario));
      const { session } = begun;
      if (session.notReady !== undefined) throw new Error(session.notReady);
      const done = async (properties: readonly Property[] | undefined): Promise<void> => {
        // What cannot be ended is not used again.
        const isOver = await begun.end().then(
          () => true,
          () => false,
        );
        if (properties !== undefined) used.passed.push({ scenario, properties });
        const isFit = properties !== undefined && isOver && !used.lab.hasEnded();
        const isDue = used.passed.length >= (this.#options.lateLooks?.most ?? 1);
        if (isFit && (!isDue || (await this.#isClean(used)))) return this.#pool.give(key, used);
        await this.#end(used).finally(() => this.#pool.drop());
      };
      // A scenario without tunnels does not show it all.
      if (used.choices["wireguard"] === undefined) used.choices = await choicesSeen(session, used.lab.runtime);
      const lab = idle === undefined ? "cold" : "warm";
      return { session, lab, isSuspect: used.passed.length > 0, choices: used.choices, hasEnded: used.lab.hasEnded, done };
    } catch (error) {
      if (shared !== undefined) await this.#end(shared);
      signal.throwIfAborted();
      if (isHostLacking(error)) throw error;
      return undefined;
    }
  }

  /** Looks at a lab, without networks. Who passed in it after others, and should not have where it is not as it was, is judged again. */
  async #isClean({ lab, passed }: SharedLab): Promise<boolean> {
    if (passed.length === 0) return true;
    // The first one found it clean.
    const [first, ...later] = passed.splice(0);
    const left = lab.hasEnded() ? undefined : await lab.clear().catch(() => undefined);
    if (left?.length === 0) return true;
    const farms = new Set([first, ...later].flatMap((one) => one?.scenario.farm.name ?? []));
    if (left !== undefined) this.#options.onLeftovers?.([...farms].join(", "), left);
    for (const { scenario, properties } of later) this.#leave(this.#revise(scenario, properties));
    return false;
  }

  async #revise(scenario: Given, properties: readonly Property[]): Promise<void> {
    if (this.#options.signal.aborted) return;
    const run = await this.#run(scenario, properties, false);
    this.#options.lateLooks?.onRevised(scenario, run);
  }

  /** Ends a lab that is not used again. */
  async #end(shared: SharedLab): Promise<void> {
    if (!this.#options.signal.aborted) await this.#isClean(shared);
    await shared.lab.close();
  }

  async #openOwn(scenario: Given): Promise<Opened> {
    const { endsOnceBroken = false } = this.#options;
    const own = await openSession({ ...scenario, ...this.#labOptions(scenario), endsOnceBroken });
    const { session, choices } = own;
    let ended = false;
    void session.lab.ended.then(() => (ended = true));
    const done = async (): Promise<void> => await own.close().finally(() => this.#pool.drop());
    return { session, lab: "cold", isSuspect: false, choices, hasEnded: () => ended, done };
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
