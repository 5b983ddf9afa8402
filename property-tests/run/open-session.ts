/** Brings one farm up and gives the properties their session: intents written, every agent ready, tunnels open, responders listening. */
import { emulatedNodes } from "../../core/farm/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { wishesOf } from "../../core/intents/index.ts";
import type { Intents, Wishes } from "../../core/intents/index.ts";
import type { ImageChoice, SourcePatch } from "../../emulator/image/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { startProber } from "../../emulator/probe/index.ts";
import type { Prober } from "../../emulator/probe/index.ts";
import { HarnessError } from "../laws/index.ts";
import { describeWorld } from "../oracle/index.ts";
import type { NetworkWorld, WorkloadParty } from "../oracle/index.ts";
import { choicesSeen } from "./choices.ts";
import { openFarm, type LiveFarm } from "./live-farm.ts";
import { observedPrefixes } from "./pure-subject.ts";
import { startResponders } from "./responders.ts";
import { routerRoutes, untilRouted, untilWithdrawn } from "./router-routes.ts";
import type { Session } from "./session.ts";
import { trafficOf } from "./traffic.ts";
import { lostSessionWaitMs, openTunnels } from "./tunnels.ts";

const restartWaitMs = 10_000;
/** An agent that has failed several times in a row waits up to 10 s before it tries again. */
const passingWaitMs = 25_000;

export interface OpenOptions {
  readonly file: string;
  readonly text: string;
  readonly farm: Farm;
  /** As the allocator would grant them in an empty store. */
  readonly intents: Intents;
  readonly seed: number;
  readonly backend: BackendName;
  /** What nodes run; default: the node image. */
  readonly image?: ImageChoice;
  readonly patches: readonly SourcePatch[];
  /** Links that faults are to happen to, by their names. */
  readonly wired?: readonly string[];
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
  /** Whether nothing is asked in the lab once a law is broken; default: no. */
  readonly endsOnceBroken?: boolean;
}

export type SessionOptions = Omit<OpenOptions, "backend" | "image" | "patches" | "wired"> & {
  /** Of the intents in the store; default: that with which the farm was opened. */
  readonly revision?: number;
  /** Which agents did not get ready with them; of the farm's opening where no revision is given. */
  readonly notReady?: string;
};

export interface OpenSession {
  readonly session: Session;
  /** What the lab was made with, for the report. */
  readonly choices: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

let labsMade = 0;

/** A name that no other lab of this machine has. */
export function labName(farm: Farm): string {
  labsMade += 1;
  return `run-${process.pid}-${labsMade}-${farm.name}`;
}

/** Opens a session; on failure or abort nothing of the lab is left. */
export async function openSession(options: OpenOptions): Promise<OpenSession> {
  const { farm, seed, backend, image = "built", patches, wired = [], signal, onStep } = options;
  const how = { seed, backend, image, patches, wired, signal, onStep };
  const live = await openFarm({ ...how, farm, wishes: wishesOf(farm), name: labName(farm), evenUnready: true });
  return await beginSession(live, options);
}

/** A session in a farm that is up, which ends with it; also when it does not begin. */
export async function beginSession(live: LiveFarm, options: SessionOptions): Promise<OpenSession> {
  const prober = startProber((argv) => live.lab.startHelper(argv));
  const close = async (): Promise<void> => {
    await prober.close();
    await live.close();
  };
  try {
    const { session } = await sessionIn(live, prober, options);
    return { session, choices: await choicesSeen(session, live.runtime), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A session that may end before its lab does. */
export interface EndingSession {
  readonly session: Session;
  /** Ends the responders, so that what they listen in can go; lab and prober stay. */
  end(): Promise<void>;
}

/** A session in a farm that is up, by a prober that others may use before and after. Whatever it throws, farm and prober are the caller's to end. */
export async function sessionIn(live: LiveFarm, prober: Prober, options: SessionOptions): Promise<EndingSession> {
  const { farm, file, text, seed, signal, onStep, endsOnceBroken = false } = options;
  const wishes = wishesOf(farm);
  const { lab, streams, clock } = live;
  let revision = options.revision ?? live.revision;
  const notReady = options.revision === undefined ? live.notReady : options.notReady;
  signal.throwIfAborted();
  // Where the allocator has not granted everything, what it should have: then agents are not ready, which is for the laws to judge.
  const intents = (await live.intentsNow(wishes)) ?? options.intents;
  const world = describeWorld(farm, observedPrefixes(intents));
  const traffic = trafficOf(world, lab, prober);
  onStep("starting responders");
  const responders = await startResponders(world, prober, traffic);
  onStep("waiting for the tunnels");
  await openTunnels(world, traffic, clock);

  const session: Session = {
    ...traffic,
    get store() {
      return live.store;
    },
    farm,
    file,
    text,
    seed,
    world,
    wishes,
    intents,
    lab,
    endsOnceBroken,
    facts: streams.facts,
    statuses: streams.statuses,
    nowMs: () => clock.nowMs(),
    ...(notReady === undefined ? {} : { notReady }),
    async restartAgents() {
      streams.forget();
      await Promise.all(emulatedNodes(farm).map(async (node) => await lab.node(node.name).services.kill("agent", "SIGKILL")));
      try {
        await live.untilReady(revision, restartWaitMs);
      } catch (error) {
        throw new HarnessError(`after their restart: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    async rebootNode(node) {
      streams.forget(node);
      const routes = await routerRoutes(session);
      try {
        await lab.node(node).powerOff();
        await untilWithdrawn(session, node);
        await lab.node(node).powerOn();
        await live.untilReady(revision, restartWaitMs);
      } catch (error) {
        throw new HarnessError(`after the reboot of ${node}: ${error instanceof Error ? error.message : String(error)}`);
      }
      await responders.restart(node);
      await untilRouted(session, routes);
      await openTunnels(world, traffic, clock, lostSessionWaitMs);
    },
    async listenAgain(node) {
      const absent = await responders.restart(node);
      if (absent.length > 0) throw new HarnessError(`these are not on ${node} yet: ${absent.map(traffic.identityOf).join(", ")}`);
    },
    async writeIntents(wanted) {
      await responders.keepOnly((party) => party.kind !== "workload" || workloadOf(party, wanted) !== undefined);
      revision = await live.writeIntents(wanted);
    },
    async changeIntents(wanted, failures = "end-it") {
      try {
        await session.writeIntents(wanted);
        await live.untilReady(revision, failures === "pass" ? passingWaitMs : restartWaitMs, failures);
      } catch (error) {
        throw new HarnessError(`after a change of intents: ${error instanceof Error ? error.message : String(error)}`);
      }
      await responders.resume();
      const isThere = ({ network, resources }: NetworkWorld): boolean => {
        const now = wanted.networks.find((one) => one.name === network.name)?.resources.map((resource) => resource.node) ?? [];
        return resources.every((resource) => now.includes(resource.node));
      };
      await openTunnels({ ...world, networks: world.networks.filter(isThere) }, traffic, clock);
    },
    async read(position, argv) {
      const { code, stdout, stderr } = await lab
        .node(position.node)
        .exec(argv, position.namespace === undefined ? {} : { namespace: position.namespace });
      if (code !== 0) throw new HarnessError(`${argv.join(" ")} on ${position.node} ended with ${code}: ${stderr.trim()}`);
      return stdout;
    },
  };
  return { session, end: async () => await responders.close() };
}

const workloadOf = (party: WorkloadParty, { networks }: Wishes): unknown =>
  networks.find((network) => network.name === party.network)?.workloads.find((workload) => workload.name === party.name);
