/**
 * The laws of packets while a farm's timeline is carried out: of each flow what must, may and must not happen before, during and after it,
 * and that all come back once everything is healed. The timeline runs once in a session, and each law is judged on the flows that it speaks of.
 */
import { judgeTimeline, timelineRunOf, timelineWaitMs } from "../run/timeline/index.ts";
import type { Session } from "../run/session.ts";
import { needsTunnels, outcomeOf, unknownOutcome } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { noTimeline } from "./silent.ts";

const over =
  (law: string) =>
  async (session: Session): Promise<PropertyOutcome> => {
    const { faults, changes } = session.farm.timeline;
    if (faults.length + changes.length === 0) return outcomeOf(0, [], { nothing: noTimeline });
    const run = await timelineRunOf(session);
    const { runs = 0, broken = [] } = judgeTimeline(session, run).get(law) ?? {};
    if (broken.length === 0 && run.unsettled.length > 0)
      return unknownOutcome(`the farm did not settle: ${run.unsettled.join("; ")}`, runs);
    const figures =
      run.recoveredMs === null
        ? []
        : [{ name: "recovered after", value: Math.round(run.recoveredMs - run.healedMs), unit: "ms", bound: null }];
    return outcomeOf(
      runs,
      broken.map(({ story }) => story),
      { nothing: "no flow of this law could be judged while the timeline went on", figures, broken },
    );
  };

const property = (law: string, what: string): Property => ({
  law,
  name: `${law} ${what} before, during and after what the timeline does`,
  needs: needsTunnels,
  alone: true,
  waitMs: timelineWaitMs,
  run: over(law),
});

export const timelineProperties: readonly Property[] = [
  property("EX-7", "workloads of one network reach each other"),
  property("EX-8", "the IPv6 internet is reached and reaches services"),
  property("EX-9", "the IPv4 internet is reached, and only forwards let in,"),
  property("EX-10", "networks are strangers to each other"),
  property("EX-11", "what nobody holds is answered unreachable"),
];
