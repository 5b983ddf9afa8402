import { describe, expect, it } from "vitest";
import { createBackOff, StoreError } from "../store/index.ts";
import { createPublisher, type Publisher } from "./publisher.ts";

interface Desk {
  readonly publisher: Publisher;
  readonly written: (string | undefined)[];
  /** Makes the next writes fail. */
  failures: number;
  readonly settled: () => Promise<void>;
  /** The store's revision; counts up with each write. */
  revision: number;
}

function desk(): Desk {
  const written: (string | undefined)[] = [];
  const publisher = createPublisher({
    write: async (value) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (self.failures > 0) {
        self.failures -= 1;
        throw new StoreError("unreachable", "away", false);
      }
      written.push(value);
      self.revision += 1;
      return self.revision;
    },
    clock: { nowMs: () => 0, pause: async () => await new Promise((resolve) => setImmediate(resolve)) },
    backOff: createBackOff({ firstMs: 1, longestMs: 1 }, () => 0),
    gatherMs: 0,
    onPublished: () => {},
    onFailure: () => {},
  });
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const self: Desk = { publisher, written, failures: 0, settled, revision: 0 };
  return self;
}

describe("publishing", () => {
  it("writes the newest value, and drops those that never got there", async () => {
    const { publisher, written, settled } = desk();
    for (const value of ["a", "b", "c"]) publisher.set(value);
    await settled();
    expect(written).toEqual(["a", "c"]);
    expect(publisher.published).toBe("c");
    publisher.set("c");
    await settled();
    expect(written).toEqual(["a", "c"]);
  });

  it("keeps trying", async () => {
    const one = desk();
    one.failures = 5;
    one.publisher.set("a");
    await one.settled();
    expect(one.written).toEqual(["a"]);
  });

  it("writes again what somebody else overwrote or the store lost", async () => {
    const one = desk();
    const { publisher, written, settled } = one;
    publisher.set("a");
    await settled();
    one.revision = 9;
    publisher.seen("another", 9);
    await settled();
    publisher.restart(undefined, 1);
    await settled();
    expect(written).toEqual(["a", "a", "a"]);
  });

  it("does not take its own older write for somebody else's", async () => {
    const { publisher, written, settled } = desk();
    publisher.set("a");
    await settled();
    publisher.set("b");
    await settled();
    publisher.seen("a", 1);
    publisher.seen("b", 2);
    await settled();
    expect(written).toEqual(["a", "b"]);
  });

  it("deletes, and writes nothing where nothing is to be", async () => {
    const { publisher, written, settled } = desk();
    publisher.set(undefined);
    await settled();
    expect(written).toEqual([]);
    publisher.set("a");
    await settled();
    publisher.set(undefined);
    await settled();
    expect(written).toEqual(["a", undefined]);
  });
});
