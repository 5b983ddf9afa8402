/**
 * EX-15: of two exit nodes that are partners each has its own number when all is well, and the other's within a quarter of a second when that
 * one falls silent; no established flow is lost, neither then nor when the number goes back.
 */
import { seededRandom } from "../../core/common/index.ts";
import type { ScheduledFault } from "../../core/farm/index.ts";
import { withFaults } from "../../emulator/faults/index.ts";
import type { LastingFlow } from "../../emulator/probe/index.ts";
import { upstreamOf } from "../oracle/index.ts";
import type { Bar } from "../oracle/index.ts";
import { clockOfSession } from "../run/clock.ts";
import { notAsBefore, stateOfFarm } from "../run/farm-state.ts";
import type { FarmState } from "../run/farm-state.ts";
import { faultContext } from "../run/fault-context.ts";
import { watchNeighbours } from "../run/neighbour-watch.ts";
import type { NeighbourAnswer } from "../run/neighbour-watch.ts";
import { heldBy, partneredBars } from "../run/places.ts";
import type { Session } from "../run/session.ts";
import { awayAtLast, comeBack, numbersBack, nameOf, notAtHome, notHeldBy } from "./at-home.ts";
import { cutOffFromStore } from "./ex-14-losses.ts";
import { keepFlows } from "./ex-15-flows.ts";
import type { KeptFlows } from "./ex-15-flows.ts";
import { HarnessError, needsTunnels, outcomeOf, unknownOutcome } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { leftAtLast } from "./left-at-last.ts";
import { noPartners } from "./silent.ts";
import { watchStalls } from "./stalls.ts";
import { mostOutageMs } from "./take-overs.ts";

const law = "EX-15";
/** How often each flow says a word, and how many flows there are at least. */
const pace = { everyMs: 20, most: 1 };
const takeOver = { waitMs: 10_000, everyMs: 50 };
/** A farm that is known to be broken may never be as it was: it is waited for only so that what is judged next has a chance. */
const comeBackBroken = { ...comeBack, waitMs: 45_000 };
/** Nothing but TCP waits before it sends anew. */
const datagramsAgain = { waitMs: 5000, everyMs: 100 };
/** Until TCP has sent anew what was lost: it waits twice as long each time. */
const flowsAgain = { waitMs: 15_000, everyMs: 100 };
/** A flow is answered that was within so many milliseconds, and since the number moved: what was answered before says nothing of who has it now. */
const silentMs = 300;
/** Longer than a lease of the store's, and than any retry. */
const storeAwayMs = 8000;

/** Until every flow that lives is answered anew, from when this is called: those that are lost, in words, and the longest time for which nobody passed anything on. */
async function lostFlows(
  session: Session,
  kept: KeptFlows,
  when: string,
): Promise<{ readonly lost: readonly string[]; readonly outageMs: number }> {
  const clock = clockOfSession(session);
  const since = clock.nowMs();
  let outageMs = 0;
  const words = {
    over: "was ended",
    moved: "was seen to come from another port",
    new: "never was open",
    open: "was not answered any more",
  };
  const unanswered = async (isWaitedFor: (flow: LastingFlow) => boolean): Promise<readonly string[]> => {
    const meanwhileMs = clock.nowMs() - since;
    const fates = await kept.fates();
    // TCP sends again what was lost, by a timer of its own: what the other ones show is how long it was.
    const gaps = kept.flows.map(({ flow }, index) => (flow.protocol === "tcp" ? 0 : (fates[index]?.gapMs ?? 0)));
    outageMs = Math.max(outageMs, ...gaps);
    return kept.flows.flatMap(({ text, flow }, index) => {
      const fate = fates[index];
      if (fate === undefined || (fate.state === "open" && fate.silentMs < Math.min(silentMs, meanwhileMs))) return [];
      return isWaitedFor(flow) ? [`${text} ${words[fate.state]} ${when}; expected: no established flow is lost (EX-15)`] : [];
    });
  };
  const datagrams = await leftAtLast(session, datagramsAgain, async () => await unanswered(({ protocol }) => protocol !== "tcp"));
  const lost = datagrams.length > 0 ? datagrams : await leftAtLast(session, flowsAgain, async () => await unanswered(() => true));
  return { lost, outageMs };
}

