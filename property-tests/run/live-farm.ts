/** Brings one farm up and settled: lab, store with its intents, every agent ready. What drives or judges it comes on top. */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../core/common/index.ts";
import { emulatedNodes } from "../../core/farm/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { grantedList } from "../../core/allocate/index.ts";
import type { Intents, Wishes } from "../../core/intents/index.ts";
import { openStore, StoreContents, writeIntents } from "../../core/store/index.ts";
import type { Store } from "../../core/store/index.ts";
import { ensureRuntime } from "../../emulator/image/index.ts";
import type { ImageChoice, Runtime, SourcePatch } from "../../emulator/image/index.ts";
import { backendNamed } from "../../emulator/backend.ts";
import { howToGetTunnels, tunnelLimit } from "../../emulator/host/index.ts";
import { LabError } from "../../emulator/lab-error.ts";
import type { BackendName, Lab } from "../../emulator/lab.ts";
import { compileFarm, storeSocketPath } from "../../topologies/index.ts";
import { clockOf } from "./clock.ts";
import { readyWaitOf, untilReady } from "./ready.ts";
import type { AgentFailures } from "./ready.ts";
import { createStandIns } from "./stand-ins.ts";
import { followAgents } from "./status-streams.ts";
import type { StatusStreams } from "./status-streams.ts";
import { wiredLinks } from "./timeline/wired-links.ts";

/** A socket of this machine loses nothing, so that a store which is slow to answer is only waited for: a busy machine needs its time. */
const storeLimits = { longestConnectWaitMs: 10_000, callWaitMs: 20_000 };

export interface LiveFarmOptions {
  readonly farm: Farm;
  readonly wishes: Wishes;
  readonly seed: number;
  /** The lab's name; unique on this machine. */
  readonly name: string;
  /** What makes the lab; default netns. */
  readonly backend?: BackendName;
  /** What nodes run; default: the node image. */
  readonly image?: ImageChoice;
  /** Seeded faults in the agent. */
  readonly patches?: readonly SourcePatch[];
  /** Links that faults are to happen to, by their names, besides those that the farm's timeline needs. */
  readonly wired?: readonly string[];
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
  /** Whether a farm whose agents do not get ready is given all the same, with `notReady`: for who judges them. Else it is an error. */
  readonly evenUnready?: boolean;
}

export interface LiveFarm {
  readonly lab: Lab;
  readonly runtime: Runtime;
  readonly store: Store;
  readonly streams: StatusStreams;
  readonly clock: Clock;
  /** Store revision of the wishes. */
  readonly revision: number;
  /** Which agents did not get ready, in words; only where that is allowed. */
  readonly notReady?: string;
  /** Writes other wishes in place of those before; resolves with their revision, not waiting for agents. */
  writeIntents(wishes: Wishes): Promise<number>;
  /** What the allocator has granted of these wishes by now; undefined where anything of them is missing. */
  intentsNow(wishes: Wishes): Promise<Intents | undefined>;
  /** As `untilReady`, but answers in words which agents are late. */
  lateAgents(revision: number, waitMs: number): Promise<string | undefined>;
  /** Until every agent is ready with everything up to a revision, and with all facts that the others have published meanwhile. Throws with what is late. */
  untilReady(revision: number, waitMs: number, failures?: AgentFailures): Promise<void>;
  /** Ends the lab. */
  close(): Promise<void>;
  /** Stops following it but lets it run on without this process. */
  leave(): Promise<void>;
}

/** Throws a LabError where the lab would have more tunnels than this machine lets a user have: those beyond would end one by one, and the others' labs'. */
export function requireTunnelRoom(farm: Farm, limit: number | undefined = tunnelLimit()): void {
  const live = new Set(emulatedNodes(farm).map(({ name }) => name));
  const meshes = farm.networks.filter(({ overlay }) => overlay === undefined);
  // Where the exit node has a partner every resource has a second tunnel, or is there twice.
  const partnered = new Set(farm.nodes.flatMap(({ name, exitNode }) => (exitNode?.partner === undefined ? [] : [name])));
  const tunnels = meshes
    .map(({ resources }) => {
      const each = resources.some(({ node, exitPoint }) => exitPoint && partnered.has(node)) ? 2 : 1;
      return each * resources.filter(({ node }) => live.has(node)).length;
    })
    .reduce((sum, count) => sum + count, 0);
  if (limit === undefined || tunnels <= limit) return;
  const message = `the lab would have ${tunnels} tunnels of wireguard-go, and this machine lets a user have about ${limit} (inotify instances)`;
  throw new LabError("too-many-tunnels", message, message, howToGetTunnels);
}

