/**
 * EX-18: what an agent knows it has from the list, from what nodes publish and from its own key file. So it may be killed, its node may be
 * started again, and the store may lose all that nodes can say once more: the farm is the same after each, and packets do not notice that
 * an agent or the store was away.
 */
import { setTimeout as pause } from "node:timers/promises";
import { DeadlineError, seededRandom, startDeadline } from "../../core/common/index.ts";
import type { Clock } from "../../core/common/index.ts";
import { factsPrefix } from "../../core/store/index.ts";
import { storeDataFolder } from "../../topologies/index.ts";
import { expectedMesh, predictAt } from "../oracle/index.ts";
import { lastingCount, notAsBefore, stateOfFarm } from "../run/farm-state.ts";
import type { Figure } from "../../reports/index.ts";
import type { FarmState } from "../run/farm-state.ts";
import type { Session } from "../run/session.ts";
import { flowsThatWork } from "../what-if/flows.ts";
import type { WatchedFlow } from "../what-if/flows.ts";
import { watchFlows } from "../what-if/watch-flows.ts";
import { answerWaitMs } from "./flows.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";

/** Each of so many flows, chosen by the seed, sends a packet so often. */
const mostFlows = 24;
const sendEveryMs = 40;
/** Addresses that routers announce come a while after an agent is ready. */
const sameAgainWaitMs = 10_000;
const lookAgainMs = 100;
const storeWaitMs = 10_000;
const lookAtStoreEveryMs = 20;
const keyFile = "/var/lib/farmlab/keys.json";

const clockOf = (session: Session): Clock => ({
  nowMs: () => session.nowMs(),
  pause: async (milliseconds) => void (await pause(milliseconds)),
});

/** Of the flows that must be answered at rest, some that are: what does not work before is other laws' to tell. */
async function answeredFlows(session: Session): Promise<readonly WatchedFlow[]> {
  const { world } = session;
  const atRest = { settleMs: 0, timeline: { faults: [], changes: [] } };
  // Not those over links that lose packets all the time.
  const certain = flowsThatWork(world).filter((flow) => predictAt(world, flow, 0, atRest)?.mode === "must");
  const chosen = seededRandom(session.seed, "EX-18 flows").shuffle(certain).slice(0, mostFlows);
  const silent = new Set(await silentFlows(session, chosen));
  return chosen.filter((flow) => !silent.has(flow));
}

async function silentFlows(session: Session, flows: readonly WatchedFlow[]): Promise<readonly WatchedFlow[]> {
  const answers = await Promise.all(flows.map(async (flow) => (await session.send({ ...flow, timeoutMs: answerWaitMs })).answer.kind));
  return flows.filter((_, index) => answers[index] !== "reply");
}

