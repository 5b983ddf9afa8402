/** Brings one farm up and gives the properties their session: intents written, every agent ready, tunnels open, responders listening. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Clock } from "../../core/common/index.ts";
import { openStore, writeIntents } from "../../core/store/index.ts";
import type { Intents } from "../../core/intents/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { ensureRuntime } from "../../emulator/image/index.ts";
import type { Runtime, SourcePatch } from "../../emulator/image/index.ts";
import { enterArguments, netnsBackend } from "../../emulator/netns/index.ts";
import type { NetnsLab } from "../../emulator/netns/index.ts";
import { startProber } from "../../emulator/probe/index.ts";
import type { Prober } from "../../emulator/probe/index.ts";
import { compileFarm, storeSocketPath } from "../../topologies/index.ts";
import { describeWorld, resourceKey } from "../oracle/index.ts";
import { HarnessError } from "../laws/index.ts";
import { startResponders } from "./responders.ts";
import type { Session } from "./session.ts";
import { untilReady } from "./ready.ts";
import { followAgents } from "./status-streams.ts";
import { openTunnels } from "./tunnels.ts";
import { trafficOf } from "./traffic.ts";

const nativeInLab = "/usr/lib/farmlab/native";

export interface OpenOptions {
  readonly file: string;
  readonly text: string;
  readonly farm: Farm;
  readonly intents: Intents;
  readonly seed: number;
  readonly patches: readonly SourcePatch[];
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

export interface OpenSession {
  readonly session: Session;
  /** What this host has, by the names that properties need. */
  readonly capabilities: ReadonlySet<string>;
  /** What the lab was made with, for the report. */
  readonly choices: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const clockOf = (signal: AbortSignal): Clock => ({
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
});

let labsMade = 0;

/** A name that no other lab of this machine has. */
function labName(farm: Farm): string {
  labsMade += 1;
  return `run-${process.pid}-${labsMade}-${farm.name}`;
}

async function bringUp(options: OpenOptions, runtime: Runtime): Promise<NetnsLab> {
  const topology = compileFarm(options.farm, { seed: options.seed, agent: { keySeed: `farmlab ${options.seed}` } });
  return await netnsBackend(runtime).up(topology, { name: labName(options.farm), signal: options.signal, onProgress: options.onStep });
}

function startLabProber(lab: NetnsLab, runtime: Runtime): Prober {
  return startProber((argv) =>
    spawn(runtime.native, enterArguments(lab.sandboxPid, undefined, undefined, [nativeInLab, ...argv]), { stdio: ["pipe", "pipe", "pipe"] }),
  );
}

const observedPrefixes = (intents: Intents): Map<string, Intents["networks"][number]["resources"][number]["prefix"]> =>
  new Map(intents.networks.flatMap((network) => network.resources.map((resource) => [resourceKey(network.name, resource.node), resource.prefix])));

/** Opens a session; on failure or abort nothing of the lab is left. */
export async function openSession(options: OpenOptions): Promise<OpenSession> {
  const { farm, intents, signal } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    options.onStep("preparing image, helper and agent");
    const runtime = await ensureRuntime(options.patches, { signal });
    const lab = await bringUp(options, runtime);
    closers.push(async () => await lab.down());
    const clock = clockOf(signal);
    const nodes = farm.nodes.map((node) => node.name);
    const storeHost = farm.internet.hosts.find((host) => host.store)?.name;
    if (storeHost === undefined) throw new HarnessError("the farm has no store");
    const streams = followAgents(lab, nodes);
    closers.push(() => streams.close());
    const store = openStore({
      endpoints: [`unix:${lab.node(storeHost).hostPath(storeSocketPath)}`],
      clock,
      random: () => randomBytes(4).readUInt32BE() / 0x1_0000_0000,
    });
    closers.push(() => store.close());
    const prober = startLabProber(lab, runtime);
    closers.push(async () => await prober.close());

    options.onStep("waiting for the agents");
    const revision = await writeIntents(store, intents);
    const agents = { store, streams, nodes, clock };
    const notReady = await untilReady(agents, revision);
    signal.throwIfAborted();

    const world = describeWorld(farm, observedPrefixes(intents));
    const traffic = trafficOf(world, lab, prober);
    options.onStep("starting responders");
    await startResponders(world, prober, traffic);
    options.onStep("waiting for the tunnels");
    await openTunnels(world, traffic, clock);

    const session: Session = {
      ...traffic,
      farm,
      file: options.file,
      text: options.text,
      seed: options.seed,
      world,
      intents,
      lab,
      facts: streams.facts,
      statuses: streams.statuses,
      nowMs: () => clock.nowMs(),
      ...(notReady === undefined ? {} : { notReady }),
      async restartAgents() {
        streams.forget();
        await Promise.all(nodes.map(async (node) => await lab.node(node).services.kill("agent", "SIGKILL")));
        const late = await untilReady(agents, revision);
        if (late !== undefined) throw new HarnessError(`after their restart ${late}`);
      },
      async read(position, argv) {
        const { code, stdout, stderr } = await lab.node(position.node).exec(argv, position.namespace === undefined ? {} : { namespace: position.namespace });
        if (code !== 0) throw new HarnessError(`${argv.join(" ")} on ${position.node} ended with ${code}: ${stderr.trim()}`);
        return stdout;
      },
    };
    return { session, capabilities: new Set(), choices: { backend: "netns", node: process.version }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
