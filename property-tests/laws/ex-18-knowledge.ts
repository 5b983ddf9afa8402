/**
 * EX-18: what an agent knows it has from the list, from what nodes publish and from its own key file. So it may be killed, its node may be
 * started again, and the store may lose all that nodes can say once more: the farm is the same after each, and packets do not notice that
 * an agent or the store was away.
 */
import { emulatedNodes } from "../../core/farm/index.ts";
import { seededRandom } from "../../core/common/index.ts";
import { stateAtRest } from "./at-home.ts";
import { replaceStore } from "./another-store.ts";
import { expectedMesh } from "../oracle/index.ts";
import { lastingCount, notAsBefore } from "../run/farm-state.ts";
import type { FarmState } from "../run/farm-state.ts";
import { liveBars } from "../run/places.ts";
import type { Session } from "../run/session.ts";
import type { WatchedFlow } from "../what-if/flows.ts";
import { HarnessError, HeldUpError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { leftAtLast, sameAgain } from "./left-at-last.ts";
import { notPublishedAgain, publishedText, publishedTexts, publishing } from "./published-facts.ts";
import { answeredFlows, lostDuring, silentFlows } from "./steady-flows.ts";

const keyFile = "/var/lib/farmlab/keys.json";

/** What agents say that are not ready again after what was done; nothing else than that is waited for. */
async function notReadyAfter(session: Session, what: string, work: () => Promise<void>): Promise<readonly string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    const stories = emulatedNodes(session.farm).flatMap(({ name }) => {
      const status = session.statuses.get(name);
      if (status?.phase === "ready") return [];
      const said = status === undefined ? "says nothing" : `is ${status.phase} (${status.messages.join("; ").slice(0, 200)})`;
      return [`the agent of ${name} ${said} after ${what}; expected: ready, as before (EX-18)`];
    });
    if (stories.length === 0) throw error;
    return stories;
  }
}

interface Known {
  readonly state: FarmState;
  /** Of each node: which file it is and when it was written last, empty where there is none. Not what is in it: in a run from a seed an agent would make the same keys again. */
  readonly keyFiles: ReadonlyMap<string, string>;
}

async function knownBy(session: Session): Promise<Known> {
  const keyFiles = emulatedNodes(session.farm).map(async ({ name }) => {
    const { stdout } = await session.lab.node(name).exec(["stat", "-c", "%i %z", keyFile]);
    return [name, stdout.trim()] as const;
  });
  return { state: await stateAtRest(session, { flows: false }), keyFiles: new Map(await Promise.all(keyFiles)) };
}

interface Rest extends Known {
  readonly flows: readonly WatchedFlow[];
}

/** The farm before anything is done to it. */
async function atRest(session: Session): Promise<Rest> {
  return { ...(await knownBy(session)), flows: await answeredFlows(session) };
}

const hasKeys = ({ world }: Session, node: string): boolean =>
  world.networks.some(({ resources }) => resources.some((resource) => resource.node === node && resource.overlay === "wireguard"));

/** What stays otherwise than before. */
async function otherwise(session: Session, before: Known, what: string): Promise<readonly string[]> {
  const differences = await leftAtLast(session, sameAgain, async () => {
    const { state, keyFiles } = await knownBy(session);
    const wrong = [...keyFiles].flatMap(([node, file]) => {
      if (file === "") return hasKeys(session, node) ? [`${node} has no key file`] : [];
      return before.keyFiles.get(node) === file ? [] : [`${node} has another key file`];
    });
    return [...notAsBefore(before.state, state), ...wrong];
  });
  return differences.map((difference) => `after ${what}, ${difference}; expected: as it was before (EX-18)`);
}

async function noLongerAnswered(session: Session, flows: readonly WatchedFlow[], what: string): Promise<readonly string[]> {
  const silent = await silentFlows(session, flows);
  return silent.map(({ text }) => `${text} is not answered after ${what}; expected: answered, as before (EX-18)`);
}

const law = "EX-18";
const nothing = "this farm has no network";

async function restartedAgents(session: Session): Promise<PropertyOutcome> {
  if (session.world.networks.length === 0) return outcomeOf(0, [], { nothing });
  const what = "its agent was killed and started anew";
  const before = await atRest(session);
  let late: readonly string[] = [];
  const { figures, stories, broken } = await lostDuring(
    session,
    before.flows,
    { law, what: "agents were killed and started anew" },
    async () => {
      late = await notReadyAfter(session, what, async () => await session.restartAgents());
    },
  );
  const changed = await otherwise(session, before, what);
  return outcomeOf(before.flows.length + lastingCount(before.state), [...stories, ...late, ...changed], { figures, broken });
}

/**
 * Chosen by the seed; where there are such, of the nodes that can open every tunnel of theirs themselves: the others of a tunnel find out
 * only after 15 s of silence that its sessions are gone.
 */
