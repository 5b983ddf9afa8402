/**
 * EX-14: an exit node whose node dies, or is cut off from the store, or whose agent stands still, is hosted by its standby: under the same
 * addresses, with never two who answer for them, and the upstream router untouched. It comes back with its node.
 */
import { seededRandom } from "../../core/common/index.ts";
import type { ScheduledFault } from "../../core/farm/index.ts";
import { withFaults } from "../../emulator/faults/index.ts";
import { predictAt, upstreamOf } from "../oracle/index.ts";
import type { Bar } from "../oracle/index.ts";
import { clockOfSession } from "../run/clock.ts";
import { faultContext } from "../run/fault-context.ts";
import { notAsBefore, stateOfFarm } from "../run/farm-state.ts";
import type { FarmState } from "../run/farm-state.ts";
import { followRecord } from "../run/host-record.ts";
import type { FollowedRecord } from "../run/host-record.ts";
import { heldBy, liveBars } from "../run/places.ts";
import { watchNeighbours } from "../run/neighbour-watch.ts";
import type { NeighbourAnswer } from "../run/neighbour-watch.ts";
import type { Session } from "../run/session.ts";
import { flowsThatWork } from "../what-if/flows.ts";
import type { WatchedFlow } from "../what-if/flows.ts";
import { outagesOf } from "../what-if/outages.ts";
import { watchFlows } from "../what-if/watch-flows.ts";
import type { FlowWatch } from "../what-if/watch-flows.ts";
import { cutOffFromStore, death, nodeDeath, standstill } from "./ex-14-losses.ts";
import type { Loss } from "./ex-14-losses.ts";
import { HarnessError, needsTunnels, outcomeOf, unknownOutcome } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { leftAtLast } from "./left-at-last.ts";
import { noStandby } from "./silent.ts";
import { silentFlows } from "./steady-flows.ts";

/** From the moment at which the store lets the exit node go until the last flow is answered again. */
const mostFromDetectionMs = 3000;
/** A lease's time, half a second until the store looks, and the time for making it all. */
const mostOutageMs = 5000 + 500 + mostFromDetectionMs;
const takeOver = { waitMs: 20_000, everyMs: 50 };
const comeBack = { waitMs: 45_000, everyMs: 200 };
const rate = { everyMs: 50, waitMs: 1500 };
const mostFlows = 24;
const farAwayMs = 1_000_000;
const law = "EX-14";

/** Some of the flows that must go on by the standby once the exit node's own node is dead. */
function flowsBeyond({ world, seed }: Session, node: string): readonly WatchedFlow[] {
  const patience = { settleMs: 0, timeline: { faults: [{ atMs: 0, fault: nodeDeath(node) }], changes: [] } };
  const certain = flowsThatWork(world).filter((flow) => predictAt(world, flow, farAwayMs, patience)?.mode === "must");
  return seededRandom(seed, "EX-14 flows").shuffle(certain).slice(0, mostFlows);
}

async function tableOf(session: Session, router: string): Promise<string> {
  const shown = await Promise.all(
    ["-4", "-6"].map(async (family) => await session.read({ node: router }, ["ip", family, "route", "show", "table", "all"])),
  );
  // What is known for a time is known anew all the time.
  return shown.join("").replaceAll(/ expires \S+/g, "");
}

async function whatTheHostLacks(session: Session, bar: Bar, host: string): Promise<readonly string[]> {
  const { code, stdout } = await session.lab.node(host).exec(["ip", "-br", "address", "show"], { namespace: "gateway" });
  const has = (code === 0 ? stdout : "").split(/\s+/).map((word) => word.split("/")[0]);
  return heldBy(bar)
    .filter((address) => !has.includes(address))
    .map((address) => `${host} hosts exit node ${bar.config.number} without ${address}`);
}

/** Who answers may change with the host, there and back, and no more often: two who answer at a time are heard by turns. */
function judgeAnswers(bar: Bar, answers: readonly NeighbourAnswer[], what: string): readonly string[] {
  const addresses = heldBy(bar);
  const own = answers.filter(({ address }) => addresses.includes(address));
  const turns = own.filter((answer, index) => answer.mac !== own[index - 1]?.mac);
  const [, standby, back] = turns;
  if (standby === undefined)
    return [`nobody but one host answered for exit node ${bar.config.number} while ${what}; expected: its standby too (EX-14)`];
  if (turns.length > 3) {
    const againMs = Math.round(((back?.at ?? 0) - standby.at) * 1000);
    return [
      `two answered for ${addresses.join(", ")} by turns, ${turns.length} times, the first one again after ${againMs} ms, while ${what}; expected: one after the other (EX-14)`,
    ];
  }
  return addresses
    .filter((wanted) => !own.some(({ address, mac, toAll }) => address === wanted && mac === standby.mac && toAll))
    .map((wanted) => `the standby did not tell its neighbours that it has ${wanted} while ${what}; expected: told to all (EX-14)`);
}

