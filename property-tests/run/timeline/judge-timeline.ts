/** Judges what was seen during a timeline, by the times at which things happened. */
import { predictAt, predictDuring } from "../../oracle/index.ts";
import type { Flow, Patience, TimedPrediction } from "../../oracle/index.ts";
import { flowText, tokenOf } from "../../laws/flows.ts";
import type { BrokenFlow } from "../../laws/law.ts";
import { improbable } from "../../laws/lossy.ts";
import type { Session } from "../session.ts";
import { isRefusedRightly, storyOfObservation } from "./judge-observation.ts";
import type { Observation, TimelineRun } from "./observation.ts";
import { changeSettleMs, livenessWaitMs, settleMsOf } from "./settling.ts";

export interface TimelineVerdict {
  /** Probes of which the law said what must become of them. */
  readonly runs: number;
  readonly broken: readonly BrokenFlow[];
}

interface Judged {
  readonly observation: Observation;
  readonly timed: TimedPrediction;
  readonly story: string | undefined;
}

const brokenBy = ({ observation: { flow, sent }, timed }: Judged, story: string): BrokenFlow => ({
  request: { from: flow.from, to: flow.to, protocol: flow.protocol, ...(flow.port === undefined ? {} : { port: flow.port }) },
  prediction: timed.prediction,
  story,
  during: "the farm's timeline",
  ...tokenOf(sent ?? {}),
});

const isReply = ({ sent }: Observation): boolean => sent?.answer.kind === "reply";

/** Of many probes over links that lose some, some are answered. */
function judgeChance(judged: readonly Judged[]): BrokenFlow[] {
  const lossy = judged.filter(({ timed }) => timed.mode === "may" && timed.chance !== undefined);
  const [first] = lossy;
  if (first === undefined || lossy.some(({ observation }) => isReply(observation))) return [];
  const none = lossy.reduce((product, { timed }) => product * (1 - (timed.chance ?? 1)), 1);
  if (none > improbable) return [];
  return [
    brokenBy(
      first,
      `${flowText(first.observation.flow)}: none of ${lossy.length} probes was answered; expected: some, ${first.timed.because} alone would lose all of them with a probability of ${none.toExponential(1)}`,
    ),
  ];
}

/** Routers ration errors to each host (RFC 4443 section 2.4 (f)): of so few probes beside others that were refused each may have had none left. */
const fewProbes = 3;
const rationMs = 1000;

/** Whether another flow of the same sender was refused about then. */
const isRationed = ({ observations }: TimelineRun, { flow, fromMs }: Observation): boolean =>
  observations.some(
    (other) =>
      other.flow.from === flow.from &&
      other.flow !== flow &&
      other.sent?.answer.kind === "unreachable" &&
      Math.abs(other.fromMs - fromMs) <= rationMs,
  );

/** Of all probes to what nobody holds one at least is refused aloud. */
function judgeRefusals(run: TimelineRun, judged: readonly Judged[]): BrokenFlow[] {
  const refused = judged.filter(
    ({ timed: { mode, prediction } }) => mode === "must not" && !prediction.delivered && prediction.refusal === "unreachable",
  );
  const [first] = refused;
  if (first === undefined || refused.some(({ observation, timed }) => isRefusedRightly(observation, timed))) return [];
  if (refused.length < fewProbes && refused.every(({ observation }) => isRationed(run, observation))) return [];
  return [
    brokenBy(
      first,
      `${flowText(first.observation.flow)}: none of ${refused.length} probes was answered unreachable; expected: one at least, by ${first.timed.prediction.delivered ? "" : (first.timed.prediction.refusedBy?.who ?? "a router")} (${first.timed.prediction.law}: ${first.timed.prediction.because})`,
    ),
  ];
}

/** What had not come back when the deadline passed: the last of its probes was otherwise than must be in the end. */
function judgeRecovery(session: Session, run: TimelineRun, observation: Observation): [law: string, broken: BrokenFlow][] {
  if (run.recoveredMs !== null || observation.fromMs < run.healedMs) return [];
  const timed = predictAt(session.world, observation.flow, Number.MAX_SAFE_INTEGER, { timeline: run.happened, settleMs: 0 });
  const story = timed === undefined || timed.mode === "may" ? undefined : storyOfObservation(session, observation, timed);
  if (timed === undefined || story === undefined) return [];
  const late = `${story}; it did not come back within ${livenessWaitMs / 1000} s after everything was healed`;
  // It is broken still.
  const { during: _over, ...broken } = brokenBy({ observation, timed, story }, late);
  return [[timed.prediction.law, broken]];
}

/**
 * While it is coming back after everything is healed, a flow that something had happened to may still go wrong: that it comes back is judged by
 * its last probe. Once all have come back, all has to be as it must be in the end.
 */
function judgeProbes(session: Session, run: TimelineRun, observations: readonly Observation[]): readonly Judged[] {
  const { happened: timeline, onsetMs, doneMs, changeMs } = run;
  // Once its agents are ready and its tunnels open, what has come or gone is as it must be.
  const patience: Patience = { timeline, onsetMs, settleMs: settleMsOf(session.farm) + doneMs, changeMs: changeMs + changeSettleMs };
  const afterwards: Patience = { ...patience, settleMs: livenessWaitMs + doneMs, changeMs: livenessWaitMs + changeMs };
  const settled: Patience = { ...patience, settleMs: 0, changeMs: 0 };
  return observations.flatMap((observation): Judged[] => {
    const { fromMs } = observation;
    const isSettled = run.recoveredMs !== null && fromMs >= run.recoveredMs;
    const timed = predictDuring(
      session.world,
      observation.flow,
      observation,
      isSettled ? settled : fromMs >= run.healedMs ? afterwards : patience,
    );
    return timed === undefined ? [] : [{ observation, timed, story: storyOfObservation(session, observation, timed) }];
  });
}

/** By law, of the flows of which each law speaks at their time. */
export function judgeTimeline(session: Session, run: TimelineRun): ReadonlyMap<string, TimelineVerdict> {
  const verdicts = new Map<string, TimelineVerdict>();
  const add = (law: string, runs: number, broken: readonly BrokenFlow[]): void => {
    const before = verdicts.get(law) ?? { runs: 0, broken: [] };
    verdicts.set(law, { runs: before.runs + runs, broken: [...before.broken, ...broken] });
  };
  const byFlow: ReadonlyMap<Flow, readonly Observation[]> = Map.groupBy(run.observations, ({ flow }) => flow);
  for (const observations of byFlow.values()) {
    const judged = judgeProbes(session, run, observations);
    for (const [law, own] of Map.groupBy(judged, ({ timed }) => timed.prediction.law)) {
      const decided = own.filter(({ timed }) => timed.mode !== "may" || timed.chance !== undefined);
      const wrong = own.flatMap((one) => (one.story === undefined ? [] : [brokenBy(one, one.story)]));
      // What follows the first is mostly the same again.
      add(law, decided.length, [...wrong.slice(0, 1), ...judgeChance(own), ...judgeRefusals(run, own)]);
    }
    const last = observations.at(-1);
    for (const [law, broken] of last === undefined ? [] : judgeRecovery(session, run, last)) add(law, 0, [broken]);
  }
  return verdicts;
}
