/** Every failure of a farm, one after the other, in one lab or several; a lab that is not as it was afterwards is made anew. */
import { availableParallelism } from "node:os";
import { seededRandom } from "../../core/common/index.ts";
import type { Clock } from "../../core/common/index.ts";
import { plugName, plugsOf } from "../../core/farm/index.ts";
import type { ImageChoice } from "../../emulator/image/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { expectationText, expectedMesh } from "../oracle/index.ts";
import type { World } from "../oracle/index.ts";
import type { Choices } from "../run/choices.ts";
import { clockOf } from "../run/clock.ts";
import { openSession } from "../run/open-session.ts";
import type { FarmToRun } from "../run/farm-to-run.ts";
import type { Session } from "../run/session.ts";
import { chosenFailures, failurePairs, isCalled, partsOf, singleFailures } from "./failures.ts";
import type { Daemon, Failure } from "./failures.ts";
import { chooseFlows } from "./flows.ts";
import type { WatchedFlow } from "./flows.ts";
import { hasToSurvive, judgeExpectation } from "./judge-expectations.ts";
import { rank, withOnlyTogether } from "./rank.ts";
import type { FailureResult, WhatIfResult } from "./result.ts";
import { isUnseen, Seat, tryInSeat, unknownResult } from "./seat.ts";
import type { Tried, Try } from "./seat.ts";
import { answeringNow, tryFailure } from "./try-failure.ts";
import { rateFor } from "./watch-flows.ts";
import type { WatchRate } from "./watch-flows.ts";

export interface WhatIfOptions {
  readonly given: FarmToRun;
  /** Also two by two. */
  readonly pairs: boolean;
  /** Kinds or names of failures; none: all. */
  readonly only: readonly string[];
  readonly seed: number;
  readonly backend: BackendName;
  readonly image: ImageChoice;
  /** How many labs at once. */
  readonly jobs: number;
  /** How long a failure stands, at least. */
  readonly holdMs: number;
  /** After so long no further failure is begun. */
  readonly budgetMs?: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WhatIfEvent) => void;
  readonly version: string;
}

export type WhatIfEvent =
  | { readonly kind: "step"; readonly step: string }
  | { readonly kind: "begun"; readonly failures: number; readonly flows: number }
  | { readonly kind: "tried"; readonly result: FailureResult };

/** Flows watched, at most: with more of them each could be probed but seldom. */
const mostFlows = 120;
const wantedRate: WatchRate = { everyMs: 100, waitMs: 1000 };
/** Longer than it takes a peer to find out that the other side of a tunnel has started again, which is 22 s. */
const recoverWaitMs = 40_000;

/** Of a machine's cores: each lab needs one for its programs and another for what watches it. */
export const usualJobs = (): number => Math.max(1, Math.floor(availableParallelism() / 2));

/** Where the kernel has no WireGuard, a daemon for each tunnel. */
function tunnelDaemons(world: World, choices: Choices): readonly Daemon[] {
  if (choices["wireguard"] !== "wireguard-go") return [];
  const tunnels = world.networks
    .flatMap((network) => expectedMesh(world, network))
    .filter(({ peers, resource }) => resource.emulated && peers.length > 0);
  return tunnels.map(({ resource, name }) => ({ node: resource.node, service: name }));
}

/** Labs one after the other, with every link wired. */
const seatOf = ({ given, seed, backend, image, signal, onEvent }: WhatIfOptions): Seat =>
  new Seat(
    () =>
      openSession({
        ...{ ...given, seed, backend, image, signal, patches: [], wired: plugsOf(given.farm).map(plugName) },
        onStep: (step) => onEvent({ kind: "step", step }),
      }),
    signal,
  );

interface Plan {
  readonly session: Session;
  readonly choices: Choices;
  readonly failures: readonly Failure[];
  /** Those that work. */
  readonly flows: readonly WatchedFlow[];
  readonly known: number;
  readonly silent: readonly WatchedFlow[];
  /** By their words, of all flows. */
  readonly answered: ReadonlySet<string>;
  readonly rate: WatchRate;
}

/** Which failures and flows there are, and which flows work while everything does. */
async function planOf(seat: Seat, options: WhatIfOptions, clock: Clock): Promise<Plan> {
  const { session, choices } = await seat.open();
  const { farm, world } = session;
  const parts = partsOf(farm, tunnelDaemons(world, choices));
  const { pairs: all, only, seed } = options;
  const pairs = failurePairs(farm, parts).filter((pair) => all || only.some((word) => isCalled(pair, word)));
  const chosen = chosenFailures([...singleFailures(parts), ...seededRandom(seed, "what-if pairs").shuffle(pairs)], only);
  const { flows, known } = chooseFlows(world, mostFlows, seed);
  const rate = rateFor(flows.length, wantedRate);
  const answered = await answeringNow({ session, flows, rate, clock });
  const silent = flows.filter((flow) => flow.answeredBy !== undefined && !answered.has(flow));
  return {
    ...{ session, choices, failures: chosen, known, silent, rate },
    flows: flows.filter((flow) => !silent.includes(flow)),
    answered: new Set([...answered].map(({ text }) => text)),
  };
}

