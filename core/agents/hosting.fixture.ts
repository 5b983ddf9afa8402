/** Nodes that host an exit node by turns, in a time of the test's own: a store with leases, ways to it that break, gateways with fences. */
import type { Clock } from "../common/index.ts";
import { seededRandom } from "../common/index.ts";
import type { Intents } from "../intents/index.ts";
import { planNode } from "../plan/index.ts";
import type { NodePlan } from "../plan/index.ts";
import { firstFarm } from "../plan/first-farm.fixture.ts";
import { decodeExitNodeHost, intentKeys, StoreError } from "../store/index.ts";
import type { StoreEvent } from "../store/index.ts";
import { Hosting } from "./hosting.ts";

export const hostKey: string = intentKeys.host(1, 1);
export const candidates = ["node-1", "node-2", "node-3"] as const;
type Name = (typeof candidates)[number];

const standbys = candidates.slice(1).map((node) => ({ node, nic: "eth1" }));
const intents: Intents = {
  ...firstFarm,
  nodes: firstFarm.nodes.map((node) => (node.exitNode === undefined ? node : { ...node, exitNode: { ...node.exitNode, standbys } })),
};
/** What every node has once it hosts: a gateway with a fence. */
const gatewayPlan: NodePlan = planNode("node-1", intents, []);

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that passes when nobody has anything to do. */
function virtualTime(): { readonly clock: Clock; settle(): Promise<void>; passTo(atMs: number, onStep: () => void): Promise<void> } {
  let nowMs = 0;
  let timers: Timer[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    pause: async (milliseconds) => {
      await new Promise<void>((wake) => timers.push({ atMs: nowMs + Math.max(0, milliseconds), wake }));
    },
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    clock,
    settle,
    async passTo(atMs, onStep) {
      for (;;) {
        await settle();
        onStep();
        const next = Math.min(...timers.map((timer) => timer.atMs));
        if (next > atMs) break;
        nowMs = Math.max(nowMs, next);
        const due = timers.filter((timer) => timer.atMs <= nowMs);
        timers = timers.filter((timer) => timer.atMs > nowMs);
        for (const { wake } of due) wake();
      }
      nowMs = atMs;
    },
  };
}

interface Held {
  readonly value: string;
  readonly revision: number;
  readonly lease: string;
}

export interface HostingWorld {
  readonly clock: Clock;
  /** Who answers as the exit node now. */
  answering(): readonly string[];
  /** Who hosts it as the store says. */
  host(): string | undefined;
  /** Cuts a node off from the store, or joins it again. */
  cut(node: Name, isCut: boolean): void;
  /** From now on a node is told so much later of what is written, and of what ends as soon as ever. */
  lag(node: Name, milliseconds: number): void;
  /** Kills a node's agent, whose gateway stays as long as the kernel lets it, or starts it anew. */
  kill(node: Name): Promise<void>;
  start(node: string): void;
  /** Tells a node's agent to end; until it has. */
  stop(node: string): Promise<void>;
  /** Ends what the store holds, as when it has lost its data. */
  loseStore(): void;
  passTo(atMs: number): Promise<void>;
  readonly log: string[];
  /** Moments at which more than one node answered. */
  readonly twice: string[];
  /** How often a node told its neighbours, and how often while it might not. */
  readonly announced: { readonly node: string; readonly allowed: boolean }[];
  end(): Promise<void>;
}

const watchDelayMs = 5;
const callMs = 4;
const callWaitMs = 1000;

