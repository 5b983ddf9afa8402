/**
 * EX-13 over time: a farm in which networks and NRs have come and gone in any order is, once its list is the one with which it was built, what
 * it was when it was built from that list: every node, and everybody's prefix.
 */
import { isDeepStrictEqual } from "node:util";
import { lastingCount, notAsBefore } from "../run/farm-state.ts";
import type { Session } from "../run/session.ts";
import { stateAtRest } from "./at-home.ts";
import { grantsNow } from "./handed-out.ts";
import { drawSteps, listsOf } from "./history.ts";
import { needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { leftAtLast, sameAgain } from "./left-at-last.ts";

const steps = 6;
/** A change takes a fifth of a second where nothing else runs on the machine. */
const stepWaitMs = 15_000;

async function asBuilt(session: Session): Promise<PropertyOutcome> {
  if (session.wishes.networks.length === 0) return outcomeOf(0, [], { nothing: "this farm has no network" });
  const before = { state: await stateAtRest(session, { flows: false }), granted: await grantsNow(session) };
  const history = drawSteps(session.wishes, session.seed, "EX-13 history", steps, 0);
  for (const { list } of listsOf(session.wishes, history, true)) await session.changeIntents(list);
  await session.changeIntents(session.wishes);
  const changed = await leftAtLast(session, sameAgain, async () => notAsBefore(before.state, await stateAtRest(session, { flows: false })));
  const isSame = isDeepStrictEqual(await grantsNow(session), before.granted);
  const after = `${steps} changes of the list later`;
  return outcomeOf(lastingCount(before.state), [
    ...changed.map((story) => `${after}, ${story}; expected: as it was built from the same list (EX-13)`),
    ...(isSame ? [] : [`${after}, networks have other prefixes; expected: those with which the farm was built from the same list (EX-13)`]),
  ]);
}

export const farmHistoryProperties: readonly Property[] = [
  {
    law: "EX-13",
    name: "EX-13 a farm in which networks and NRs came and went is what it was when it was built",
    needs: needsTunnels,
    alone: true,
    waitMs: () => (steps + 1) * stepWaitMs,
    run: asBuilt,
  },
];
