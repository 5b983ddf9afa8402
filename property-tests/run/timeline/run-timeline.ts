/** Runs a farm's timeline in an open session: once, whoever asks for it. */
import { DeadlineError, startDeadline } from "../../../core/common/index.ts";
import { wishesAt } from "../../../core/intents/index.ts";
import { answerWaitMs } from "../../laws/flows.ts";
import { HarnessError } from "../../laws/law.ts";
import { predictAt } from "../../oracle/index.ts";
import type { Flow } from "../../oracle/index.ts";
import { clockOfSession } from "../clock.ts";
import type { Session } from "../session.ts";
import { carryOut } from "./carry-out.ts";
import { chosenFlows } from "./chosen-flows.ts";
import { storyOfObservation } from "./judge-observation.ts";
import type { Observation, TimelineRun } from "./observation.ts";
import { livenessWaitMs } from "./settling.ts";
import { observe, watchFlows } from "./watch-flows.ts";
import type { WatchContext } from "./watch-flows.ts";

/** The farm is settled when so many rounds of probes, one after the other, found every flow as it must be. */
const roundsInARow = 2;
const betweenRoundsMs = 250;
const silenceMs = 300;
/** Long after everything: what holds in the end. */
const endMs = Number.MAX_SAFE_INTEGER;

/** Nodes whose namespaces are made anew: who answers there has to listen anew. */
function restartedNodes({ farm }: Session): string[] {
  const nodes = farm.timeline.faults.flatMap(({ fault }) =>
    fault.kind === "node-reboot" || fault.kind === "node-death" ? [fault.node] : [],
  );
  return [...new Set(nodes)];
}

async function lookAtAll(context: WatchContext, flows: readonly Flow[], timeline: TimelineRun["happened"]): Promise<Observation[]> {
  const looks = flows.map(async (flow, index): Promise<Observation[]> => {
    const timed = predictAt(context.world, flow, endMs, { settleMs: 0, timeline });
    if (timed === undefined) return [];
    const timeoutMs = timed.prediction.delivered || timed.prediction.refusal === "unreachable" ? answerWaitMs : silenceMs;
    return [await observe(context, flow, { timeoutMs, sourcePort: firstRoundPort + index })];
  });
  return (await Promise.all(looks)).flat();
}

/** Apart from those of the flows that are watched meanwhile. */
const firstRoundPort = 26_000;

interface Recovery {
  readonly observations: readonly Observation[];
  readonly recoveredMs: number | null;
  readonly unsettled: readonly string[];
}

/** Rounds of probes from now on, until all flows are as they must be in the end and agents are ready, or the deadline passes. */
async function untilRecovered(context: WatchContext, flows: readonly Flow[], timeline: TimelineRun["happened"]): Promise<Recovery> {
  const { session, world, clock, zeroMs } = context;
  const deadline = startDeadline(clock, livenessWaitMs);
  const observations: Observation[] = [];
  const final = wishesAt(session.farm, endMs);
  const unlistened = new Set(restartedNodes(session));
  let isReady = false;
  let inARow = 0;
  try {
    const recoveredMs = await deadline.until<number>(
      "all flows to be as before",
      async () => {
        let notReady = "";
        try {
          if (!isReady) await session.changeIntents(final);
          isReady = true;
          for (const node of unlistened) {
            await session.listenAgain(node);
            unlistened.delete(node);
          }
        } catch (error) {
          notReady = error instanceof Error ? error.message : String(error);
        }
        const round = await lookAtAll(context, flows, timeline);
        observations.push(...round);
        const wrong = round.flatMap((one) => {
          const timed = predictAt(world, one.flow, endMs, { settleMs: 0, timeline });
          // Of many over a link that loses some, some arrive: that is judged over all rounds.
          return timed === undefined || timed.mode === "may" ? [] : (storyOfObservation(session, one, timed) ?? []);
        });
        inARow = notReady === "" && wrong.length === 0 ? inARow + 1 : 0;
        if (notReady !== "") return { seen: notReady };
        const firstMs = round[0]?.fromMs ?? clock.nowMs() - zeroMs;
        return inARow >= roundsInARow ? { done: firstMs } : { seen: wrong[0] ?? "one round was as before" };
      },
      betweenRoundsMs,
    );
    return { observations, recoveredMs, unsettled: [] };
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return { observations, recoveredMs: null, unsettled: isReady && unlistened.size === 0 ? [] : [error.lastSeen] };
  }
}

async function runTimeline(session: Session): Promise<TimelineRun> {
  const { farm, world, seed, internetPort } = session;
  const clock = clockOfSession(session);
  const flows = chosenFlows(world, seed, internetPort);
  if (hasLateJoiners(session)) await session.changeIntents(wishesAt(farm, -1));
  const [zeroMs, zeroAt] = [clock.nowMs(), Date.now()];
  const context: WatchContext = { session, world, clock, zeroMs };
  const watch = watchFlows(context, flows);
  let done: Awaited<ReturnType<typeof carryOut>>;
  try {
    done = await carryOut(session, clock, zeroMs);
  } catch (error) {
    throw error instanceof HarnessError
      ? error
      : new HarnessError(`the timeline could not be carried out: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await watch.stop();
  }
  const { observations, recoveredMs, unsettled } = await untilRecovered(context, flows, done.happened);
  // For whoever comes after: the farm as the file lists it.
  if (farm.timeline.changes.length > 0) await session.changeIntents(session.wishes);
  return { ...done, zeroAt, observations: [...watch.observations, ...observations], recoveredMs, unsettled };
}

/** Whether the first that is said of somebody is that it joins. */
function hasLateJoiners({ farm, wishes }: Session): boolean {
  const count = (networks: typeof wishes.networks): number => networks.reduce((sum, { resources }) => sum + resources.length, 0);
  return count(wishesAt(farm, -1).networks) !== count(wishes.networks);
}

const runs = new WeakMap<Session, Promise<TimelineRun>>();

/** The run of a session's timeline, where it has been asked for and could be carried out. */
export async function timelineRunIn(session: Session): Promise<TimelineRun | undefined> {
  return await runs.get(session)?.catch(() => undefined);
}

/** The one run of a session's timeline. Rejects with a HarnessError where it could not be carried out, or the farm not made as it was. */
export function timelineRunOf(session: Session): Promise<TimelineRun> {
  const run = runs.get(session) ?? runTimeline(session);
  runs.set(session, run);
  return run;
}
