/** A farm's agents around a store in memory and nodes that are only plans: for tests of what agents do together. */
import { settle } from "../allocate/index.ts";
import type { ApplyReport, ObservedNode } from "../apply/index.ts";
import { address, prefix } from "../common/address.fixture.ts";
import { seededRandom, type Clock, type Random } from "../common/index.ts";
import type { Intents, NodeFacts, NodeStatus, Wishes } from "../intents/index.ts";
import type { NodePlan } from "../plan/index.ts";
import {
  createBackOff,
  encodeIntents,
  encodeNetworkGrant,
  encodeNumberGrant,
  factsPrefix,
  intentKeys,
  type StoreEntry,
} from "../store/index.ts";
import { createPublisher } from "./publisher.ts";
import type { Measured } from "./reachability.ts";
import { Reconciler } from "./reconciler.ts";
import { StoreView } from "./store-view.ts";
import type { KeyRing } from "./key-ring.ts";
import { publicKeyOf, seededPrivateKey } from "./wireguard-key.ts";

const nothing: ObservedNode = { namespaces: new Map(), services: new Set(), files: new Map() };

/** Lets a chosen number of turns of the event loop go by, so that orders of events differ from seed to seed. */
async function turns(random: Random, most: number): Promise<void> {
  for (let turn = random.below(most + 1); turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A store in memory; watchers hear of changes a little later, in order. */
export class MemoryStore {
  readonly values: Map<string, { readonly value: string; readonly revision: number }> = new Map();
  readonly #views = new Set<StoreView>();
  readonly #random: Random;
  #delivery: Promise<void> = Promise.resolve();
  revision: number = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Writes all of a map's keys at one revision; undefined deletes. */
  write(changes: ReadonlyMap<string, string | undefined>): number {
    this.revision += 1;
    const revision = this.revision;
    const events = [...changes].map(([key, value]) => {
      if (value === undefined) this.values.delete(key);
      else this.values.set(key, { value, revision });
      return value === undefined ? ({ kind: "delete", key, revision } as const) : ({ kind: "put", key, value, revision } as const);
    });
    const views = [...this.#views];
    this.#delivery = this.#delivery.then(async () => {
      await turns(this.#random, 2);
      for (const view of views) view.handlers.events(events, revision);
    });
    return revision;
  }

  /** What agents see of it. */
  entries(): StoreEntry[] {
    return [...this.values].map(([key, held]) => ({ key, ...held })).filter((entry) => !entry.key.startsWith("/farmlab/status/"));
  }

  follow(view: StoreView): void {
    this.#views.add(view);
    view.handlers.snapshot({ cluster: "1", revision: this.revision, entries: this.entries() });
    view.handlers.connection({ connected: true });
  }

  leave(view: StoreView): void {
    this.#views.delete(view);
  }
}

export interface StandInNode {
  readonly name: string;
  readonly statuses: NodeStatus[];
  readonly facts: () => NodeFacts;
  /** Plans in the order in which they were carried out, and whether the node was looked at first, or some of its namespaces. */
  readonly plans: { readonly plan: NodePlan; readonly looked: boolean; readonly lookAt?: ReadonlySet<string> | undefined }[];
  /** Happens during every look at some of its namespaces. */
  duringLook: () => Promise<void>;
  /** Happens whenever it takes in what has arrived while it planned. */
  duringTakeIn: () => Promise<void>;
  readonly reconciler: Reconciler;
  readonly view: StoreView;
  /** Makes the next calls of apply fail, with these words. */
  failures: number;
  failureMessages: readonly string[];
  /** Resolves at the first status that fits, from the last one told on. */
  until(fits: (status: NodeStatus) => boolean): Promise<NodeStatus>;
  stop(): Promise<void>;
}

export interface StandInFarm {
  readonly store: MemoryStore;
  /** Starts an agent; one of the same name that was stopped before left its plan in place. */
  start(name: string): StandInNode;
  /** With what the allocator grants of them in an empty store. */
  writeIntents(wishes: Wishes): number;
  stop(): Promise<void>;
}

export interface StandInOptions {
  readonly seed: number;
  readonly measured: (node: string) => Measured;
  /** Hears of each plan at the moment when it takes effect. */
  readonly onPlan?: (node: string, plan: NodePlan) => void;
  readonly pauses?: (milliseconds: number) => Promise<void>;
}

const tunnelsIn = (plan: NodePlan): readonly string[] =>
  plan.namespaces.flatMap(({ links }) => links.flatMap((link) => (link.kind === "wireguard" ? [link.name] : [])));

export function createStandInFarm(options: StandInOptions): StandInFarm {
  const random = seededRandom(options.seed, "agents");
  const store = new MemoryStore(random);
  /** Regular looks never come; back-off is over at once. */
  const pauses =
    options.pauses ?? (async (milliseconds) => (milliseconds >= 30_000 ? await new Promise<never>(() => {}) : await turns(random, 3)));
  const clock: Clock = { nowMs: () => 0, pause: pauses };
  const kernel = new Map<string, string>();
  const tunnels = new Map<string, readonly string[]>();
  let lives = 0;
  const nodes: StandInNode[] = [];

  const start = (name: string): StandInNode => {
    const statuses: NodeStatus[] = [];
    const waiters = new Set<() => void>();
    const plans: StandInNode["plans"] = [];
    const ending = new AbortController();
    let last: NodeFacts | undefined;
    const publisher = createPublisher({
      write: async (value) => {
        await turns(random, 2);
        return store.write(new Map([[intentKeys.facts(name), value]]));
      },
      clock,
      backOff: createBackOff({ firstMs: 1, longestMs: 1 }, () => 0),
      gatherMs: 0,
      onPublished: () => reconciler.wake(),
      onFailure: () => {},
    });
    const view = new StoreView({
      onChange: () => reconciler.wake(),
      onSnapshot: (snapshot) =>
        publisher.restart(snapshot.entries.find((entry) => entry.key === intentKeys.facts(name))?.value, snapshot.revision),
      onEvent: (event) => {
        if (event.key === `${factsPrefix}${name}`) publisher.seen(event.kind === "put" ? event.value : undefined, event.revision);
      },
    });
    const reconciler: Reconciler = new Reconciler({
      node: name,
      store: view,
      keys: seededKeys(name),
      name: { isOurs: true, waits: undefined },
      apply: async (plan, known): Promise<ApplyReport> => {
        await turns(random, 6);
        const wanted = [...(known?.lookAt ?? [])];
        if (wanted.length > 0) await node.duringLook();
        // The first of them is begun in any case.
        const looked = known?.goesOn?.() === false ? wanted.slice(0, 1) : wanted;
        const notLooked = wanted.slice(looked.length);
        if (node.failures > 0) {
          node.failures -= 1;
          const failures = node.failureMessages.map((message) => ({ severity: "error", code: "apply-failed", message }) as const);
          return { plan, changes: 0, commands: [], failures, madeTunnels: [], notLooked };
        }
        const text = JSON.stringify(plan);
        const changes = kernel.get(name) === text ? 0 : 1;
        kernel.set(name, text);
        const had = new Set(tunnels.get(name));
        tunnels.set(name, tunnelsIn(plan));
        plans.push({ plan, looked: known === undefined, lookAt: looked.length === 0 ? undefined : new Set(looked) });
        options.onPlan?.(name, plan);
        const madeTunnels = tunnelsIn(plan).filter((tunnel) => !had.has(tunnel));
        return { plan, changes, commands: [], failures: [], madeTunnels, observed: nothing, notLooked };
      },
      isBare: () => !kernel.has(name),
      measure: async () => {
        await turns(random, 6);
        return options.measured(name);
      },
      asked: ["ipv4"],
      facts: publisher,
      gateways: [],
      onStatus: (status, facts) => {
        statuses.push(status);
        last = facts;
        for (const waiter of waiters) waiter();
      },
      clock,
      takeIn: async () => {
        await turns(random, 2);
        await node.duringTakeIn();
      },
      random: () => 0,
      nextLife: () => {
        lives += 1;
        return lives.toString(16).padStart(8, "0");
      },
      log: () => {},
      reconcileEveryMs: 30_000,
    });
    const done = reconciler.run(ending.signal);
    const node: StandInNode = {
      name,
      statuses,
      plans,
      duringLook: async () => {},
      duringTakeIn: async () => {},
      reconciler,
      view,
      failures: 0,
      failureMessages: ["ip in host: no"],
      facts: () => last ?? { node: name, publicKeys: {}, endpoints: {}, reachability: { ipv4: "none", ipv6: "none" } },
      until: async (fits) => {
        const found = Promise.withResolvers<NodeStatus>();
        const look = (): void => {
          const status = statuses.at(-1);
          if (status !== undefined && fits(status)) found.resolve(status);
        };
        waiters.add(look);
        look();
        const status = await found.promise;
        waiters.delete(look);
        return status;
      },
      stop: async () => {
        store.leave(view);
        ending.abort();
        await done;
      },
    };
    nodes.push(node);
    store.follow(view);
    return node;
  };

  return {
    store,
    start,
    writeIntents: (wishes) => {
      const { numbers, networks } = settle(new Map(), wishes, { nowMs: 0 });
      const wanted = new Map([
        ...encodeIntents(wishes),
        ...numbers.map((grant) => [intentKeys.numberGrant(grant.allocationNumber), encodeNumberGrant(grant)] as const),
        ...networks.map((grant) => [intentKeys.networkGrant(grant.network), encodeNetworkGrant(grant)] as const),
      ]);
      const gone = [...store.values.keys()].filter((key) => /^\/farmlab\/(intents|grants)\//.test(key) && !wanted.has(key));
      return store.write(new Map<string, string | undefined>([...wanted, ...gone.map((key): [string, undefined] => [key, undefined])]));
    },
    stop: async () => {
      await Promise.all(nodes.map(async (node) => await node.stop()));
    },
  };
}

function seededKeys(node: string): KeyRing {
  const keys = new Map<string, string>();
  const publicHalves = new Map<string, string>();
  const privateKeyOf = (name: string): string => keys.get(name) ?? seededPrivateKey("test", node, name);
  const publicHalfOf = (name: string): string => {
    const known = publicHalves.get(name) ?? publicKeyOf(privateKeyOf(name));
    publicHalves.set(name, known);
    return known;
  };
  return {
    notice: undefined,
    identity: () => node,
    ensure: (names) => {
      for (const name of names) keys.set(name, privateKeyOf(name));
    },
    retain: () => {},
    publicKeys: (names) => Object.fromEntries(names.map((name) => [name, publicHalfOf(name)])),
    privateKeyOf,
  };
}

/** One network with its exit point on `node-1`; `publicNodes` have an address for tunnels. */
export function intentsOfOneNetwork(others: readonly string[], publicNodes: readonly string[]): Intents {
  const names = ["node-1", ...others];
  return {
    allocations: [{ prefix: prefix("2a02:1802:5e::/48"), number: 1 }],
    nodes: names.map((name, index) => ({
      name,
      ...(publicNodes.includes(name)
        ? { public: { nic: "eth0", ipv4: prefix(`185.69.166.${index + 3}/24`), gateway4: address("185.69.166.1") } }
        : {}),
      ...(name === "node-1" ? { exitNode: { number: 1, allocationNumber: 1, nic: "eth1" } } : {}),
    })),
    networks: [
      {
        name: "blue",
        kind: "exit-node",
        allocationNumber: 1,
        ownedIpv4: [],
        resources: names.map((name, index) => ({
          node: name,
          exitPoint: index === 0,
          prefix: prefix(`2a02:1802:5e:1ab${index.toString(16)}::/64`),
        })),
        workloads: [],
        portForwards: [],
      },
    ],
  };
}