/** Opens a farm; on failure or abort nothing of the lab is left. Throws a BuildError, a LabError, or an Error that says which agents are late. */
export async function openFarm(options: LiveFarmOptions): Promise<LiveFarm> {
  const { farm, signal, onStep } = options;
  requireTunnelRoom(farm);
  onStep("preparing image, helper and agent");
  const runtime = await ensureRuntime(options.patches ?? [], { signal, image: options.image ?? "built" });
  const agent = { keySeed: `farmlab ${options.seed}` };
  const topology = compileFarm(farm, { seed: options.seed, agent, wired: [...wiredLinks(farm), ...(options.wired ?? [])] });
  const lab = await backendNamed(options.backend ?? "netns", runtime).up(topology, { name: options.name, signal, onProgress: onStep });
  const nodes = emulatedNodes(farm).map((node) => node.name);
  // Ended from elsewhere, the lab is not waited for any longer.
  const gone = new AbortController();
  let isOurs = true;
  void lab.ended.then(() => {
    if (isOurs) gone.abort();
  });
  const clock = clockOf(AbortSignal.any([signal, gone.signal]));
  const streams = followAgents(lab, nodes);
  const storeHost = farm.internet.hosts.find((host) => host.store)?.name ?? "";
  const open = (): { path: string; store: Store } => {
    const path = lab.node(storeHost).hostPath(storeSocketPath);
    const random = (): number => randomBytes(4).readUInt32BE() / 0x1_0000_0000;
    return { path, store: openStore({ endpoints: [`unix:${path}`], clock, random, limits: storeLimits }) };
  };
  let opened = open();
  // Its host may have been started again, and is elsewhere then.
  const storeNow = (): Store => {
    if (lab.node(storeHost).hostPath(storeSocketPath) !== opened.path) {
      opened.store.close();
      opened = open();
    }
    return opened.store;
  };
  const leave = async (): Promise<void> => {
    isOurs = false;
    streams.close();
    opened.store.close();
    await lab.detach();
  };
  const close = async (): Promise<void> => {
    isOurs = false;
    streams.close();
    opened.store.close();
    await lab.down();
  };
  const intentsNow = async (wishes: Wishes): Promise<Intents | undefined> => {
    const contents = new StoreContents();
    contents.replace(await storeNow().range(""));
    const { list, missing } = grantedList(wishes, contents.grants());
    return missing.length > 0 ? undefined : list;
  };
  const standIns = createStandIns(farm, agent.keySeed);
  let wished = options.wishes;
  const write = async (wishes: Wishes): Promise<number> => {
    wished = wishes;
    return await writeIntents(storeNow(), wishes);
  };
  /** What nodes that the lab does not have would publish follows from what they are granted. */
  const standIn = async (): Promise<void> => {
    const intents = await intentsNow(wished);
    if (intents === undefined) return;
    for (const facts of await standIns.write(storeNow(), intents)) streams.know(facts);
  };
  try {
    onStep("waiting for the agents");
    const revision = await write(options.wishes);
    const agents = {
      get store(): Store {
        return storeNow();
      },
      ...{ streams, nodes, clock },
      ...(nodes.length === farm.nodes.length ? {} : { standIn }),
    };
    const notReady = await untilReady(agents, revision, readyWaitOf(farm));
    if (notReady !== undefined && options.evenUnready !== true) throw new Error(notReady);
    return {
      lab,
      runtime,
      get store(): Store {
        return storeNow();
      },
      ...{ streams, clock, revision },
      ...(notReady === undefined ? {} : { notReady }),
      writeIntents: write,
      intentsNow,
      lateAgents: (atLeast, waitMs) => untilReady(agents, atLeast, waitMs),
      async untilReady(atLeast, waitMs, failures) {
        const late = await untilReady(agents, atLeast, waitMs, failures);
        if (late !== undefined) throw new Error(late);
      },
      close,
      leave,
    };
  } catch (error) {
    await close();
    if (gone.signal.aborted && !signal.aborted) throw new LabError("lab-gone", `lab ${options.name} was ended from elsewhere`);
    throw error;
  }
}