/** Who gives a number back hears of it by the other one's first advert, and may have answered a moment before. */
const handOverMs = 100;
/** So many answers of such a moment are heard at most: both ways, for each address. */
const mostAtOnce = 6;

/** Who answers may change with the host, there and back, and no more often: two who answer at a time are heard by turns. */
function judgeAnswers(bar: Bar, answers: readonly NeighbourAnswer[], turnsMost: number, what: string): readonly string[] {
  const own = answers.filter(({ address }) => heldBy(bar).includes(address));
  const turns = own.filter((answer, index) => answer.mac !== own[index - 1]?.mac);
  const isLong = ({ at }: NeighbourAnswer, index: number): boolean =>
    ((turns[index + 1]?.at ?? Number.POSITIVE_INFINITY) - at) * 1000 >= handOverMs;
  const long = turns.filter(isLong);
  const changes = long.filter((turn, index) => turn.mac !== long[index - 1]?.mac);
  if (changes.length <= turnsMost && turns.length - long.length <= mostAtOnce) return [];
  const said = turns.map(({ at, mac, address }) => `${mac} for ${address} after ${Math.round((at - (own[0]?.at ?? 0)) * 1000)} ms`);
  return [`two answered for ${nameOf(bar)} by turns while ${what} (${said.join(", ")}); expected: at most one at any moment (EX-15)`];
}

export interface Silence {
  readonly what: (node: string) => string;
  /** Whether the node ends, and starts anew when it is over; else all its processes go on where they were. */
  readonly ends: boolean;
}

/**
 * A power failure: the wires are cut silently, and everything stops. That the node has ended is made so a while later: a lab's nodes share one
 * kernel, which is slow to clear away a node's networks and lets no other node change its addresses meanwhile, as no machine's end would.
 */
export const death: Silence = { what: (node) => `${node} was dead`, ends: true };
/** The wires are cut silently, and every process stands still; all of them go on where they were. */
const freeze: Silence = { what: (node) => `${node} stood still`, ends: false };

export interface Moved {
  readonly stories: readonly string[];
  /** Established flows among what they tell. */
  readonly lost: number;
  /** How long nothing was answered when the number went, and when it came back, milliseconds. */
  readonly outageMs: number;
  readonly backMs: number;
  /** By how much the harness itself was held up meanwhile. */
  readonly stalledMs: number;
}

