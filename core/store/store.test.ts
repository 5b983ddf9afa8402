import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../common/index.ts";
import { rangeEnd } from "./gateway.ts";
import { startStandIn, type StandIn } from "./gateway.fixture.ts";
import { openStore, type Store, type StoreOptions } from "./store.ts";
import { StoreError } from "./store-error.ts";

/** Back-off pauses end at once: what is tested is what comes after them. */
const hasty: Clock = { nowMs: () => 0, pause: async () => await new Promise((resolve) => setImmediate(resolve)) };

let standIn: StandIn;
let opened: Store[] = [];
const open = (options: Partial<StoreOptions> = {}): Store => {
  const store = openStore({ endpoints: [standIn.url], clock: hasty, random: () => 0, ...options });
  opened.push(store);
  return store;
};

beforeEach(async () => {
  standIn = await startStandIn();
});
afterEach(async () => {
  for (const store of opened) store.close();
  opened = [];
  await standIn.close();
});

/** Collects what a watch tells, and lets a test wait until it says something. */
function follow(store: Store, prefix: string): { readonly told: string[]; until(wanted: string): Promise<void>; stop(): Promise<void> } {
  const told: string[] = [];
  const waiters = new Set<() => void>();
  const tell = (line: string): void => {
    told.push(line);
    for (const waiter of waiters) waiter();
  };
  const controller = new AbortController();
  const done = store.watch(
    prefix,
    {
      snapshot: ({ entries }) => tell(`snapshot ${entries.map((entry) => `${entry.key}=${entry.value}`).join(" ")}`),
      events: (events) => {
        for (const event of events) tell(event.kind === "put" ? `put ${event.key}=${event.value}` : `delete ${event.key}`);
      },
      connection: (state) => tell(state.connected ? "connected" : `lost ${state.waitingFor}`),
    },
    controller.signal,
  );
  return {
    told,
    until: async (wanted) => {
      const seen = Promise.withResolvers<void>();
      const look = (): void => {
        if (told.some((line) => line.includes(wanted))) seen.resolve();
      };
      waiters.add(look);
      look();
      await seen.promise;
      waiters.delete(look);
    },
    stop: async () => {
      controller.abort();
      await done;
    },
  };
}

describe("calls", () => {
  it("writes and reads text of any kind", async () => {
    const store = open();
    await store.put("/a/ü", "wörth\n\u0000🙂");
    const { entries, revision } = await store.range("/a/");
    expect(entries).toEqual([{ key: "/a/ü", value: "wörth\n\u0000🙂", revision: 2 }]);
    expect(revision).toBe(2);
  });

  it("reads more keys than one answer holds", async () => {
    for (let index = 0; index < 4500; index += 1)
      standIn.values.set(`/a/${String(index).padStart(5, "0")}`, { value: String(index), revision: 1 });
    const { entries } = await open().range("/a/");
    expect(entries.map((entry) => entry.value)).toEqual(Array.from({ length: 4500 }, (_, index) => String(index)));
  });

  it("writes only where a key has the revision that it was seen with", async () => {
    const asked: unknown[] = [];
    standIn.intercept = (path, body, response) => {
      if (path !== "/v3/kv/txn") return false;
      asked.push(body["compare"]);
      response.end(JSON.stringify({ header: { revision: "9" }, succeeded: asked.length === 2 }));
      return true;
    };
    const store = open();
    const write = [{ put: { key: "/a/1", value: "one" } }];
    expect(await store.transactIf("/turn", 0, write)).toEqual({ written: false, revision: 9 });
    expect(await store.transactIf("/turn", 8, write)).toEqual({ written: true, revision: 9 });
    const compare = (revision: string): unknown => [
      { key: Buffer.from("/turn").toString("base64"), target: "MOD", result: "EQUAL", mod_revision: revision },
    ];
    expect(asked).toEqual([compare("0"), compare("8")]);
  });

  it("goes on to the next endpoint when one refuses the connection", async () => {
    const store = open({ endpoints: ["http://127.0.0.1:1", "unix:/nonexistent/socket", standIn.url] });
    expect(await store.put("/a/b", "c")).toBe(2);
  });

  it("says that a store is unreachable, and that nothing was sent", async () => {
    const failure = await open({ endpoints: ["http://127.0.0.1:1"] })
      .put("/a/b", "c")
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({ fault: "unreachable", sent: false });
  });

  it("gives up on an answer that does not come", async () => {
    standIn.intercept = () => true;
    await expect(open({ limits: { callWaitMs: 20 } }).range("/a/")).rejects.toMatchObject({ fault: "timeout", sent: true });
  });

  it("hands on the store's own words", async () => {
    standIn.intercept = (_path, _body, response) => {
      response.statusCode = 429;
      response.end(
        JSON.stringify({
          error: "etcdserver: mvcc: database space exceeded",
          code: 8,
          message: "etcdserver: mvcc: database space exceeded",
        }),
      );
      return true;
    };
    await expect(open().put("/a", "b")).rejects.toMatchObject({
      fault: "refused",
      message: expect.stringContaining("database space exceeded") as unknown,
    });
  });

  it.each(["no JSON", "[]", "{}", '{"header":{"revision":"x"}}'])("refuses %s as an answer", async (text) => {
    standIn.intercept = (_path, _body, response) => {
      response.end(text);
      return true;
    };
    await expect(open().range("/a/")).rejects.toMatchObject({ fault: "malformed" });
  });

  it("takes a fresh connection when the kept one was closed meanwhile", async () => {
    const store = open();
    await store.put("/a", "1");
    let cut = true;
    standIn.intercept = (_path, _body, response) => {
      if (!cut) return false;
      cut = false;
      response.socket?.destroy();
      return true;
    };
    expect(await store.put("/a", "2")).toBe(3);
  });

  it("grants and keeps leases, and puts with one", async () => {
    const store = open();
    const answers: Readonly<Record<string, unknown>> = {
      "/v3/lease/grant": { ID: "7587848390308184576", TTL: "5" },
      "/v3/lease/keepalive": { result: { ID: "7587848390308184576", TTL: "4" } },
      "/v3/kv/txn": { header: { revision: "9" }, succeeded: true },
    };
    standIn.intercept = (path, _body, response) => {
      response.end(JSON.stringify(answers[path]));
      return true;
    };
    const lease = await store.grantLease(5);
    expect(lease).toBe("7587848390308184576");
    expect(await store.keepLease(lease)).toBe(4);
    expect(await store.transactIf("/a", 0, [{ put: { key: "/a", value: "b", lease } }])).toEqual({ written: true, revision: 9 });
    expect(standIn.requests.map(({ body }) => body)).toMatchObject([
      { TTL: "5" },
      { ID: lease },
      { success: [{ request_put: { lease } }] },
    ]);
    // A lease that is gone is answered for without a time.
    standIn.intercept = (_path, _body, response) => {
      response.end(JSON.stringify({ result: { ID: lease } }));
      return true;
    };
    expect(await store.keepLease(lease)).toBe(0);
  });

  it("ends a prefix's range after its last byte", () => {
    const decode = (text: string): string => Buffer.from(text, "base64").toString("latin1");
    expect(decode(rangeEnd("/farmlab/"))).toBe("/farmlab0");
    expect(decode(rangeEnd(""))).toBe("\0");
  });
});