/** What packets of the flows, sent all the while, were not answered. */
async function lostDuring(
  session: Session,
  flows: readonly WatchedFlow[],
  what: string,
  work: () => Promise<void>,
): Promise<{ readonly figures: readonly Figure[]; readonly stories: readonly string[] }> {
  const watch = watchFlows({
    flows,
    rate: { everyMs: sendEveryMs, waitMs: answerWaitMs },
    clock: clockOf(session),
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
  const stories = [...probes].flatMap(([flow, own]) => {
    const lost = own.filter(({ answeredMs }) => answeredMs === undefined).length;
    return lost === 0 ? [] : [`${flow.text}: ${lost} of ${own.length} packets were lost while ${what}; expected: none (EX-18)`];
  });
  const sent = [...probes.values()].reduce((sum, own) => sum + own.length, 0);
  return { figures: [{ name: `packets sent while ${what}`, value: sent, unit: "packets", bound: null }], stories };
}

/** What agents say that are not ready again after what was done; nothing else than that is waited for. */
async function notReadyAfter(session: Session, what: string, work: () => Promise<void>): Promise<readonly string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    const stories = session.farm.nodes.flatMap(({ name }) => {
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
  /** Of each node: which file it is and when it was written last. Not what is in it: in a run from a seed an agent would make the same keys again. */
  readonly keyFiles: ReadonlyMap<string, string>;
}

async function knownBy(session: Session): Promise<Known> {
  const keyFiles = session.farm.nodes.map(async ({ name }) => {
    const { stdout } = await session.lab.node(name).exec(["stat", "-c", "%i %z", keyFile]);
    return [name, stdout.trim()] as const;
  });
  return { state: await stateOfFarm(session, { flows: false }), keyFiles: new Map(await Promise.all(keyFiles)) };
}

/** What stays otherwise than before. */
async function otherwise(session: Session, before: Known, what: string): Promise<readonly string[]> {
  const look = async (): Promise<readonly string[]> => {
    const { state, keyFiles } = await knownBy(session);
    const written = [...keyFiles].filter(([node, file]) => before.keyFiles.get(node) !== file);
    return [...notAsBefore(before.state, state), ...written.map(([node]) => `${node} has another key file`)];
  };
  let last: readonly string[] = [];
  try {
    await startDeadline(clockOf(session), sameAgainWaitMs).until(
      "the farm to be as before",
      async () => {
        last = await look();
        return last.length === 0 ? { done: true } : { seen: last[0] ?? "" };
      },
      lookAgainMs,
    );
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
  }
  return last.map((difference) => `after ${what}, ${difference}; expected: as it was before (EX-18)`);
}

async function noLongerAnswered(session: Session, flows: readonly WatchedFlow[], what: string): Promise<readonly string[]> {
  const silent = await silentFlows(session, flows);
  return silent.map(({ text }) => `${text} is not answered after ${what}; expected: answered, as before (EX-18)`);
}

const nothing = "this farm has no network";

async function restartedAgents(session: Session): Promise<PropertyOutcome> {
  if (session.world.networks.length === 0) return outcomeOf(0, [], { nothing });
  const what = "its agent was killed and started anew";
  const before = await knownBy(session);
  let late: readonly string[] = [];
  const flows = await answeredFlows(session);
  const { figures, stories } = await lostDuring(session, flows, "agents were killed and started anew", async () => {
    late = await notReadyAfter(session, what, async () => await session.restartAgents());
  });
  const changed = await otherwise(session, before, what);
  return outcomeOf(flows.length + lastingCount(before.state), [...stories, ...late, ...changed], { figures });
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
  const concerned = farm.nodes
    .map(({ name }) => name)
    .filter((node) => world.networks.some(({ resources }) => resources.some((one) => one.node === node)));
  const quick = concerned.filter((node) => !waiting.has(node));
  return seededRandom(seed, "EX-18 reboot").shuffle(quick.length > 0 ? quick : concerned)[0];
}

async function rebootedNode(session: Session): Promise<PropertyOutcome> {
  const node = nodeToReboot(session);
  if (node === undefined) return outcomeOf(0, [], { nothing });
  const what = `${node} was started again`;
  const before = await knownBy(session);
  const flows = await answeredFlows(session);
  const late = await notReadyAfter(session, what, async () => await session.rebootNode(node));
  const changed = await otherwise(session, before, what);
  const silent = await noLongerAnswered(session, flows, what);
  return outcomeOf(flows.length + lastingCount(before.state), [...late, ...changed, ...silent]);
}

/** Ends the store and starts it with nothing in it, at a revision before all that agents have seen. */
async function emptyStore({ farm, lab, ...session }: Session): Promise<void> {
  const host = lab.node(farm.internet.hosts.find(({ store }) => store)?.name ?? "");
  const service = lab.topology.nodes.find(({ name }) => name === host.name)?.config.services?.find(({ name }) => name === "store");
  if (service === undefined) throw new HarnessError(`${host.name} has no store`);
  await host.services.stop(service.name);
  await session.read({ node: host.name }, ["rm", "-rf", `${storeDataFolder}/member`]);
  await host.services.start(service);
}

/** Before that, what an agent said last may be of the store as it was. */
async function untilNoticed(session: Session): Promise<void> {
  const { revision } = await session.store.range(factsPrefix);
  const unaware = (): string[] =>
    session.farm.nodes.flatMap(({ name }) => {
      const status = session.statuses.get(name);
      return status?.phase === "ready" && status.revision > revision ? [name] : [];
    });
  await startDeadline(clockOf(session), storeWaitMs).until(
    "agents to notice that the store has lost everything",
    async () => await Promise.resolve(unaware().length === 0 ? { done: true } : { seen: unaware().join(", ") }),
    lookAtStoreEveryMs,
  );
}

/** By key. */
const factsIn = async ({ store }: Session): Promise<ReadonlyMap<string, string>> =>
  new Map((await store.range(factsPrefix)).entries.map(({ key, value }) => [key, value]));

/** Until the store holds these facts again; what it lacks at the deadline. */
async function unpublished(session: Session, facts: ReadonlyMap<string, string>): Promise<readonly string[]> {
  let missing: readonly string[] = [];
  try {
    await startDeadline(clockOf(session), storeWaitMs).until(
      "nodes to publish their facts again",
      async () => {
        const now = await factsIn(session);
        missing = [...facts].flatMap(([key, text]) => (now.get(key) === text ? [] : [key]));
        return missing.length === 0 ? { done: true } : { seen: missing.join(", ") };
      },
      lookAtStoreEveryMs,
    );
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
  }
  return missing.map((key) => `${key} was not published again into a store that had lost it; expected: as before (EX-18)`);
}

async function lostStore(session: Session): Promise<PropertyOutcome> {
  if (session.world.networks.length === 0) return outcomeOf(0, [], { nothing });
  const what = "the store had lost everything and got its intents again";
  const before = await knownBy(session);
  const facts = await factsIn(session);
  const flows = await answeredFlows(session);
  let after: readonly string[] = [];
  const { figures, stories } = await lostDuring(session, flows, "the store lost everything", async () => {
    await emptyStore(session);
    const missing = await unpublished(session, facts);
    await untilNoticed(session);
    const late = await notReadyAfter(session, what, async () => await session.changeIntents(session.intents));
    after = [...missing, ...late];
  });
  const changed = await otherwise(session, before, what);
  return outcomeOf(flows.length + facts.size + lastingCount(before.state), [...stories, ...after, ...changed], { figures });
}

export const knowledgeProperties: readonly Property[] = [
  {
    law: "EX-18",
    name: "EX-18 agents that are killed and started anew know all they knew, and no packet is lost",
    needs: needsTunnels,
    alone: true,
    run: restartedAgents,
  },
  {
    law: "EX-18",
    name: "EX-18 a node that is started again is as it was, with the keys that it had",
    needs: needsTunnels,
    alone: true,
    run: rebootedNode,
  },
  {
    law: "EX-18",
    name: "EX-18 a store that lost everything is told it again by the nodes, and no packet is lost",
    needs: needsTunnels,
    alone: true,
    run: lostStore,
  },
];
