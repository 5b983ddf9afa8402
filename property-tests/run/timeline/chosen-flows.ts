/** Which flows are watched while a timeline goes on: of each law some of every history that the timeline gives them, those that it leaves alone among them. */
import { everyFlow, predict, predictAt } from "../../oracle/index.ts";
import type { Flow, World } from "../../oracle/index.ts";
import { seededRandom } from "../../../core/common/index.ts";
import { lastMsOf } from "./settling.ts";

const mostOfLaw = 16;

/** In the middle of everything that the timeline does. */
function timesOf(world: World): number[] {
  const { faults, changes } = world.farm.timeline;
  const events = [
    ...faults.flatMap(({ atMs, healAtMs }) => [atMs, ...(healAtMs === undefined ? [] : [healAtMs])]),
    ...changes.map(({ atMs }) => atMs),
  ];
  return [-1, ...events, lastMsOf(world.farm) + 1].flatMap((atMs) => [atMs, atMs + 1]);
}

/** What becomes of a flow in the course of the timeline, and by which of its law's clauses; of two with one history the one shows as much as the other. */
function historyOf(world: World, flow: Flow, times: readonly number[]): string {
  const modes = times.map((atMs) => {
    const timed = predictAt(world, flow, atMs, { settleMs: 0 });
    return timed === undefined ? "away" : `${timed.mode} ${timed.prediction.law} ${timed.prediction.because}`;
  });
  return modes.join(", ");
}

/** One of each list in turn. */
function inTurn<T>(lists: readonly (readonly T[])[], most: number): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const turns = Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1)));
  return turns.flat().slice(0, most);
}

/**
 * Of each law, by the seed. A kernel that answers echoes does not say what it saw, so that services come first where there are some; of what
 * must never arrive anyway there are a few as well.
 */
export function chosenFlows(world: World, seed: number, internetPort: number): Flow[] {
  const times = timesOf(world);
  const byLaw = Map.groupBy(everyFlow(world, internetPort), (flow) => predict(world, flow)?.law ?? "");
  return [...byLaw].flatMap(([law, own]) => {
    const shuffled = seededRandom(seed, `timeline ${law}`).shuffle(own);
    const inOrder = [...shuffled.filter(({ protocol }) => protocol !== "icmp"), ...shuffled.filter(({ protocol }) => protocol === "icmp")];
    const histories = Map.groupBy(inOrder, (flow) => historyOf(world, flow, times));
    return inTurn([...histories.values()], mostOfLaw);
  });
}
