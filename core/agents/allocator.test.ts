import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { formatPrefix, parsePrefix, seededRandom } from "../common/index.ts";
import type { AllocatorStatus, NetworkWish, Wishes } from "../intents/index.ts";
import {
  allocatorTextKey,
  allocatorTurnKey,
  encodeIntents,
  encodeNodeFacts,
  intentKeys,
  StoreContents,
  StoreError,
  type Operation,
  type Store,
  type StoreEvent,
  type WatchHandlers,
} from "../store/index.ts";
import { Allocator } from "./allocator.ts";

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

/** A store in memory with its transactions, whose watchers hear of things one by one and each in its own time. */
class SharedStore {
  readonly values: Map<string, { readonly value: string; readonly revision: number }> = new Map();
  revision = 1;
  /** How many transactions were refused because somebody else had written. */
  refused = 0;
  isAway = false;
  #cluster = 1;
  readonly #watchers = new Map<WatchHandlers, StoreEvent[][]>();
  readonly #random = seededRandom(1, "shared store");

  write(operations: readonly Operation[]): number {
    this.revision += 1;
    const revision = this.revision;
    const events = operations.map((operation): StoreEvent => {
      if ("put" in operation) {
        this.values.set(operation.put.key, { value: operation.put.value, revision });
        return { kind: "put", ...operation.put, revision };
      }
      this.values.delete(operation.delete);
      return { kind: "delete", key: operation.delete, revision };
    });
    for (const waiting of this.#watchers.values()) waiting.push(events);
    return revision;
  }

  /** As if it had never held anything: the same one at its first revision, or another that has more of them than the first had. */
  wipe(by: "same" | "other"): void {
    this.values.clear();
    if (by === "same") this.revision = 1;
    else this.#cluster += 1;
    this.revision += 1;
    for (const [handlers, waiting] of this.#watchers) {
      waiting.length = 0;
      handlers.snapshot({ cluster: String(this.#cluster), revision: this.revision, entries: [] });
    }
  }

  client(): Store {
    const failing = async (): Promise<void> => {
      for (let left = this.#random.below(4); left > 0; left -= 1) await turn();
      if (this.isAway) throw new StoreError("unreachable", "the store: ECONNREFUSED", false);
    };
    return {
      range: async () => await Promise.reject(new Error("not asked for")),
      grantLease: async () => await Promise.reject(new Error("not asked for")),
      keepLease: async () => await Promise.reject(new Error("not asked for")),
      put: async (key, value) => {
        await failing();
        return this.write([{ put: { key, value } }]);
      },
      delete: async (key) => await Promise.resolve(this.write([{ delete: key }])),
      transact: async (operations) => await Promise.resolve(this.write(operations)),
      transactIf: async (key, expected, operations) => {
        await failing();
        const written = (this.values.get(key)?.revision ?? 0) === expected;
        if (written) this.write(operations);
        else this.refused += 1;
        return { written, revision: this.revision };
      },
      watch: async (_keys, handlers, signal) => {
        const waiting: StoreEvent[][] = [];
        handlers.snapshot({
          cluster: String(this.#cluster),
          revision: this.revision,
          entries: [...this.values].map(([key, held]) => ({ key, ...held })),
        });
        handlers.connection({ connected: true });
        this.#watchers.set(handlers, waiting);
        while (!signal.aborted) {
          await turn();
          const next = this.#random.below(3) === 0 ? waiting.shift() : undefined;
          if (next !== undefined) handlers.events(next, next[0]?.revision ?? 0);
        }
      },
      close: () => {},
    };
  }
}

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

interface Running {
  readonly statuses: AllocatorStatus[];
  stop(): Promise<void>;
}

function start(store: SharedStore, nowMs = (): number => 1_000_000): Running {
  const stopping = new AbortController();
  const statuses: AllocatorStatus[] = [];
  const clock = { nowMs: () => 0, now: () => new Date(nowMs()), pause: turn };
  const allocator = new Allocator({
    ...{ store: store.client(), clock, random: () => 0, log: () => {} },
    onStatus: (status) => statuses.push(status),
  });
  const done = allocator.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await done;
  };
  ending.push(stop);
  return { statuses, stop };
}

const prefix = parsePrefix("2a02:1802:5e::/48") ?? expect.fail("prefix");
const network = (name: string, exitPoint = "x1", others: readonly string[] = ["n1"]): NetworkWish => ({
  ...{ name, kind: "exit-node", allocationNumber: 1, ownedIpv4: [], workloads: [], portForwards: [] },
  resources: [exitPoint, ...others].map((node, index) => ({ node, exitPoint: index === 0 })),
});
const listOf = (networks: readonly NetworkWish[]): Wishes => ({
  allocations: [{ prefix, number: 1 }],
  nodes: [
    ...[1, 2].map((number) => ({ name: `x${number}`, exitNode: { allocationNumber: 1, nic: "eth1", number } })),
    ...["n1", "n2"].map((name) => ({ name })),
  ],
  networks,
});
const write = (store: SharedStore, wishes: Wishes): void => {
  const wanted = encodeIntents(wishes);
  const gone = [...store.values.keys()].filter((key) => key.startsWith("/farmlab/intents/") && !wanted.has(key));
  store.write([...[...wanted].map(([key, value]) => ({ put: { key, value } })), ...gone.map((key) => ({ delete: key }))]);
};

const contentsOf = (store: SharedStore): StoreContents => {
  const contents = new StoreContents();
  contents.replace({ cluster: "1", revision: store.revision, entries: [...store.values].map(([key, held]) => ({ key, ...held })) });
  return contents;
};
const granted = (store: SharedStore): Record<string, string> =>
  Object.fromEntries(
    contentsOf(store)
      .grants()
      .networks.flatMap(({ network: name, resources }) => resources.map((one) => [`${name}/${one.node}`, formatPrefix(one.prefix)])),
  );

/** Turns of the event loop go by until it holds; a test that waits for what never comes runs into its own time. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

describe("the allocator", () => {
  it("answers each network with its prefixes, and takes back what is no longer on the list", async () => {
    const store = new SharedStore();
    start(store);
    write(store, listOf([network("blue"), network("red", "x2")]));
    await until(() => Object.keys(granted(store)).length === 4);
    const first = granted(store);
    write(store, listOf([network("blue")]));
    await until(() => !store.values.has(intentKeys.networkGrant("red")));
    expect(granted(store)).toEqual({ "blue/n1": first["blue/n1"], "blue/x1": first["blue/x1"] });
    write(store, listOf([network("blue"), network("red", "x2")]));
    await until(() => Object.keys(granted(store)).length === 4);
    expect(granted(store)).toEqual(first);
  });

  it("says in the answer why there is none", async () => {
    const store = new SharedStore();
    const { statuses } = start(store);
    write(store, listOf([network("blue", "n1")]));
    await until(() => store.values.has(intentKeys.networkGrant("blue")));
    expect(
      contentsOf(store)
        .grants()
        .networks[0]!.refused.map(({ code }) => code),
    ).toEqual(["exit-point-not-on-exit-node"]);
    await until(() => (statuses.at(-1)?.messages ?? []).length > 0);
    expect(statuses.at(-1)!.messages.join()).toMatch(/^\/farmlab\/intents\/networks\/blue: exit-point-not-on-exit-node: .*\(/);
  });

  it("EX-5 gives no prefix twice however many allocators answer, whatever they have heard of", async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(9), fc.boolean(), fc.nat(6)), { minLength: 1, maxLength: 40 }), async (steps) => {
        const store = new SharedStore();
        const running = [start(store), start(store), start(store)];
        const listed = new Map<string, NetworkWish>();
        const seen = new Map<string, string>();
        for (const [index, isThere, turns] of steps) {
          // Backwards: who sees fewer of them would give the same to others.
          const name = `net-${9 - index}`;
          if (isThere) listed.set(name, network(name, index % 2 === 0 ? "x1" : "x2", ["n1", "n2"]));
          else listed.delete(name);
          write(store, listOf([...listed.values()]));
          for (let left = turns; left > 0; left -= 1) await turn();
          for (const [holder, text] of Object.entries(granted(store))) {
            expect(seen.get(text) ?? holder).toBe(holder);
            seen.set(text, holder);
          }
        }
        await until(() => Object.keys(granted(store)).length === listed.size * 3);
        const all = Object.values(granted(store));
        expect(new Set(all).size).toBe(all.length);
        for (const one of running) await one.stop();
        refused += store.refused;
      }),
      { numRuns: 30 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  it("gives nothing while its state is damaged, says which, and goes on once it is whole", async () => {
    const store = new SharedStore();
    const { statuses } = start(store);
    write(store, listOf([network("blue")]));
    await until(() => Object.keys(granted(store)).length === 2);
    const before = granted(store);
    const key = allocatorTextKey(1, "part-1");
    const text = store.values.get(key)!.value;
    store.write([{ put: { key, value: text.slice(0, -3) } }]);
    write(store, listOf([network("blue"), network("red")]));
    await until(() => statuses.at(-1)?.phase === "failing");
    for (let left = 50; left > 0; left -= 1) await turn();
    expect(statuses.at(-1)!.messages.join()).toMatch(/^allocator-state-damaged: \/farmlab\/allocator\/1\/: .* part-1 is no JSON/);
    expect(granted(store)).toEqual(before);
    store.write([{ put: { key, value: text } }]);
    await until(() => Object.keys(granted(store)).length === 4);
    expect(granted(store)).toMatchObject(before);
  });

  it("waits for a store that is away, says so, and gives then", async () => {
    const store = new SharedStore();
    const { statuses } = start(store);
    await until(() => statuses.at(-1)?.phase === "ready");
    store.isAway = true;
    write(store, listOf([network("blue")]));
    await until(() => statuses.at(-1)?.messages[0] === "waiting for the store: the store: ECONNREFUSED");
    expect(granted(store)).toEqual({});
    store.isAway = false;
    await until(() => Object.keys(granted(store)).length === 2);
  });

  it.each(["same", "other"] as const)("tells a store that lost everything what it held and what rests (%s one)", async (by) => {
    const store = new SharedStore();
    start(store);
    write(store, listOf([network("blue"), network("red")]));
    await until(() => Object.keys(granted(store)).length === 4);
    write(store, listOf([network("blue")]));
    await until(() => !store.values.has(intentKeys.networkGrant("red")));
    const [blue, state] = [granted(store), store.values.get(allocatorTextKey(1, "part-1"))?.value];
    expect(state).toContain('"red"');
    store.wipe(by);
    for (let left = 50; left > 0; left -= 1) await turn();
    expect([...store.values.keys()].filter((key) => key !== allocatorTurnKey)).toEqual([]);
    write(store, listOf([network("blue")]));
    await until(() => Object.keys(granted(store)).length === 2);
    expect(granted(store)).toEqual(blue);
    expect(store.values.get(allocatorTextKey(1, "part-1"))?.value).toBe(state);
  });

  it("finds out from the nodes, where it was not there itself when the store lost everything", async () => {
    const store = new SharedStore();
    const networks = { "wg-1abc-1": "red", "wg-1b2c-1": "blue" };
    const facts = { node: "n1", publicKeys: {}, endpoints: {}, reachability: { ipv4: "hidden", ipv6: "hidden" }, networks } as const;
    store.write([{ put: { key: intentKeys.facts("n1"), value: encodeNodeFacts(facts) } }]);
    write(store, listOf([network("blue"), network("red")]));
    start(store);
    await until(() => Object.keys(granted(store)).length === 4);
    expect(granted(store)).toMatchObject({ "red/n1": "2a02:1802:5e:1abc::/64", "blue/n1": "2a02:1802:5e:1b2c::/64" });
  });

  it("writes nothing where all is as it is", async () => {
    const store = new SharedStore();
    const first = start(store);
    write(store, listOf([network("blue")]));
    await until(() => first.statuses.at(-1)?.phase === "ready" && Object.keys(granted(store)).length === 2);
    const { revision } = store;
    const second = start(store);
    await until(() => second.statuses.at(-1)?.phase === "ready");
    expect(store.revision).toBe(revision);
  });
});
