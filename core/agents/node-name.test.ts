import { afterEach, describe, expect, it } from "vitest";
import { agentKey, StoreError } from "../store/index.ts";
import type { StoreEntry } from "../store/index.ts";
import { leaseSeconds } from "./node-lease.ts";
import { NodeName } from "./node-name.ts";

const key = agentKey("node-1");
const tickMs = 100;

/** A store with leases and machines that ask for one name, in a time of the test's own. */
function world() {
  let nowMs = 0;
  let revision = 1;
  let leases = 0;
  let held: (StoreEntry & { lease: string }) | undefined;
  const ends = new Map<string, number>();
  const sleepers = new Set<{ atMs: number; wake: () => void }>();
  const machines: { ending: AbortController; done: Promise<void> }[] = [];
  const clock = {
    nowMs: () => nowMs,
    pause: async (milliseconds: number) => await new Promise<void>((wake) => sleepers.add({ atMs: nowMs + milliseconds, wake })),
  };
  const isAlive = (lease: string): boolean => (ends.get(lease) ?? 0) > nowMs;
  const pass = async (forMs: number): Promise<void> => {
    for (const untilMs = nowMs + forMs; ; nowMs += tickMs) {
      if (held !== undefined && !isAlive(held.lease)) held = undefined;
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      for (const sleeper of [...sleepers].filter(({ atMs }) => atMs <= nowMs)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      if (nowMs >= untilMs) return;
    }
  };
  const start = (identity: string, life: string) => {
    const one = { cut: false, said: new Set<string>(), keptFull: false };
    const reached = (): void => {
      if (one.cut) throw new StoreError("unreachable", "cut off", false);
    };
    const name = new NodeName({
      ...{ node: "node-1", life, clock, log: () => {}, onChange: () => one.said.add(name.waits ?? "ours") },
      identity: () => {
        if (one.keptFull) throw new Error("no space left");
        return identity;
      },
      store: {
        grantLease: async () => {
          reached();
          leases += 1;
          ends.set(`${leases}`, nowMs + leaseSeconds * 1000);
          return await Promise.resolve(`${leases}`);
        },
        keepLease: async (lease) => {
          reached();
          if (!isAlive(lease)) return await Promise.resolve(0);
          ends.set(lease, nowMs + leaseSeconds * 1000);
          return leaseSeconds;
        },
        range: async () => {
          reached();
          return await Promise.resolve({ cluster: "1", revision, entries: held === undefined ? [] : [held] });
        },
        transactIf: async (_key, expected, [operation]) => {
          reached();
          const written = (held?.revision ?? 0) === expected && operation !== undefined && "put" in operation;
          if (written) {
            revision += 1;
            held = { key, value: operation.put.value, revision, lease: operation.put.lease ?? "" };
          }
          return await Promise.resolve({ written, revision });
        },
      },
    });
    const ending = new AbortController();
    machines.push({ ending, done: name.run(ending.signal) });
    return { name, one, kill: () => ending.abort() };
  };
  return { start, pass, end: () => machines.forEach(({ ending }) => ending.abort()) };
}

let worlds: ReturnType<typeof world>[] = [];
const newWorld = (): ReturnType<typeof world> => {
  const made = world();
  worlds.push(made);
  return made;
};
afterEach(() => {
  for (const one of worlds) one.end();
  worlds = [];
});
const [mine, theirs] = ["aaaaaaaa", "bbbbbbbb"];

describe("EX-21 two machines with one node's name", () => {
  it("are the node one after the other: the first one, and the other when its lease has ended", async () => {
    const { start, pass } = newWorld();
    const first = start(mine, "11111111");
    await pass(300);
    const second = start(theirs, "22222222");
    await pass(20_000);
    expect([first.name.isOurs, second.name.isOurs]).toEqual([true, false]);
    expect(second.name.waits).toBe("another node is called node-1");
    expect(() => second.name.requireOurs()).toThrow("another node is called node-1");
    first.kill();
    await pass((leaseSeconds - 2) * 1000);
    expect(second.name.isOurs).toBe(false);
    await pass(4000);
    expect([second.name.isOurs, second.name.waits]).toEqual([true, undefined]);
  });

  it("that start at the same moment are not both the node", async () => {
    const { start, pass } = newWorld();
    const both = [start(mine, "11111111"), start(theirs, "22222222")];
    await pass(5000);
    expect(both.map(({ name }) => name.isOurs).toSorted()).toEqual([false, true]);
  });

  it("EX-18 do not hold up an agent that is started anew, which knows its machine again", async () => {
    const { start, pass } = newWorld();
    const first = start(mine, "11111111");
    await pass(1300);
    first.kill();
    const again = start(mine, "33333333");
    await pass(200);
    expect(again.name.isOurs).toBe(true);
  });

  it("of which one was cut off: it is no longer the node when it comes back and the other one is", async () => {
    const { start, pass } = newWorld();
    const first = start(mine, "11111111");
    await pass(300);
    first.one.cut = true;
    const second = start(theirs, "22222222");
    await pass(10_000);
    expect([first.name.isOurs, second.name.isOurs]).toEqual([true, true]);
    first.one.cut = false;
    await pass(2000);
    expect([first.name.isOurs, second.name.isOurs]).toEqual([false, true]);
  });

  it("of which one is a copy of the other are told apart by their lives", async () => {
    const { start, pass } = newWorld();
    const first = start(mine, "11111111");
    await pass(300);
    const copy = start(mine, "22222222");
    await pass(3000);
    expect([first.name.isOurs, copy.name.isOurs]).toEqual([false, true]);
    expect(first.name.waits).toBe("another node is called node-1 and has a copy of this node's key file");
    await pass(20_000);
    expect(copy.name.isOurs).toBe(true);
  });

  it("is said where the machine cannot keep who it is, and mended when it can", async () => {
    const { start, pass } = newWorld();
    const only = start(mine, "11111111");
    only.one.keptFull = true;
    await pass(1000);
    expect(only.name.waits).toBe("its name: no space left");
    only.one.keptFull = false;
    await pass(1000);
    expect(only.name.isOurs).toBe(true);
  });

  it("leave the node to the one that has it while the store does not answer", async () => {
    const { start, pass } = newWorld();
    const first = start(mine, "11111111");
    await pass(300);
    first.one.cut = true;
    await pass(60_000);
    expect(first.name.isOurs).toBe(true);
    first.one.cut = false;
    await pass(2000);
    expect(first.name.isOurs).toBe(true);
    expect([...first.one.said]).toEqual(["ours"]);
  });
});
