/** EX-17: an agent that finds its node as it should be changes nothing, and puts right what somebody changed by hand, and only that. */
import { emulatedNodes } from "../../core/farm/index.ts";
import type { StoreEntry } from "../../core/store/index.ts";
import { gatewayUpPlace, liveBars, overlayName, resourcePosition } from "../run/places.ts";
import { gatewayIpv4, hexOf } from "../oracle/index.ts";
import type { NodeStatus } from "../../core/intents/index.ts";
import type { Position, Session } from "../run/session.ts";
import { driftedTexts, handiwork } from "./drift.ts";
import type { DriftPlace } from "./drift.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { notPublishedAgain, publishedFacts, publishedTexts, publishing } from "./published-facts.ts";

interface AfterRestart {
  /** Changes of every node's agent since. */
  readonly statuses: readonly { readonly node: string; readonly changes: number }[];
  /** Of agents that fail at what their predecessors left. */
  readonly stories: readonly string[];
}

/** Starts every agent anew: it knows nothing of what its predecessor left, and looks at all of it. */
async function afterRestart(session: Session): Promise<AfterRestart> {
  const statuses = (): NodeStatus[] => emulatedNodes(session.farm).flatMap(({ name }) => session.statuses.get(name) ?? []);
  try {
    await session.restartAgents();
  } catch (error) {
    const failing = statuses().filter(({ phase }) => phase === "failing");
    if (failing.length === 0) throw error;
    const stories = failing.map(
      ({ node, messages }) =>
        `the agent of ${node}, started anew, fails: ${messages.join("; ").slice(0, 200)}; expected: ready, as its predecessor was (EX-17)`,
    );
    return { statuses: [], stories };
  }
  const silent = emulatedNodes(session.farm).find(({ name }) => !session.statuses.has(name));
  if (silent !== undefined) throw new HarnessError(`the agent of ${silent.name} says nothing after its restart`);
  return { statuses: statuses(), stories: [] };
}

/** What was written anew and is the same; an agent that does not stop doing so gets nobody ready. */
async function writtenAnew(session: Session, before: readonly StoreEntry[]): Promise<string[]> {
  const now = await publishedFacts(session);
  return before
    .filter(({ key, value, revision }) => now.some((one) => one.key === key && one.value === value && one.revision !== revision))
    .map(
      ({ key }) =>
        `${key} was written again, and is the same; expected: not written (EX-17: applying the same state again changes nothing)`,
    );
}

async function nothingToDo(session: Session): Promise<PropertyOutcome> {
  const before = await publishedFacts(session);
  let after: AfterRestart;
  try {
    after = await afterRestart(session);
  } catch (error) {
    const anew = await writtenAnew(session, before);
    if (anew.length === 0) throw error;
    return outcomeOf(emulatedNodes(session.farm).length, anew);
  }
  const { statuses, stories } = after;
  const changed = statuses
    .filter(({ changes }) => changes > 0)
    .map(
      ({ node, changes }) =>
        `the agent of ${node}, started anew, changed ${changes} things; expected: 0, as they were right (EX-17: applying the same state again runs no command that changes state)`,
    );
  return outcomeOf(emulatedNodes(session.farm).length, [...stories, ...changed, ...(await writtenAnew(session, before))]);
}

/** One NR of every node and kind of overlay, and every gateway. */
function driftPlaces(session: Session): DriftPlace[] {
  const resources = emulatedNodes(session.farm).flatMap(({ name }, nodeIndex): DriftPlace[] => {
    const own = session.world.networks.flatMap((network) =>
      network.resources.filter(({ node }) => node === name).map((resource) => ({ network, resource })),
    );
    // The host's part of one is enough; of each kind of overlay there is one.
    const chosen = own.filter(({ resource }, index) => own.findIndex((one) => one.resource.overlay === resource.overlay) === index);
    return chosen.map(({ network, resource }, index) => ({
      position: resourcePosition(network, resource),
      link: `veth-${hexOf(resource)}-${network.network.allocationNumber}`,
      ...(index > 0 ? {} : { hostBridge: `br-${hexOf(resource)}-${network.network.allocationNumber}` }),
      ...(network.resources.length > 1 ? { [resource.overlay]: overlayName(network, resource) } : {}),
      tunnelDrift: nodeIndex % 2 === 0 ? "peers" : "port",
    }));
  });
  // Where a stray address is the only one of its family on a link, the kernel takes all routes over it along when it goes, others' too.
  const gateways = liveBars(session.world).flatMap((bar): DriftPlace[] => {
    const { interface: link, ...position } = gatewayUpPlace(bar);
    return gatewayIpv4(bar) === undefined ? [] : [{ position, link }];
  });
  return [...resources, ...gateways];
}