export function hostingWorld(seed: number): HostingWorld {
  const time = virtualTime();
  const { clock } = time;
  const random = seededRandom(seed, "hosting");
  let revision = 1;
  let life = 0;
  let held: Held | undefined;
  const leases = new Map<string, number>();
  const cut = new Set<string>();
  const lags = new Map<string, number>();
  const running = new Map<string, { hosting: Hosting; ending: AbortController; done: Promise<void> }>();
  const openUntil = new Map<string, number>();
  const log: string[] = [];
  const twice: string[] = [];
  const announced: { node: string; allowed: boolean }[] = [];

  const tell = (event: StoreEvent): void => {
    for (const [name, { hosting }] of running) {
      void clock.pause(event.kind === "put" ? (lags.get(name) ?? watchDelayMs) : watchDelayMs).then(() => {
        // A watch that is cut off is resumed with all that is there.
        if (!cut.has(name) && running.get(name)?.hosting === hosting) hosting.event(event);
      });
    }
  };
  const look = (): void => {
    const expired = [...leases].filter(([, untilMs]) => untilMs <= clock.nowMs()).map(([lease]) => lease);
    for (const lease of expired) leases.delete(lease);
    if (held === undefined || leases.has(held.lease)) return;
    held = undefined;
    revision += 1;
    tell({ kind: "delete", key: hostKey, revision });
  };
  const snapshotFor = (hosting: Hosting): void =>
    hosting.snapshot({ revision, entries: held === undefined ? [] : [{ key: hostKey, value: held.value, revision: held.revision }] });

  /** A request and its answer may each be lost with the way. */
  const call = async <T>(node: string, work: () => T): Promise<T> => {
    const lost = async (sent: boolean): Promise<never> => {
      await clock.pause(callWaitMs);
      throw new StoreError("timeout", "no answer", sent);
    };
    await clock.pause(random.below(callMs));
    if (cut.has(node)) return await lost(false);
    look();
    const answer = work();
    await clock.pause(random.below(callMs));
    return cut.has(node) ? await lost(true) : answer;
  };
  const storeOf = (node: string): ConstructorParameters<typeof Hosting>[0]["store"] => ({
    grantLease: async (seconds) =>
      await call(node, () => {
        life += 1;
        leases.set(String(life), clock.nowMs() + seconds * 1000);
        return String(life);
      }),
    keepLease: async (lease) =>
      await call(node, () => {
        if (!leases.has(lease)) return 0;
        leases.set(lease, clock.nowMs() + 5000);
        return 5;
      }),
    transactIf: async (key, expected, [operation]) =>
      await call(node, () => {
        if (operation === undefined || !("put" in operation)) throw new Error("an exit node's host is only ever put");
        const { value, lease = "" } = operation.put;
        if ((held?.revision ?? 0) !== expected) return { written: false, revision };
        if (!leases.has(lease)) throw new StoreError("refused", "requested lease not found", true);
        revision += 1;
        held = { value, revision, lease };
        tell({ kind: "put", key, value, revision });
        return { written: true, revision };
      }),
    range: async () =>
      await call(node, () => ({
        cluster: "1",
        revision,
        entries: held === undefined ? [] : [{ key: hostKey, value: held.value, revision: held.revision }],
      })),
  });

  const isOpen = (node: string): boolean => (openUntil.get(node) ?? 0) > clock.nowMs();
  const answering = (): string[] => candidates.filter(isOpen);
  const onStep = (): void => {
    look();
    const now = answering();
    if (now.length > 1) twice.push(`${clock.nowMs()}: ${now.join(" and ")}`);
  };
  const stop = async (node: string): Promise<void> => {
    const one = running.get(node);
    one?.ending.abort();
    await one?.done;
    running.delete(node);
  };
  const kill = async (node: Name): Promise<void> => {
    const one = running.get(node);
    if (one === undefined) return;
    running.delete(node);
    one.ending.abort();
    void one.done;
    await time.settle();
  };
  const start = (node: string): void => {
    if (running.has(node)) return;
    const ending = new AbortController();
    const isMine = (): boolean => running.get(node)?.ending === ending;
    const hosting = new Hosting({
      isOurs: () => true,
      node,
      store: storeOf(node),
      intents: () => intents,
      fence: {
        open: async (_, milliseconds) => {
          if (isMine()) openUntil.set(node, clock.nowMs() + milliseconds);
          await Promise.resolve();
        },
        close: async () => {
          if (isMine()) openUntil.delete(node);
          await Promise.resolve();
        },
        announce: async () => {
          announced.push({ node, allowed: isOpen(node) });
          await Promise.resolve();
        },
      },
      clock,
      log: (event, fields) => log.push(`${clock.nowMs()} ${node} ${event} ${JSON.stringify(fields)}`),
      onChange: () => {},
    });
    running.set(node, { hosting, ending, done: hosting.run(ending.signal) });
    if (!cut.has(node)) snapshotFor(hosting);
    hosting.applied(gatewayPlan);
  };
  return {
    clock,
    answering,
    host: () => {
      const decoded = held === undefined ? undefined : decodeExitNodeHost(held.value);
      return decoded?.ok === true ? decoded.value.node : undefined;
    },
    cut(node, isCut) {
      if (isCut) cut.add(node);
      else cut.delete(node);
      const hosting = running.get(node)?.hosting;
      if (!isCut && hosting !== undefined) snapshotFor(hosting);
    },
    lag: (node, milliseconds) => void lags.set(node, milliseconds),
    kill,
    start,
    stop,
    loseStore() {
      leases.clear();
      held = undefined;
      for (const [name, { hosting }] of running) if (!cut.has(name)) snapshotFor(hosting);
    },
    passTo: async (atMs) => await time.passTo(atMs, onStep),
    ...{ log, twice, announced },
    async end() {
      for (const node of candidates) await kill(node);
      await time.passTo(clock.nowMs() + 10_000, () => {});
    },
  };
}
