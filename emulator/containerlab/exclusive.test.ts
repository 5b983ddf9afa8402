import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { exclusively, unlessHeld } from "./exclusive.ts";

let count = 0;
const newName = (): string => `test/exclusive/${process.pid}/${(count += 1)}`;

describe("exclusively", () => {
  it("lets one work after the other, however many wait, and goes on after a failure", async () => {
    const name = newName();
    let working = 0;
    const done: number[] = [];
    const work = (number: number) => async (): Promise<void> => {
      working += 1;
      expect(working).toBe(1);
      for (let turns = 0; turns < 5; turns += 1) await turn();
      working -= 1;
      done.push(number);
      if (number === 1) throw new Error("it broke");
    };
    const outcomes = await Promise.allSettled([0, 1, 2, 3].map((number) => exclusively(name, undefined, work(number))));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(done.toSorted()).toEqual([0, 1, 2, 3]);
  });

  it("stops waiting at an abort", async () => {
    const name = newName();
    const held = Promise.withResolvers<void>();
    const first = exclusively(name, undefined, () => held.promise);
    const abort = new AbortController();
    const second = exclusively(name, abort.signal, () => Promise.reject(new Error("it must not begin")));
    await turn();
    abort.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    held.resolve();
    await first;
  });
});

describe("unlessHeld", () => {
  it("does nothing while the name is held, and holds it itself while it works", async () => {
    const name = newName();
    const inner = await unlessHeld(name, async () => await unlessHeld(name, () => Promise.resolve("both")));
    expect(inner).toBeUndefined();
    expect(await unlessHeld(name, () => Promise.resolve("alone"))).toBe("alone");
  });
});
