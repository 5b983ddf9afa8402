/** One failure in a running farm: begins while every flow is watched, stands for a while, is repaired, and all should be as it was. */
import { DeadlineError, startDeadline } from "../../core/common/index.ts";
import type { Clock } from "../../core/common/index.ts";
import { FaultError, withFaults } from "../../emulator/faults/index.ts";
import type { Happened } from "../../emulator/faults/index.ts";
import { faultContext } from "../run/fault-context.ts";
import { HarnessError } from "../laws/index.ts";
import type { Session } from "../run/session.ts";
import type { Failure } from "./failures.ts";
import type { WatchedFlow } from "./flows.ts";
import type { Probe } from "./outages.ts";
import { watchFlows } from "./watch-flows.ts";
import type { FlowWatch, WatchRate } from "./watch-flows.ts";

export interface TrialOptions {
  readonly session: Session;
  readonly failure: Failure;
  readonly flows: readonly WatchedFlow[];
  readonly rate: WatchRate;
  /** How long the failure stands. */
  readonly holdMs: number;
  /** How long after the repair everything may take to be as it was. */
  readonly recoverWaitMs: number;
  readonly seed: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What was seen of a failure. */
export interface Trial {
  readonly probes: ReadonlyMap<WatchedFlow, readonly Probe[]>;
  /** When it began. */
  readonly beganMs: number;
  /** When its repair began; absent where nobody has to repair it. */
  readonly repairedMs?: number;
  /** Every flow that should work answers again. */
  readonly recovered: boolean;
  /** By how much a probe was late, at most. */
  readonly lateMs: number;
}

/** The farm cannot be judged: not all of it worked before, or the harness could not look. */
export class TrialError extends Error {
  override readonly name = "TrialError";
}

const lookEveryMs = 20;

/** Until every flow that should work answers; throws a DeadlineError that names those that do not. */
async function untilAnswering(
  watch: FlowWatch,
  flows: readonly WatchedFlow[],
  clock: Clock,
  sinceMs: number,
  waitMs: number,
): Promise<void> {
  const wanted = flows.filter(({ answeredBy }) => answeredBy !== undefined);
  await startDeadline(clock, waitMs).until(
    "every flow to be answered",
    () => {
      const silent = wanted.filter((flow) => !watch.isAnswering(flow, sinceMs));
      if (silent.length === 0) return Promise.resolve({ done: true });
      const more = silent.length > 3 ? ` and ${silent.length - 3} more` : "";
      return Promise.resolve({
        seen: `no answer: ${silent
          .slice(0, 3)
          .map(({ text }) => text)
          .join(", ")}${more}`,
      });
    },
    lookEveryMs,
  );
}

/** Who answers probes on the nodes that were off does so again as soon as their workloads are there; what never comes is seen as silence. */
async function listenAgain(session: Session, nodes: readonly string[], clock: Clock, waitMs: number, isOver: () => boolean): Promise<void> {
  const look = async (node: string): Promise<{ done: true } | { seen: string }> => {
    if (isOver()) return { done: true };
    try {
      await session.listenAgain(node);
      return { done: true };
    } catch (error) {
      return { seen: error instanceof Error ? error.message : String(error) };
    }
  };
  await Promise.all(
    nodes.map(async (node) => {
      try {
        await startDeadline(clock, waitMs).until(`listeners on ${node}`, () => look(node), 5 * lookEveryMs);
      } catch (error) {
        if (!(error instanceof DeadlineError)) throw error;
      }
    }),
  );
}

const settleWaitMs = 30_000;

function watchIn(
  session: Session,
  flows: readonly WatchedFlow[],
  rate: WatchRate,
  clock: Clock,
  isSilenced: (flow: WatchedFlow) => boolean,
): FlowWatch {
  return watchFlows({
    ...{ flows, rate, clock, isSilenced },
    send: ({ from, to, protocol, port }, timeoutMs) =>
      session.send({ from, to, protocol, ...(port === undefined ? {} : { port }), timeoutMs }),
    identityOf: ({ answeredBy }) => (answeredBy === undefined ? undefined : session.identityOf(answeredBy)),
  });
}

/** Which flows are answered while nothing has failed: those that should be are waited for. */
export async function answeringNow({
  session,
  flows,
  rate,
  clock,
}: Pick<TrialOptions, "session" | "flows" | "rate" | "clock">): Promise<ReadonlySet<WatchedFlow>> {
  const watch = watchIn(session, flows, rate, clock, () => false);
  const beganMs = clock.nowMs();
  try {
    await untilAnswering(watch, flows, clock, beganMs, settleWaitMs);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
  } finally {
    await watch.stop();
  }
  if (watch.failure !== undefined) throw new HarnessError(`a probe of ${watch.failure.flow.text} could not be sent: ${watch.failure.why}`);
  return new Set(
    flows.filter((flow) => (flow.answeredBy === undefined ? watch.wasAnswered(flow, beganMs) : watch.isAnswering(flow, beganMs))),
  );
}

/**
 * Tries one failure. Throws a TrialError where not every flow works before it, or where a probe could not be sent; a FaultError where the
 * lab cannot be put through it. What has not come back is for the caller to see: the lab is then not as it was.
 */
export async function tryFailure(options: TrialOptions): Promise<Trial> {
  const { session, failure, flows, rate, clock, signal } = options;
  const offNodes = failure.parts.flatMap(({ offNode }) => offNode ?? []);
  let silenced: readonly string[] = [];
  const watch = watchIn(session, flows, rate, clock, ({ from }) => silenced.includes(session.positionOf(from).node));
  let seen: Omit<Trial, "probes" | "lateMs">;
  try {
    await untilAllWork(watch, options);
    silenced = offNodes;
    const moments = await stand(options);
    seen = { ...moments, recovered: await untilAsBefore(watch, offNodes, options) };
    signal.throwIfAborted();
  } catch (error) {
    await watch.stop();
    throw error;
  }
  const probes = await watch.stop();
  if (watch.failure !== undefined) throw new TrialError(`a probe of ${watch.failure.flow.text} could not be sent: ${watch.failure.why}`);
  return { probes, ...seen, lateMs: watch.lateMs };
}

async function untilAllWork(watch: FlowWatch, { flows, clock }: TrialOptions): Promise<void> {
  try {
    await untilAnswering(watch, flows, clock, clock.nowMs(), settleWaitMs);
  } catch (error) {
    if (error instanceof DeadlineError) throw new TrialError(`not everything works without it: ${error.lastSeen}`, { cause: error });
    throw error;
  }
}

/** Whether every flow that should work answers again in time. */
async function untilAsBefore(
  watch: FlowWatch,
  offNodes: readonly string[],
  { session, flows, clock, recoverWaitMs }: TrialOptions,
): Promise<boolean> {
  let over = false;
  const listening = listenAgain(session, offNodes, clock, recoverWaitMs, () => over);
  try {
    await untilAnswering(watch, flows, clock, clock.nowMs(), recoverWaitMs);
    return true;
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return false;
  } finally {
    over = true;
    await listening;
  }
}

/** The failure begins, stands for its time and is repaired; when it began, and when its repair did. */
async function stand({ session, failure, holdMs, seed, clock, signal }: TrialOptions): Promise<Pick<Trial, "beganMs" | "repairedMs">> {
  const faults = failure.parts.map(({ fault }) => ({ atMs: 0, fault }));
  const first: Partial<Record<Happened["act"], number>> = {};
  const onHappened = ({ act, begunMs, endedMs }: Happened): void => {
    first[act] ??= clock.nowMs() - (endedMs - begunMs);
  };
  const { lab } = session;
  await withFaults({ seed, faults }, { ...faultContext(lab, clock), signal, onHappened }, async (run) => {
    await run.allDone;
    await clock.pause(holdMs);
    run.signal.throwIfAborted();
  });
  const { begin: beganMs, heal: repairedMs } = first;
  if (beganMs === undefined) throw new FaultError(`${failure.name} never began`);
  return { beganMs, ...(repairedMs === undefined ? {} : { repairedMs }) };
}
