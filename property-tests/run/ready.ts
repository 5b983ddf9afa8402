/** Waiting until every agent has brought its node to what the store holds. */
import { DeadlineError, startDeadline } from "../../core/common/index.ts";
import type { Clock } from "../../core/common/index.ts";
import { emulatedNodes } from "../../core/farm/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { factsPrefix, intentKeys } from "../../core/store/index.ts";
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
}

/** The revision of the newest facts, once every node has published some; undefined before. */
async function newestFacts({ store, nodes }: Agents): Promise<number | undefined> {
  const { entries } = await store.range(factsPrefix);
  const present = new Set(entries.map(({ key }) => key));
  if (!nodes.every((node) => present.has(intentKeys.facts(node)))) return undefined;
  return Math.max(0, ...entries.map((entry) => entry.revision));
}

/**
 * Until every agent is ready at the given revision and at that of all facts published meanwhile. Answers what is wrong, in words, where
 * that does not come to pass: an agent is what is being tested, so its failure is for the laws to judge.
 */
export async function untilReady(agents: Agents, revision: number, waitMs: number): Promise<string | undefined> {
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
        const waiting = late();
        if (waiting.length === 0) {
          const newest = await newestFacts(agents);
          if (newest !== undefined && newest <= needed) return { done: undefined };
          needed = newest ?? needed;
          return { seen: "not every node has published its facts" };
        }
        const seen = statusText(waiting, streams.statuses);
        const fails = waiting.some((node) => streams.statuses.get(node)?.phase === "failing");
        if (fails) failingSinceMs ??= clock.nowMs();
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