function nodeToReboot({ world, seed, farm }: Session): string | undefined {
  const waiting = new Set(
    world.networks
      .flatMap((network) => expectedMesh(world, network))
      .filter(({ peers }) => peers.some(({ endpoints }) => endpoints.length === 0))
      .map(({ resource }) => resource.node),
  );
  const concerned = emulatedNodes(farm)
    .map(({ name }) => name)
    .filter((node) => world.networks.some(({ resources }) => resources.some((one) => one.node === node)));
  const quick = concerned.filter((node) => !waiting.has(node));
  return seededRandom(seed, "EX-18 reboot").shuffle(quick.length > 0 ? quick : concerned)[0];
}

/** How the others reach a node, by its own word. */
async function reachOf(session: Session, node: string): Promise<string> {
  const text = (await publishedText(session, node)) ?? "{}";
  const { endpoints, reachability } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return `endpoints ${JSON.stringify(endpoints)} and reachability ${JSON.stringify(reachability)}`;
}

/** A node that comes up is found by its neighbours step by step: what it measures too early is nothing to publish. */
async function reachedOtherwise(session: Session, node: string, before: string, what: string): Promise<readonly string[]> {
  const left = await leftAtLast(session, publishing, async () => {
    const now = await reachOf(session, node);
    return now === before ? [] : [now];
  });
  return left.map((now) => `after ${what}, it publishes ${now}; expected: ${before}, as before (EX-18)`);
}

async function rebootedNode(session: Session): Promise<PropertyOutcome> {
  const node = nodeToReboot(session);
  if (node === undefined) return outcomeOf(0, [], { nothing });
  const what = `${node} was started again`;
  const before = await atRest(session);
  const reach = await reachOf(session, node);
  const late = await notReadyAfter(session, what, async () => await session.rebootNode(node));
  const changed = [...(await otherwise(session, before, what)), ...(await reachedOtherwise(session, node, reach, what))];
  const silent = await noLongerAnswered(session, before.flows, what);
  return outcomeOf(before.flows.length + lastingCount(before.state), [...late, ...changed, ...silent]);
}

/**
 * A gateway that has a standby is silent 4 s after its node last kept its lease (EX-14), which it does every second: if there is no store for
 * longer than this the machine was held up, and packets may be lost for it. No other gateway minds, however long it is.
 */
const mostStorelessMs = 2000;

const hasStandbys = ({ world }: Session): boolean => liveBars(world).some(({ config }) => config.standbys !== undefined);

/** Before that, what an agent said last may be of the store as it was, whose last revision is given. */
async function untilNoticed(session: Session, last: number): Promise<void> {
  const unaware = await leftAtLast(session, publishing, () =>
    Promise.resolve(
      emulatedNodes(session.farm).flatMap(({ name }) => {
        const status = session.statuses.get(name);
        return status?.phase === "ready" && status.revision <= last ? [name] : [];
      }),
    ),
  );
  if (unaware.length > 0) throw new HarnessError(`agents say nothing of a store that has lost everything: ${unaware.join(", ")}`);
}

/** What the store lacks of these facts at the deadline. */
const unpublished = async (session: Session, facts: ReadonlyMap<string, string>): Promise<readonly string[]> =>
  (await notPublishedAgain(session, facts)).map(
    (what) => `${what} in a store that had lost it ${publishing.waitMs / 1000} s before; expected: published again, as before (EX-18)`,
  );

async function lostStore(session: Session): Promise<PropertyOutcome> {
  if (session.world.networks.length === 0) return outcomeOf(0, [], { nothing });
  const what = "the store had lost everything and got its intents again";
  const before = await atRest(session);
  const facts = await publishedTexts(session);
  let after: readonly string[] = [];
  let storelessMs = 0;
  const { figures, stories, broken } = await lostDuring(session, before.flows, { law, what: "the store lost everything" }, async () => {
    const { last, awayMs } = await replaceStore(session);
    storelessMs = awayMs;
    try {
      after = await unpublished(session, facts);
      await untilNoticed(session, last);
    } finally {
      after = [...after, ...(await notReadyAfter(session, what, async () => await session.changeIntents(session.wishes)))];
    }
  });
  if (stories.length > 0 && storelessMs > mostStorelessMs && hasStandbys(session))
    throw new HeldUpError(`${stories[0]}, and there was no store for ${Math.round(storelessMs)} ms`);
  const changed = await otherwise(session, before, what);
  return outcomeOf(before.flows.length + facts.size + lastingCount(before.state), [...stories, ...after, ...changed], { figures, broken });
}

export const knowledgeProperties: readonly Property[] = [
  {
    law,
    name: "EX-18 agents that are killed and started anew know all they knew, and no packet is lost",
    needs: needsTunnels,
    alone: true,
    run: restartedAgents,
  },
  {
    law,
    name: "EX-18 a node that is started again is as it was, with the keys that it had",
    needs: needsTunnels,
    alone: true,
    run: rebootedNode,
  },
  {
    law,
    name: "EX-18 a store that lost everything is told it again by the nodes, and no packet is lost",
    needs: needsTunnels,
    alone: true,
    // What is never published again and what nobody notices are waited for one after the other.
    waitMs: () => 4 * publishing.waitMs,
    run: lostStore,
  },
];