describe("watch", () => {
  it("begins with all there is and asks for the revision after it", async () => {
    standIn.put("/a/1", "one");
    const watch = follow(open(), "/a/");
    await watch.until("connected");
    standIn.put("/a/2", "two");
    await watch.until("/a/2");
    expect(watch.told).toEqual(["snapshot /a/1=one", "connected", "put /a/2=two"]);
    const asked = standIn.requests.find((request) => request.path === "/v3/watch")?.body["create_request"];
    expect(asked).toMatchObject({ start_revision: "3" });
    await watch.stop();
  });

  it("reads all again after a stream that was cut within a line", async () => {
    const watch = follow(open(), "/a/");
    await watch.until("connected");
    standIn.rawToWatchers('{"result":{"header":{"revi');
    standIn.values.set("/a/missed", { value: "yes", revision: 2 });
    standIn.revision = 2;
    standIn.cutWatches();
    await watch.until("snapshot /a/missed=yes");
    await watch.stop();
  });

  it("reads all again after a compaction", async () => {
    const watch = follow(open(), "/a/");
    await watch.until("connected");
    standIn.values.set("/a/late", { value: "1", revision: 9 });
    standIn.rawToWatchers('{"result":{"header":{"revision":"9"},"canceled":true,"compact_revision":"8"}}\n');
    await watch.until("snapshot /a/late=1");
    expect(watch.told).toContain("lost watch ended: compacted");
    await watch.stop();
  });

  it("reads all again when the store came back with an older history", async () => {
    standIn.put("/a/1", "one");
    const store = open();
    standIn.intercept = (path) => {
      if (path === "/v3/watch") {
        standIn.intercept = () => false;
        standIn.values.clear();
        standIn.revision = 1;
      }
      return false;
    };
    const watch = follow(store, "/a/");
    await watch.until("the store went back");
    await watch.until("connected");
    expect(watch.told).toEqual(["snapshot /a/1=one", "lost the store went back from revision 2 to 1", "snapshot ", "connected"]);
    await watch.stop();
  });

  it("reads all again when another store has taken its place, whatever its revision", async () => {
    standIn.put("/a/1", "one");
    const store = open();
    standIn.intercept = (path) => {
      if (path === "/v3/watch") {
        standIn.intercept = () => false;
        standIn.cluster = "2";
        standIn.values.clear();
        standIn.revision = 9;
      }
      return false;
    };
    const watch = follow(store, "/a/");
    await watch.until("another store");
    await watch.until("connected");
    expect(watch.told).toEqual(["snapshot /a/1=one", "lost another store answers than before", "snapshot ", "connected"]);
    expect((await store.range("/a/")).cluster).toBe("2");
    await watch.stop();
  });

  it("bounds a line", async () => {
    const watch = follow(open({ limits: { maxLineBytes: 1000 } }), "/a/");
    await watch.until("connected");
    standIn.rawToWatchers("x".repeat(2000));
    await watch.until("line beyond 1000 bytes");
    await watch.stop();
  });

  it("keeps trying while the store is away, and says so", async () => {
    await standIn.close();
    const pauses: number[] = [];
    const enough = Promise.withResolvers<void>();
    const clock: Clock = {
      nowMs: () => 0,
      pause: async (milliseconds) => {
        pauses.push(milliseconds);
        if (pauses.length === 12) enough.resolve();
        await hasty.pause(0);
      },
    };
    const watch = follow(open({ clock, random: () => 0.5, backOff: { firstMs: 100, longestMs: 800 } }), "/a/");
    await enough.promise;
    expect(pauses.slice(0, 5)).toEqual([75, 150, 300, 600, 600]);
    expect(watch.told[0]).toContain("ECONNREFUSED");
    await watch.stop();
  });

  it("leaves no watch behind when it is told to stop", async () => {
    const watch = follow(open(), "/a/");
    await watch.until("connected");
    await watch.stop();
    while (standIn.watching() > 0) await hasty.pause(0);
    expect(standIn.watching()).toBe(0);
  });
});