interface Watched {
  readonly session: Session;
  readonly bar: Bar;
  readonly loss: Loss;
  readonly record: FollowedRecord;
  readonly watch: FlowWatch;
  readonly flows: readonly WatchedFlow[];
}

/** The standby has it under the same addresses, and every flow goes on: what still fails at the deadline. */
async function untilTakenOver({ session, bar, record, watch, flows }: Watched): Promise<readonly string[]> {
  const left = await leftAtLast(session, takeOver, async () => {
    const { host, endedMs } = record;
    const isStandby = bar.config.standbys?.some(({ node }) => node === host) === true;
    if (!isStandby || host === undefined || endedMs === undefined) return ["nobody stands in for it"];
    const silent = flows.filter((flow) => !watch.isAnswering(flow, endedMs)).map(({ text }) => `${text} is not answered`);
    // Where no flow tells that all has been made.
    return silent.length > 0 ? silent : await whatTheHostLacks(session, bar, host);
  });
  return left.map(
    (one) =>
      `${one}, ${takeOver.waitMs / 1000} s after exit node ${bar.config.number} was lost to ${bar.node}; expected: hosted by its standby under the same addresses, and all answered (EX-14)`,
  );
}

/** Its own node has it again, and the farm is as it was: what is otherwise at the deadline. */
async function untilBack({ session, bar, record }: Watched, before: FarmState): Promise<readonly string[]> {
  const left = await leftAtLast(session, comeBack, async () => {
    if (record.host !== bar.node) return [`exit node ${bar.config.number} is hosted by ${record.host ?? "nobody"}`];
    try {
      const differences = notAsBefore(before, await stateOfFarm(session, { flows: false }));
      // Now that nothing is made anew any more: what ran beside the exit point may have gone with it, if only for a moment.
      if (differences.length === 0) await session.listenAgain(bar.node);
      return differences;
    } catch (error) {
      // What is just being made or taken away cannot be looked at.
      return [error instanceof Error ? error.message : String(error)];
    }
  });
  const otherwise = left.map((one) => `${one} after ${bar.node} was there again; expected: all as it was before (EX-14)`);
  if (otherwise.length > 0) return otherwise;
  const works = flowsThatWork(session.world);
  const silent = await leftAtLast(session, comeBack, async () => (await silentFlows(session, works)).map(({ text }) => text));
  return silent.map((text) => `${text} is not answered after ${bar.node} was there again; expected: answered, as before (EX-14)`);
}

interface Stood {
  readonly stories: readonly string[];
  readonly beganMs: number;
  readonly takenMs: number;
}

/** The exit node is lost until its standby has it, and given back. */
async function stand(watched: Watched, router: string): Promise<Stood> {
  const { session, bar, loss } = watched;
  const { lab, seed } = session;
  const table = await tableOf(session, router);
  const context = faultContext(lab, clockOfSession(session));
  const faults = loss.faults(session, bar.node).map((fault): ScheduledFault => ({ atMs: 0, fault }));
  const beganMs = session.nowMs();
  const { value } = await withFaults({ seed, faults }, context, async ({ allDone }): Promise<Stood> => {
    await allDone;
    await loss.begin?.(session, bar.node);
    try {
      const late = await untilTakenOver(watched);
      const takenMs = session.nowMs();
      const isOther = (await tableOf(session, router)) !== table;
      const other = isOther ? [`router ${router} has other routes while ${loss.what(bar.node)}; expected: untouched (EX-14)`] : [];
      return { stories: [...late, ...other], beganMs, takenMs };
    } finally {
      await loss.end?.(session, bar.node);
    }
  });
  return value;
}