/** Until an exit node is hosted by its standby: a lease's time, and what it takes to make everything there. */
const takeOverMs = 10_000;

/** How long a failure has to stand so that what must come back in time can be seen to. */
function holdOf(world: World, failure: Failure, { holdMs }: WhatIfOptions, rate: WatchRate): number {
  const times = world.farm.expectations.filter((one) => hasToSurvive(world, one, failure)).map(({ withinMs }) => withinMs);
  const isStoodInFor = world.farm.nodes.some(({ exitNode }) => exitNode?.standbys !== undefined);
  return Math.max(holdMs, isStoodInFor ? takeOverMs : 0, ...times.map((withinMs) => withinMs + 5 * rate.everyMs));
}

async function tryAll(first: Seat, plan: Plan, options: WhatIfOptions, clock: Clock): Promise<readonly Tried[]> {
  const startedMs = clock.nowMs();
  const { seed, signal } = options;
  const tried: Tried[] = [];
  const waiting = plan.failures.values();
  let hasFailed = false;
  const inTime = (): boolean => options.budgetMs === undefined || clock.nowMs() - startedMs < options.budgetMs;
  const run = (failure: Failure): Try => {
    const holdMs = holdOf(plan.session.world, failure, options, plan.rate);
    return (session) =>
      tryFailure({ ...{ session, failure, holdMs, recoverWaitMs, seed, clock, signal }, flows: plan.flows, rate: plan.rate });
  };
  const work = async (seat: Seat): Promise<void> => {
    try {
      while (!hasFailed && inTime()) {
        const next = waiting.next();
        if (next.done === true) return;
        const one = await tryInSeat(seat, next.value, run(next.value));
        tried.push(one);
        options.onEvent({ kind: "tried", result: one.result });
      }
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      await seat.close();
    }
  };
  const jobs = Math.max(1, Math.min(options.jobs, plan.failures.length));
  const others = Array.from({ length: jobs - 1 }, () => seatOf(options));
  const workers = await Promise.allSettled([first, ...others].map(work));
  for (const one of workers) if (one.status === "rejected") throw one.reason;
  return tried;
}

/** Nothing was seen of the farm: everything is unknown, for one reason. */
function nothingSeen(
  { given, only }: WhatIfOptions,
  why: string,
): Pick<WhatIfResult, "host" | "flows" | "silent" | "failures" | "expectations" | "notTried"> {
  const failures = chosenFailures(singleFailures(partsOf(given.farm)), only);
  return {
    ...{ host: { choices: {} }, flows: { watched: 0, known: 0 }, silent: [], notTried: [] },
    failures: failures.map((failure) => unknownResult(failure, why)),
    expectations: given.farm.expectations.map((one) => ({
      expectation: expectationText(one),
      verdict: "unknown",
      failures: 0,
      why: [why],
    })),
  };
}

/**
 * Tries all failures and judges the farm's expectations by them. Throws the signal's reason when interrupted (no lab is left then), and a BuildError or
 * LabError where this host cannot run any lab.
 */
export async function whatIf(options: WhatIfOptions): Promise<WhatIfResult> {
  const { given, seed, backend, signal, version } = options;
  const clock = clockOf(signal);
  const startedMs = clock.nowMs();
  const seat = seatOf(options);
  const told = (rate: WatchRate): Omit<WhatIfResult, keyof ReturnType<typeof nothingSeen>> => ({
    schema: "farmlab.what-if/1",
    ...{ farm: given.farm.name, seed, backend, farmlab: version, probeEveryMs: rate.everyMs, probeWaitMs: rate.waitMs },
    durationMs: Math.round(clock.nowMs() - startedMs),
  });
  try {
    const plan = await planOf(seat, options, clock);
    const { world } = plan.session;
    const watched = plan.flows.filter(({ answeredBy }) => answeredBy !== undefined).length;
    options.onEvent({ kind: "begun", failures: plan.failures.length, flows: watched });
    const tried = await tryAll(seat, plan, options, clock);
    const done = new Set(tried.map(({ failure }) => failure.name));
    return {
      ...told(plan.rate),
      host: { choices: plan.choices },
      flows: { watched, known: plan.known },
      silent: plan.silent.map(({ text }) => text),
      failures: rank(withOnlyTogether(tried.map(({ result }) => result))),
      expectations: given.farm.expectations.map((one) =>
        judgeExpectation(world, one, { atRest: plan.answered, seen: tried, rate: plan.rate }),
      ),
      notTried: plan.failures.filter(({ name }) => !done.has(name)).map(({ name }) => name),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!isUnseen(error)) throw error;
    return { ...told(wantedRate), ...nothingSeen(options, error.message) };
  } finally {
    await seat.close();
  }
}