/** An exit node's own node falls silent until its partner has the number, and is there again until it has it back. */
export async function fallSilent(session: Session, bar: Bar, kept: KeptFlows, silence: Silence, before?: FarmState): Promise<Moved> {
  const clock = clockOfSession(session);
  const partner = bar.config.partner ?? "";
  const what = silence.what(bar.node);
  const context = faultContext(session.lab, clock);
  const node = session.lab.node(bar.node);
  const faults: readonly ScheduledFault[] = [{ atMs: 0, fault: { kind: "node-pause", node: bar.node } }];
  const stories: string[] = [];
  await kept.fates();
  const stalls = watchStalls(clock);
  const { value: gone } = await withFaults({ seed: session.seed, faults }, context, async ({ allDone }) => {
    await allDone;
    const left = await leftAtLast(session, takeOver, async () => await notHeldBy(session, bar, partner, undefined));
    stories.push(...left.map((one) => `${one} while ${what}; expected: the partner has all of it (EX-15)`));
    const fates = await lostFlows(session, kept, `while ${what}`);
    if (silence.ends) await node.powerOff();
    return fates;
  });
  const isBroken = stories.length + gone.lost.length > 0;
  if (isBroken && session.endsOnceBroken)
    return { stories: [...stories, ...gone.lost], lost: gone.lost.length, outageMs: gone.outageMs, backMs: 0, stalledMs: stalls.stop() };
  if (silence.ends) await node.powerOn();
  const stalledMs = stalls.stop();
  const patience = silence.ends ? (isBroken ? comeBackBroken : comeBack) : numbersBack;
  const left = await leftAtLast(session, patience, async () => {
    const away = await notHeldBy(session, bar, bar.node, partner);
    if (away.length > 0 || before === undefined) return away;
    try {
      return notAsBefore(before, await stateOfFarm(session, { flows: false }));
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
  stories.push(...left.map((one) => `${one} after ${what}; expected: all as it was before (EX-15)`));
  if (silence.ends) await session.listenAgain(bar.node);
  const back = await lostFlows(session, kept, `when ${bar.node} had its number back after ${what}`);
  const lost = [...gone.lost, ...back.lost];
  return { stories: [...stories, ...lost], lost: lost.length, outageMs: gone.outageMs, backMs: back.outageMs, stalledMs };
}

/** Of one exit node, chosen by the seed; once more where it took too long, as the bound is one of many times. */
async function silent(session: Session, silence: Silence): Promise<PropertyOutcome> {
  const bars = partneredBars(session.world);
  const [bar] = seededRandom(session.seed, law).shuffle(bars);
  if (bar === undefined) return outcomeOf(0, [], { nothing: noPartners });
  const upstream = upstreamOf(session.world, bar);
  if (upstream === undefined) throw new HarnessError(`${bar.node} has no upstream router`);
  const away = await awayAtLast(session, bars);
  if (away.length > 0)
    return outcomeOf(
      1,
      away.map((one) => `${one} when all was well; expected: each its own (EX-15)`),
    );
  const before = await stateOfFarm(session, { flows: false });
  const what = silence.what(bar.node);
  const ipv4 = bar.config.ipv4?.address;
  const asked = { ipv6: [bar.linkLocal, bar.address6], ...(ipv4 === undefined ? {} : { ipv4 }) };
  const kept = await keepFlows(session, bars, [bar.node], pace);
  const times: Moved[] = [];
  const stories: string[] = [];
  const turns: string[] = [];
  try {
    while (times.length < 3 && stories.length === 0 && times.filter(({ outageMs }) => outageMs <= mostOutageMs).length === 0) {
      const neighbours = await watchNeighbours(session.lab, upstream.segment, asked, clockOfSession(session));
      let answers: readonly NeighbourAnswer[];
      try {
        const moved = await fallSilent(session, bar, kept, silence, before);
        times.push(moved);
        stories.push(...moved.stories);
      } finally {
        answers = await neighbours.stop();
      }
      turns.push(...judgeAnswers(bar, answers, 3, what));
    }
  } finally {
    await kept.close();
  }
  // A daemon that got no time says nothing for as long as that, and is taken for silent: that is no fault of the two.
  const isStalled = times.some(({ stalledMs }) => stalledMs > mostOutageMs / 10);
  if (turns.length > 0 && stories.length === 0 && isStalled)
    return unknownOutcome(`${turns[0]}, and the machine was busy`, kept.flows.length);
  stories.push(...turns);
  const quickest = times.toSorted((one, other) => one.outageMs - other.outageMs)[0];
  const outageMs = quickest?.outageMs ?? 0;
  const isLate = stories.length === 0 && outageMs > mostOutageMs;
  // What is longer than a busy machine explains is late all the same.
  const mayBeOurs = ({ outageMs: longMs, stalledMs }: Moved): boolean =>
    stalledMs > mostOutageMs / 10 && longMs < mostOutageMs + 10 * stalledMs;
  if (isLate && times.every(mayBeOurs))
    return unknownOutcome(`the harness was held up for ${Math.round(quickest?.stalledMs ?? 0)} ms`, kept.flows.length);
  if (isLate)
    stories.push(
      `nothing was answered for ${outageMs} ms while ${what}, at the best of ${times.length} times; expected: at most ${mostOutageMs} ms (EX-15)`,
    );
  const figures = [
    { name: `outage while ${what}`, value: outageMs, unit: "ms", bound: mostOutageMs },
    { name: `outage when ${bar.node} had its number back`, value: quickest?.backMs ?? 0, unit: "ms", bound: null },
  ];
  return outcomeOf(kept.flows.length * times.length, stories, { figures });
}

/** The store decides nothing here: without it all goes on as it was. Nor do agents, who look at everything when they start. */
async function withoutStore(session: Session): Promise<PropertyOutcome> {
  const bars = partneredBars(session.world);
  const [bar] = bars;
  if (bar === undefined) return outcomeOf(0, [], { nothing: noPartners });
  const upstream = upstreamOf(session.world, bar);
  if (upstream === undefined) throw new HarnessError(`${bar.node} has no upstream router`);
  const clock = clockOfSession(session);
  const away = await awayAtLast(session, bars);
  if (away.length > 0)
    return outcomeOf(
      1,
      away.map((one) => `${one} when all was well; expected: each its own (EX-15)`),
    );
  const kept = await keepFlows(session, bars, [], pace);
  const ipv4 = bar.config.ipv4?.address;
  const neighbours = await watchNeighbours(
    session.lab,
    upstream.segment,
    { ipv6: [bar.linkLocal, bar.address6], ...(ipv4 === undefined ? {} : { ipv4 }) },
    clock,
  );
  const what = "the exit nodes were cut off from the store";
  const faults = bars.flatMap(({ node }) => cutOffFromStore.faults(session, node)).map((fault): ScheduledFault => ({ atMs: 0, fault }));
  const stories: string[] = [];
  const stalls = watchStalls(clock);
  let answers: readonly NeighbourAnswer[];
  try {
    await withFaults({ seed: session.seed, faults }, faultContext(session.lab, clock), async ({ allDone }) => {
      await allDone;
      await clock.pause(storeAwayMs);
      stories.push(...(await notAtHome(session, bars)).map((one) => `${one} while ${what}; expected: each its own (EX-15)`));
      stories.push(...(await lostFlows(session, kept, `while ${what}`)).lost);
    });
  } finally {
    await kept.close();
    answers = await neighbours.stop();
  }
  const turns = judgeAnswers(bar, answers, 1, what);
  const isStalled = stalls.stop() > mostOutageMs / 10;
  // Agents of a farm that is known to be broken may not get ready, which would hide what was found.
  if (stories.length === 0) {
    await session.restartAgents();
    stories.push(...(await awayAtLast(session, bars)).map((one) => `${one} when agents had started anew; expected: each its own (EX-15)`));
  }
  if (turns.length > 0 && stories.length === 0 && isStalled)
    return unknownOutcome(`${turns[0]}, and the machine was busy`, kept.flows.length);
  return outcomeOf(kept.flows.length, [...stories, ...turns]);
}

const property = (what: string, run: Property["run"]): Property => ({
  law,
  name: `EX-15 ${what}`,
  needs: needsTunnels,
  alone: true,
  needsQuiet: ({ nodes }) => nodes.some(({ emulate, exitNode }) => emulate && exitNode?.partner !== undefined),
  waitMs: () => 3 * (takeOver.waitMs + 2 * comeBack.waitMs),
  run,
});

export const partnerProperties: readonly Property[] = [
  // The last is the dearest: somebody has to start.
  property(
    "an exit node whose node stands still costs a quarter of a second and no established flow, there and back",
    async (session) => await silent(session, freeze),
  ),
  property("partners cut off from the store keep what each has", withoutStore),
  property(
    "an exit node whose node dies costs a quarter of a second and no established flow, there and back",
    async (session) => await silent(session, death),
  ),
];