async function lose(session: Session, bar: Bar, loss: Loss): Promise<PropertyOutcome> {
  const clock = clockOfSession(session);
  const upstream = upstreamOf(session.world, bar);
  if (upstream === undefined) throw new HarnessError(`${bar.node} has no upstream router`);
  const what = loss.what(bar.node);
  const flows = flowsBeyond(session, bar.node);
  const [silent] = await silentFlows(session, flows);
  if (silent !== undefined) return unknownOutcome(`before anything was done ${silent.text} was not answered`);
  const before = await stateOfFarm(session, { flows: false });
  const ending = new AbortController();
  const record = followRecord(session, bar, ending.signal);
  const ipv4 = bar.config.ipv4?.address;
  const asked = { ipv6: [bar.linkLocal, bar.address6], ...(ipv4 === undefined ? {} : { ipv4 }) };
  const neighbours = await watchNeighbours(session.lab, upstream.segment, asked, clock);
  const watch = watchFlows({
    ...{ flows, rate, clock, isSilenced: () => false },
    send: async (flow, timeoutMs) => await session.send({ ...flow, timeoutMs }),
    identityOf: ({ answeredBy }) => (answeredBy === undefined ? undefined : session.identityOf(answeredBy)),
  });
  const watched: Watched = { session, bar, loss, record, watch, flows };
  const stories: string[] = [];
  let stood: Stood | undefined;
  let answers: readonly NeighbourAnswer[];
  let probes: Awaited<ReturnType<FlowWatch["stop"]>>;
  try {
    stood = await stand(watched, upstream.name);
    const isOver = stood.stories.length > 0 && session.endsOnceBroken;
    stories.push(...stood.stories, ...(isOver ? [] : await untilBack(watched, before)));
  } finally {
    ending.abort();
    probes = await watch.stop();
    answers = await neighbours.stop();
  }
  if (watch.failure !== undefined) throw new HarnessError(`a packet could not be sent: ${watch.failure.why}`);
  stories.push(
    ...record.unasked.map((taken) => `the exit node was taken, ${taken}, which had not given it; expected: it stands down first (EX-14)`),
    ...judgeAnswers(bar, answers, what),
  );
  const { beganMs, takenMs } = stood;
  const outages = [...probes].flatMap(([flow, own]) =>
    outagesOf(own.filter(({ sentMs }) => sentMs >= beganMs && sentMs <= takenMs)).map(({ untilMs }) => ({
      flow,
      atMs: untilMs ?? takenMs,
    })),
  );
  const lastMs = Math.max(beganMs, ...outages.map(({ atMs }) => atMs));
  const late = outages.filter(({ atMs }) => atMs - (record.endedMs ?? beganMs) > mostFromDetectionMs).map(({ flow }) => flow.text);
  const outageMs = Math.round(lastMs - beganMs);
  const fromDetectionMs = Math.max(0, Math.round(lastMs - (record.endedMs ?? beganMs)));
  const isLate = stories.length === 0 && (outageMs > mostOutageMs || fromDetectionMs > mostFromDetectionMs);
  if (isLate && watch.lateMs > mostFromDetectionMs / 10)
    return unknownOutcome(`the harness was held up for ${Math.round(watch.lateMs)} ms`, flows.length);
  const away = `flows were away for ${outageMs} ms while ${what}, ${fromDetectionMs} ms of them after the store had let the exit node go`;
  // All of them, or those of one tunnel: that tells apart what was late.
  const which = late.length > 0 && late.length < flows.length ? `, and so long only ${[...new Set(late)].join(", ")}` : "";
  if (isLate) stories.push(`${away}${which}; expected: at most ${mostOutageMs} and ${mostFromDetectionMs} ms (EX-14)`);
  const figures = [
    { name: `outage while ${what}`, value: outageMs, unit: "ms", bound: mostOutageMs },
    {
      name: `of that after the store had let the exit node go, while ${what}`,
      value: fromDetectionMs,
      unit: "ms",
      bound: mostFromDetectionMs,
    },
  ];
  return outcomeOf(flows.length + answers.length, stories, { figures });
}

/** Of an exit node that has a standby, chosen by the seed. */
const property = (what: string, loss: Loss): Property => ({
  law,
  name: `EX-14 ${what}`,
  needs: needsTunnels,
  alone: true,
  waitMs: () => takeOver.waitMs + 3 * comeBack.waitMs,
  run: async (session) => {
    const bars = liveBars(session.world).filter(({ config }) => config.standbys !== undefined);
    const [bar] = seededRandom(session.seed, law).shuffle(bars);
    return bar === undefined ? outcomeOf(0, [], { nothing: noStandby }) : await lose(session, bar, loss);
  },
});

export const standbyProperties: readonly Property[] = [
  property("an exit node whose node dies is hosted by its standby, and comes back with its node", death),
  property("an exit node that is cut off from the store is silent before its standby answers", cutOffFromStore),
  property("an exit node whose agent stands still is silent before its standby answers", standstill),
];
