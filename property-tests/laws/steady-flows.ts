/** Flows that are answered at rest, and what is lost of them while something is done that no packet may notice. */
import { seededRandom } from "../../core/common/index.ts";
import type { Figure } from "../../reports/index.ts";
import { predictAtRest } from "../oracle/index.ts";
import { clockOfSession } from "../run/clock.ts";
import type { Session } from "../run/session.ts";
import { flowsThatWork } from "../what-if/flows.ts";
import type { WatchedFlow } from "../what-if/flows.ts";
import { watchFlows } from "../what-if/watch-flows.ts";
import { answerWaitMs, tokenOf } from "./flows.ts";
import { HarnessError, HeldUpError } from "./law.ts";
import type { BrokenFlow } from "./law.ts";
import { mostOutageMs, takeOvers } from "./take-overs.ts";

/** Each of so many flows, chosen by the seed, sends a packet so often. */
const mostFlows = 24;
const sendEveryMs = 40;

/** All flows that must be answered at rest, but for those over links that lose packets all the time. */
const certainFlows = ({ world }: Session): readonly WatchedFlow[] =>
  flowsThatWork(world).filter((flow) => predictAtRest(world, flow)?.mode === "must");

/**
 * Of the flows that must be answered at rest, some that are: what does not work before is other laws' to tell. `isNear`: of which what is done
 * is most likely to be noticed; up to half of them are such.
 */
export async function answeredFlows(
  session: Session,
  isMeant: (flow: WatchedFlow) => boolean = () => true,
  isNear: (flow: WatchedFlow) => boolean = () => false,
): Promise<readonly WatchedFlow[]> {
  const certain = seededRandom(session.seed, "steady flows").shuffle(certainFlows(session).filter(isMeant));
  const near = certain.filter(isNear).slice(0, mostFlows / 2);
  const chosen = [...near, ...certain.filter((flow) => !near.includes(flow))].slice(0, mostFlows);
  const silent = new Set(await silentFlows(session, chosen));
  return chosen.filter((flow) => !silent.has(flow));
}

/** Those of which a packet is not answered now. */
export async function silentFlows(session: Session, flows: readonly WatchedFlow[]): Promise<readonly WatchedFlow[]> {
  const answers = await Promise.all(flows.map(async (flow) => (await session.send({ ...flow, timeoutMs: answerWaitMs })).answer.kind));
  return flows.filter((_, index) => answers[index] !== "reply");
}

/**
 * Of which flows packets, sent all the while, were not answered, told as broken `law`. Throws a HarnessError where one could not be sent, and a
 * HeldUpError where some were lost while an exit node's partner took over on a machine that was held up.
 */
export async function lostDuring(
  session: Session,
  flows: readonly WatchedFlow[],
  { law, what }: { readonly law: string; readonly what: string },
  work: () => Promise<void>,
): Promise<{ readonly figures: readonly Figure[]; readonly stories: readonly string[]; readonly broken: readonly BrokenFlow[] }> {
  const takenBefore = await takeOvers(session);
  const watch = watchFlows({
    flows,
    rate: { everyMs: sendEveryMs, waitMs: answerWaitMs },
    clock: clockOfSession(session),
    send: async (flow, timeoutMs) => await session.send({ ...flow, timeoutMs }),
    identityOf: ({ answeredBy }) => (answeredBy === undefined ? undefined : session.identityOf(answeredBy)),
    isSilenced: () => false,
  });
  let probes: Awaited<ReturnType<typeof watch.stop>>;
  try {
    await work();
  } finally {
    probes = await watch.stop();
  }
  if (watch.failure !== undefined) throw new HarnessError(`a packet could not be sent: ${watch.failure.why}`);
  const broken = [...probes].flatMap(([flow, own]): BrokenFlow[] => {
    const lost = own.filter(({ answeredMs }) => answeredMs === undefined);
    if (lost[0] === undefined) return [];
    const { from, to, protocol, port } = flow;
    const prediction = predictAtRest(session.world, flow)?.prediction;
    return [
      {
        request: { from, to, protocol, ...(port === undefined ? {} : { port }) },
        ...(prediction === undefined ? {} : { prediction }),
        story: `${flow.text}: ${lost.length} of ${own.length} packets were lost while ${what}; expected: none (${law})`,
        during: what,
        ...tokenOf(lost[0]),
      },
    ];
  });
  const stories = broken.map(({ story }) => story);
  if (stories.length > 0 && watch.lateMs > mostOutageMs / 10 && (await takeOvers(session)) > takenBefore)
    throw new HeldUpError(
      `${stories[0]}, an exit node's partner took over meanwhile, and this machine was held up for ${Math.round(watch.lateMs)} ms`,
    );
  const sent = [...probes.values()].reduce((sum, own) => sum + own.length, 0);
  return { figures: [{ name: `packets sent while ${what}`, value: sent, unit: "packets", bound: null }], stories, broken };
}
