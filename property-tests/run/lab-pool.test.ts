import { describe, expect, it } from "vitest";
import { LabPool } from "./lab-pool.ts";

interface Opened {
  readonly pool: LabPool<string>;
  readonly closed: string[];
}

const open = (most: number, hasRoom = (): boolean => true): Opened => {
  const closed: string[] = [];
  const close = async (lab: string): Promise<void> => {
    closed.push(lab);
    await Promise.resolve();
  };
  return { pool: new LabPool<string>({ most, hasRoom, close }), closed };
};

/** Whether it has come to pass once everything that can go on has. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise((resolve) => void setImmediate(resolve));
  return settled;
}

describe("the pool of labs", () => {
  it("lets so many labs be opened and no more until one is gone", async () => {
    const { pool } = open(2);
    expect([await pool.take("a"), await pool.take("a")]).toEqual([undefined, undefined]);
    const third = pool.take("a");
    expect(await isSettled(third)).toBe(false);
    pool.drop();
    expect(await third).toBeUndefined();
  });

  it("gives a lab that waits to who it fits, and to nobody else", async () => {
    const { pool, closed } = open(2);
    await pool.take("a");
    pool.give("a", "lab of a");
    expect(await pool.take("b")).toBeUndefined();
    expect(await pool.take("a")).toBe("lab of a");
    expect(closed).toEqual([]);
  });

  it("ends the lab that has waited longest where another needs its place, and not before", async () => {
    const { pool, closed } = open(2);
    for (const key of ["a", "b"]) await pool.take(key);
    for (const key of ["a", "b"]) pool.give(key, `lab of ${key}`);
    expect(await pool.take("c")).toBeUndefined();
    expect(closed).toEqual(["lab of a"]);
    expect(await pool.take("b")).toBe("lab of b");
  });

  it("opens no second lab while memory is short, and always one", async () => {
    let room = false;
    const { pool } = open(3, () => room);
    expect(await pool.take("a")).toBeUndefined();
    const second = pool.take("a");
    expect(await isSettled(second)).toBe(false);
    pool.drop();
    expect(await second).toBeUndefined();
    room = true;
    expect(await isSettled(pool.take("a"))).toBe(true);
  });

  it("gives the machine to one alone once all others are gone, and to others after it", async () => {
    const { pool, closed } = open(3);
    for (const key of ["a", "b"]) await pool.take(key);
    pool.give("a", "lab of a");
    const alone = pool.takeAlone();
    const [next, nextAlone] = [pool.take("c"), pool.takeAlone()];
    expect([await isSettled(alone), closed]).toEqual([false, ["lab of a"]]);
    pool.give("b", "lab of b");
    await alone;
    expect(closed).toEqual(["lab of a", "lab of b"]);
    expect(await Promise.all([next, nextAlone].map(isSettled))).toEqual([false, false]);
    pool.drop();
    expect(await Promise.all([next, nextAlone].map(isSettled))).toEqual([true, false]);
    pool.drop();
    await nextAlone;
  });

  it("lets others go on where a lab does not end for one that needs the machine alone", async () => {
    const close = async (): Promise<void> => await Promise.reject(new Error("it does not end"));
    const pool = new LabPool<string>({ most: 1, hasRoom: () => true, close });
    await pool.take("a");
    pool.give("a", "lab of a");
    await expect(pool.takeAlone()).rejects.toThrow("it does not end");
    expect(await pool.take("b")).toBeUndefined();
  });

  it("ends what waits when it is closed", async () => {
    const { pool, closed } = open(2);
    await pool.take("a");
    pool.give("a", "lab of a");
    await pool.close();
    expect(closed).toEqual(["lab of a"]);
  });
});
