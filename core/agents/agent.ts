/** Puts the agent's parts together and keeps them running until told to end. What it made of the node stays. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { apply, saysAtStart } from "../apply/index.ts";
import { seededRandom, type Clock } from "../common/index.ts";
import type { NodeFacts, NodeStatus } from "../intents/index.ts";
import { createBackOff, encodeNodeFacts, encodeNodeStatus, factsPrefix, intentKeys, openStore, statusPrefix } from "../store/index.ts";
import { ActiveGateway } from "./active-gateway.ts";
import { takeIn } from "./clock.ts";
import { defaultPaths, type AgentConfiguration } from "./configuration.ts";
import { entriesOf, lastLineOf } from "./files.ts";
import { createGatewayFence } from "./gateway-fence.ts";
import { Hosting } from "./hosting.ts";
import { openInitClient } from "./init-client.ts";
import { openKeyRing } from "./key-ring.ts";
import type { Log } from "./log.ts";
import { NodeName } from "./node-name.ts";
import { createNodeSystem } from "./node-system.ts";
import { openProgramRunner } from "../programs/index.ts";
import { createPublisher, type Publisher } from "./publisher.ts";
import { measureReachability } from "./reachability.ts";
import { Reconciler } from "./reconciler.ts";
import { openStatusServer, type Told } from "./status-server.ts";
import { StoreView } from "./store-view.ts";

export interface AgentSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  /** Spreads retries of agents that failed together. */
  readonly seed: number;
}

/** Facts, grants, hosts and intents, which lie side by side in the order of keys: one watch for all, and none for status, which changes most. */
const watchedKeys = { from: factsPrefix, before: statusPrefix };
const defaultReconcileEveryMs = 30_000;
/** Status in the store is for people who look; those who wait listen at the socket. */
const statusGatherMs = 100;
const publishRetry = { firstMs: 20, longestMs: 2000 };
/** A call about a lease that nobody answers is over long before the lease is. */
const leaseLimits = { callWaitMs: 1000, longestConnectWaitMs: 1000 };
const isTunnel = (service: string): boolean => /^w[gh]-/.test(service);

/** Resolves when the signal has aborted and nothing is under way any more. */
export async function runAgent(configuration: AgentConfiguration, surroundings: AgentSurroundings, signal: AbortSignal): Promise<void> {
  const { clock, log, seed } = surroundings;
  const { node } = configuration;
  const paths = { ...defaultPaths, ...configuration.paths };
  const choice = seededRandom(seed, node);
  const random = (): number => choice.below(0x1_0000_0000) / 0x1_0000_0000;
  const store = openStore({ endpoints: configuration.store, clock, random });
  const keys = openKeyRing({ path: paths.keys, node, ...(configuration.keySeed === undefined ? {} : { seed: configuration.keySeed }) });
  const init = openInitClient(paths.initSocket);
  const expectedEnds = new Set<string>();
  const programs = openProgramRunner(paths.native);
  const { native, namespaces } = paths;
  const system = createNodeSystem({ native, namespaces, programs, init, keys, clock, onStopping: (name) => expectedEnds.add(name) });

  const publishTo = (key: string, gatherMs: number, onPublished: () => void): Publisher =>
    createPublisher({
      write: async (value) => {
        name.requireOurs();
        return value === undefined ? await store.delete(key) : await store.put(key, value);
      },
      clock,
      backOff: createBackOff(publishRetry, random),
      gatherMs,
      onPublished,
      onFailure: (message) => log("not-published", { key, message }),
    });
  const factsKey = intentKeys.facts(node);
  const facts = publishTo(factsKey, 0, () => reconciler.wake());
  const status = publishTo(intentKeys.status(node), statusGatherMs, () => {});

  // On connections of its own: what is on its way to a store that was cut off holds up no lease.
  const leaseStore = openStore({ endpoints: configuration.store, clock, random, limits: leaseLimits });
  const name: NodeName = new NodeName({
    ...{ node, identity: () => keys.identity(), life: randomBytes(8).toString("hex") },
    ...{ store: leaseStore, clock, log },
    onChange: () => {
      hosting.wake();
      reconciler.wake();
    },
  });
  const hosting: Hosting = new Hosting({
    node,
    store: leaseStore,
    intents: () => view.granted.list,
    fence: createGatewayFence(programs),
    isOurs: () => name.isOurs,
    clock,
    log,
    onChange: () => reconciler.wake(),
  });
  const activeGateway = new ActiveGateway({ programs, clock, random, signal, onChange: () => reconciler.wake() });
  const view: StoreView = new StoreView({
    onChange: () => {
      hosting.wake();
      reconciler.wake();
    },
    onConnection: (state) => log("store", { ...state, sinceStartMs: Math.round(clock.nowMs()) }),
    onSnapshot: (snapshot) => {
      facts.restart(snapshot.entries.find((entry) => entry.key === factsKey)?.value, snapshot.revision);
      status.restart(undefined, 0);
      hosting.snapshot(snapshot);
    },
    onEvent: (event) => {
      hosting.event(event);
      if (event.key === factsKey) facts.seen(event.kind === "put" ? event.value : undefined, event.revision);
    },
  });
  const starting: NodeStatus = { node, phase: "starting", revision: 0, changes: 0, messages: [] };
  const told = (now: NodeStatus, held: NodeFacts): Told => ({ status: encodeNodeStatus(now), facts: encodeNodeFacts(held) });
  const noFacts: NodeFacts = { node, publicKeys: {}, endpoints: {}, reachability: { ipv4: "hidden", ipv6: "hidden" } };
  const server = await openStatusServer(paths.statusSocket, told(starting, noFacts));

  const reconciler: Reconciler = new Reconciler({
    node,
    store: view,
    keys,
    apply: async (plan, known, newest) => {
      const report = await apply(plan, system, known, newest);
      expectedEnds.clear();
      return report;
    },
    isBare: () => entriesOf(namespaces).length === 0,
    measure: async (namespace) => {
      const parts = { native: paths.native, programs, reflector: configuration.reflector };
      const measured = await measureReachability(parts, namespace);
      log("measured", { namespace, ...measured });
      return measured;
    },
    asked: (["ipv4", "ipv6"] as const).filter((family) => configuration.reflector[family] !== undefined),
    name,
    facts,
    gateways: [hosting, activeGateway],
    onStatus: (now, held) => {
      log("status", { phase: now.phase, revision: now.revision, changes: now.changes, messages: now.messages });
      server.tell(told(now, held));
      if (name.isOurs) status.set(encodeNodeStatus(now));
    },
    clock,
    takeIn,
    random,
    nextLife: () => randomBytes(4).toString("hex"),
    log,
    reconcileEveryMs: configuration.reconcileEveryMs ?? defaultReconcileEveryMs,
  });

  const onServiceEvent = (event: { readonly kind: string; readonly name: string }): void => {
    if (event.kind !== "exited" || !isTunnel(event.name) || expectedEnds.has(event.name)) return;
    const last = lastLineOf(join(paths.serviceLogs, `${event.name}.log`));
    const said = last === undefined || saysAtStart.test(last) ? "it said nothing" : last;
    log("tunnel-ended", { service: event.name, said });
    reconciler.tunnelEnded(event.name, said);
  };
  void init.watch(onServiceEvent, clock, signal);
  const watching = store.watch(watchedKeys, view.handlers, signal);
  log("started", { node });
  await Promise.all([watching, name.run(signal), reconciler.run(signal), hosting.run(signal)]);
  await server.close();
  leaseStore.close();
  store.close();
  programs.close();
  log("ended", {});
}
