/** Waiting until every agent has brought its node to what the store holds. */
import { DeadlineError, startDeadline } from "../../core/common/index.ts";
import type { Clock } from "../../core/common/index.ts";
import { emulatedNodes } from "../../core/farm/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { factsPrefix, intentKeys, statusPrefix, StoreContents } from "../../core/store/index.ts";
import type { Store } from "../../core/store/index.ts";
import { statusText } from "./status-streams.ts";
import type { StatusStreams } from "./status-streams.ts";

/** A farm of a few nodes takes half a second. */
const readyWaitMs = 20_000;
/** For a namespace and a tunnel, on a machine that has other work. */
const readyWaitMsPerResource = 300;

/** How long the agents of a farm may take until all are ready. */
export function readyWaitOf(farm: Farm): number {
  const live = new Set(emulatedNodes(farm).map(({ name }) => name));
  const resources = farm.networks.flatMap((network) => network.resources).filter(({ node }) => live.has(node));
  return readyWaitMs + resources.length * readyWaitMsPerResource;
}
/** So long after an agent's first failure it would be ready if trying again were any use: the laws are judged as things are. */
const failingWaitMs = 3000;
const lookAgainMs = 50;

export interface Agents {
  readonly store: Store;
  readonly streams: StatusStreams;
  readonly nodes: readonly string[];
  readonly clock: Clock;
  /** Publishes for nodes that have no agent what is due by now. */
  readonly standIn?: () => Promise<void>;
}

/** What an agent's failures mean to who waits for it: that there is nothing to wait for any more, or nothing, as it is expected to try again. */
export type AgentFailures = "end-it" | "pass";

/** Facts, grants and the list, which lie side by side. */
const settledKeys = { from: factsPrefix, before: statusPrefix };

/** The revision of the newest facts, or what is still to come of facts and grants. */
async function newestFacts({ store, nodes }: Agents): Promise<number | string> {
  const snapshot = await store.range(settledKeys);
  const facts = snapshot.entries.filter(({ key }) => key.startsWith(factsPrefix));
  const present = new Set(facts.map(({ key }) => key));
  if (!nodes.every((node) => present.has(intentKeys.facts(node)))) return "not every node has published its facts";
  const contents = new StoreContents();
  contents.replace(snapshot);
  const wished = new Map(contents.wishes().networks.map(({ name, resources }) => [name, resources.map(({ node }) => node)]));
  const unwished = contents
    .grants()
    .networks.find(({ network, resources }) => resources.some(({ node }) => wished.get(network)?.includes(node) !== true));
  const granted = new Map(contents.grants().networks.map((grant) => [grant.network, grant]));
  const unanswered = [...wished].find(([network, nodes]) => {
    const { resources = [], refused = [] } = granted.get(network) ?? {};
    return refused.length === 0 && nodes.some((node) => !resources.some((one) => one.node === node));
  });
  if (unanswered !== undefined) return `the allocator has not answered network ${unanswered[0]}`;
  if (unwished !== undefined) return `the allocator has not taken back what it had granted network ${unwished.network}`;
  return Math.max(0, ...facts.map((entry) => entry.revision));
}

/**
 * Until every agent is ready at the given revision and at that of all facts published meanwhile. Answers what is wrong, in words, where
 * that does not come to pass: an agent is what is being tested, so its failure is for the laws to judge.
 */
export async function untilReady(
  agents: Agents,
  revision: number,
  waitMs: number,
  failures: AgentFailures = "end-it",
): Promise<string | undefined> {
  const { streams, nodes, clock } = agents;
  const deadline = startDeadline(clock, waitMs);
  let failingSinceMs: number | undefined;
  let needed = revision;
  const late = (): string[] =>
    nodes.filter((node) => {
      const status = streams.statuses.get(node);
      return status === undefined || status.phase !== "ready" || status.revision < needed;
    });
  try {
    return await deadline.until<string | undefined>(
      "every agent to be ready",
      async () => {
        await agents.standIn?.();
        const waiting = late();
        if (waiting.length === 0) {
          const newest = await newestFacts(agents);
          if (typeof newest === "string") return { seen: newest };
          if (newest <= needed) return { done: undefined };
          needed = newest;
          return { seen: "agents have not seen the newest facts" };
        }
        const seen = statusText(waiting, streams.statuses);
        const fails = waiting.some((node) => streams.statuses.get(node)?.phase === "failing");
        if (fails && failures === "end-it") failingSinceMs ??= clock.nowMs();
        if (failingSinceMs !== undefined && clock.nowMs() - failingSinceMs > failingWaitMs)
          return { done: `agents are not ready: ${seen.replaceAll("\n", " ")}` };
        await streams.changed(lookAgainMs);
        return { seen };
      },
      1,
    );
  } catch (error) {
    if (error instanceof DeadlineError) return `agents are not ready after ${waitMs / 1000} s: ${error.lastSeen.replaceAll("\n", " ")}`;
    throw error;
  }
}