const called = ({ node, namespace }: Position): string => `${namespace ?? "the host's namespace"} on ${node}`;

/** What a hand changed and no agent put right goes with the networks: it is no other law's to find. Agents that cannot do even that have been told of. */
async function makeAnew(session: Session): Promise<void> {
  for (const list of [{ ...session.wishes, networks: [] }, session.wishes])
    await session.changeIntents(list, "pass").catch(() => undefined);
}

/** What was changed by hand is as it was before; what others made in farmlab's namespaces is as they made it. */
async function putRight(session: Session): Promise<PropertyOutcome> {
  const places = driftPlaces(session);
  const before = await Promise.all(places.map(async (place) => await driftedTexts(session, place)));
  const hands = places.map((place) => handiwork(session, place));
  const stories: string[] = [];
  let tidied: readonly PromiseSettledResult<void>[] = [];
  try {
    await Promise.all(hands.map(async (hand) => await hand.change()));
    const { statuses, stories: failing } = await afterRestart(session);
    stories.push(...failing);
    const quiet = statuses.filter(({ node, changes }) => changes === 0 && places.some(({ position }) => position.node === node));
    stories.push(
      ...quiet.map(({ node }) => `the agent of ${node} changed nothing; expected: what was changed by hand is put right (EX-17)`),
    );
    for (const [index, place] of places.entries()) {
      const now = await driftedTexts(session, place);
      for (const [what, text] of Object.entries(before[index] ?? {})) {
        if (now[what] === text) continue;
        const lost = text.split("\n").filter((line) => !now[what]?.split("\n").includes(line));
        const more = (now[what] ?? "").split("\n").filter((line) => !text.split("\n").includes(line));
        const told = [...lost.map((line) => `without ${line.trim()}`), ...more.map((line) => `with ${line.trim()}`)].slice(0, 4).join("; ");
        stories.push(
          `${what} of ${called(place.position)}, changed by hand, are ${told}; expected: as they were before (EX-17: drift is repaired)`,
        );
      }
      const gone = await hands[index]?.foreignGone();
      stories.push(
        ...(gone ?? []).map(
          (what) =>
            `${what}, which somebody made in ${called(place.position)}, is gone; expected: still there (EX-17: nothing else is touched)`,
        ),
      );
    }
  } finally {
    tidied = await Promise.allSettled(hands.map(async (hand) => await hand.tidy()));
  }
  // What is broken already may be what keeps it from being taken away.
  for (const one of tidied) if (one.status === "rejected" && stories.length === 0) throw one.reason;
  if (stories.length > 0) await makeAnew(session);
  return outcomeOf(places.length, stories, { nothing: "this farm has no network" });
}

/** What a node publishes, as others read it: the same to them, but not the text that the node wrote. */
const byAnotherHand = (text: string): string => text.replace(/\}$/, ',"by":"hand"}');

async function publishedAgain(session: Session): Promise<PropertyOutcome> {
  const before = await publishedTexts(session);
  await Promise.all([...before].map(async ([key, text]) => await session.store.put(key, byAnotherHand(text))));
  const left = await notPublishedAgain(session, before);
  const stories = left.map(
    (what) =>
      `${what} ${publishing.waitMs / 1000} s after somebody wrote over it; expected: as its node published it (EX-17: drift in what farmlab owns is repaired)`,
  );
  return outcomeOf(before.size, stories);
}

export const driftProperties: readonly Property[] = [
  {
    law: "EX-17",
    name: "EX-17 an agent that starts anew finds its node right and changes nothing",
    needs: needsTunnels,
    alone: true,
    run: nothingToDo,
  },
  {
    law: "EX-17",
    name: "EX-17 what is changed by hand is put right at the next look, and what is another's is left alone",
    needs: needsTunnels,
    alone: true,
    run: putRight,
  },
  {
    law: "EX-17",
    name: "EX-17 what a node publishes is published again where somebody else has written over it",
    needs: needsTunnels,
    alone: true,
    run: publishedAgain,
  },
];
