/** Brings one farm up and settled: lab, store with its intents, every agent ready. What drives or judges it comes on top. */
import { randomBytes } from "node:crypto";
import { startDeadline } from "../../core/common/index.ts";
import type { Clock } from "../../core/common/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { factsPrefix } from "../../core/intents/index.ts";
import type { Intents } from "../../core/intents/index.ts";
import { openStore, writeIntents } from "../../core/store/index.ts";
import type { Store } from "../../core/store/index.ts";
import { ensureRuntime } from "../../emulator/image/index.ts";
import type { Runtime, SourcePatch } from "../../emulator/image/index.ts";
import { netnsBackend } from "../../emulator/netns/index.ts";
import type { NetnsLab } from "../../emulator/netns/index.ts";
import { compileFarm, storeSocketPath } from "../../topologies/index.ts";
import { followAgents, statusText } from "./status-streams.ts";
import type { StatusStreams } from "./status-streams.ts";

const readyWaitMs = 20_000;

export interface LiveFarmOptions {
  readonly farm: Farm;
  readonly intents: Intents;
  readonly seed: number;
  /** The lab's name; unique on this machine. */
  readonly name: string;
  /** Seeded faults in the agent. */
  readonly patches?: readonly SourcePatch[];
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

export interface LiveFarm {
  readonly lab: NetnsLab;
  readonly runtime: Runtime;
  readonly store: Store;
  readonly streams: StatusStreams;
  readonly clock: Clock;
  /** Store revision of the intents. */
  readonly revision: number;
  /** Writes other intents in place of those before; resolves with their revision, not waiting for agents. */
  writeIntents(intents: Intents): Promise<number>;
  /** Until every agent is ready with everything up to a revision, and with all facts that the others have published meanwhile. */
  untilReady(revision: number, waitMs: number): Promise<void>;
  /** Ends the lab. */
  close(): Promise<void>;
  /** Stops following it but lets it run on without this process. */
  leave(): Promise<void>;
}

function clockOf(signal: AbortSignal): Clock {
  return {
    nowMs: () => performance.now(),
    pause: (milliseconds) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new Error("interrupted"));
        const end = (): void => {
          clearTimeout(timer);
          reject(new Error("interrupted"));
        };
        const timer = setTimeout(() => {
          signal.removeEventListener("abort", end);
          resolve();
        }, milliseconds);
        signal.addEventListener("abort", end, { once: true });
      }),
  };
}

interface Watched {
  readonly store: Store;
  readonly streams: StatusStreams;
  readonly nodes: readonly string[];
  readonly clock: Clock;
}

async function untilReady({ store, streams, nodes, clock }: Watched, revision: number, waitMs: number): Promise<void> {
  const deadline = startDeadline(clock, waitMs);
  let needed = revision;
  for (;;) {
    await deadline.until(
      `every agent to be ready at revision ${needed}`,
      async () => {
        const late = nodes.filter((node) => {
          const status = streams.statuses.get(node);
          return status === undefined || status.phase !== "ready" || status.revision < needed;
        });
        if (late.length === 0) return { done: true };
        await streams.changed(50);
        return { seen: statusText(late, streams.statuses) };
      },
      1,
    );
    const facts = await store.range(factsPrefix);
    const newest = Math.max(revision, ...facts.entries.map((entry) => entry.revision));
    if (newest <= needed && facts.entries.length >= nodes.length) return;
    needed = newest;
    if (facts.entries.length < nodes.length) {
      await deadline.until("every agent to publish its facts", async () => {
        const held = await store.range(factsPrefix);
        return held.entries.length >= nodes.length ? { done: true } : { seen: `${held.entries.length} of ${nodes.length}` };
      });
    }
  }
}

/** Opens a farm; on failure or abort nothing of the lab is left. Throws a BuildError, a SandboxError or a DeadlineError. */
export async function openFarm(options: LiveFarmOptions): Promise<LiveFarm> {
  const { farm, signal, onStep } = options;
  onStep("preparing image, helper and agent");
  const runtime = await ensureRuntime(options.patches ?? [], { signal });
  const topology = compileFarm(farm, { seed: options.seed, agent: { keySeed: `farmlab ${options.seed}` } });
  const lab = await netnsBackend(runtime).up(topology, { name: options.name, signal, onProgress: onStep });
  const nodes = farm.nodes.map((node) => node.name);
  const clock = clockOf(signal);
  const streams = followAgents(lab, nodes);
  const storeHost = farm.internet.hosts.find((host) => host.store)?.name ?? "";
  const store = openStore({
    endpoints: [`unix:${lab.node(storeHost).hostPath(storeSocketPath)}`],
    clock,
    random: () => randomBytes(4).readUInt32BE() / 0x1_0000_0000,
  });
  const leave = async (): Promise<void> => {
    streams.close();
    store.close();
    await lab.detach();
  };
  const close = async (): Promise<void> => {
    streams.close();
    store.close();
    await lab.down();
  };
  try {
    onStep("waiting for the agents");
    const revision = await writeIntents(store, options.intents);
    const watched = { store, streams, nodes, clock };
    await untilReady(watched, revision, readyWaitMs);
    return {
      lab,
      runtime,
      store,
      streams,
      clock,
      revision,
      writeIntents: (intents) => writeIntents(store, intents),
      untilReady: (atLeast, waitMs) => untilReady(watched, atLeast, waitMs),
      close,
      leave,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
