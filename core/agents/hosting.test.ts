import { afterEach, describe, expect, it } from "vitest";
import { seededRandom } from "../common/index.ts";
import { candidates, hostingWorld, type HostingWorld } from "./hosting.fixture.ts";

let worlds: HostingWorld[] = [];
const world = (seed = 1): HostingWorld => {
  const one = hostingWorld(seed);
  worlds.push(one);
  return one;
};

afterEach(async () => {
  for (const one of worlds) await one.end();
  worlds = [];
});

describe("EX-14 hosting an exit node", () => {
  it("is the exit node's own node's from the beginning, whoever is first", async () => {
    const farm = world();
    for (const node of candidates.toReversed()) farm.start(node);
    await farm.passTo(4000);
    expect(farm.answering()).toEqual(["node-1"]);
    expect(farm.announced).toEqual([0, 1, 2].map(() => ({ node: "node-1", allowed: true })));
  });

  it("goes to the first standby when its node is cut off, within a lease's time, and comes back", async () => {
    const farm = world();
    for (const node of candidates) farm.start(node);
    await farm.passTo(10_000);
    farm.cut("node-1", true);
    await farm.passTo(16_000);
    expect([farm.host(), farm.answering()]).toEqual(["node-2", ["node-2"]]);
    farm.cut("node-1", false);
    await farm.passTo(20_000);
    expect([farm.host(), farm.answering()]).toEqual(["node-1", ["node-1"]]);
    expect(farm.twice).toEqual([]);
  });

  it("is closed by the kernel where the agent is dead", async () => {
    const farm = world();
    for (const node of candidates) farm.start(node);
    await farm.passTo(10_000);
    await farm.kill("node-1");
    await farm.passTo(14_100);
    expect(farm.answering()).toEqual([]);
    await farm.passTo(16_000);
    expect(farm.answering()).toEqual(["node-2"]);
  });

  it("is not interrupted by an agent that starts anew, or by a store that loses its data", async () => {
    const farm = world();
    for (const node of candidates) farm.start(node);
    await farm.passTo(10_000);
    await farm.kill("node-1");
    farm.start("node-1");
    const silent: number[] = [];
    for (let atMs = 10_000; atMs < 30_000; atMs += 50) {
      if (atMs === 20_000) farm.loseStore();
      await farm.passTo(atMs);
      if (!farm.answering().includes("node-1")) silent.push(atMs);
    }
    expect([silent, farm.twice]).toEqual([[], []]);
  });

  it("passes the first standby over when that is cut off too", async () => {
    const farm = world();
    for (const node of candidates) farm.start(node);
    await farm.passTo(10_000);
    farm.cut("node-1", true);
    farm.cut("node-2", true);
    await farm.passTo(17_000);
    expect(farm.answering()).toEqual(["node-3"]);
    farm.cut("node-2", false);
    await farm.passTo(22_000);
    expect(farm.answering()).toEqual(["node-2"]);
    expect(farm.twice).toEqual([]);
  });

  it("stays with whoever was first, where the other has not heard of that yet", async () => {
    const farm = world();
    for (const node of candidates) farm.start(node);
    await farm.passTo(10_000);
    farm.lag("node-3", 2000);
    farm.cut("node-1", true);
    await farm.passTo(18_000);
    expect([farm.host(), farm.answering(), farm.twice]).toEqual(["node-2", ["node-2"], []]);
    expect(farm.log.filter((line) => line.includes("node-3 hosted"))).toEqual([]);
  });

  it("goes to nobody before the exit node's own node has had its time to start", async () => {
    const farm = world();
    farm.start("node-2");
    await farm.passTo(14_000);
    expect(farm.answering()).toEqual([]);
    await farm.passTo(17_000);
    expect(farm.answering()).toEqual(["node-2"]);
  });

  it("ends when it is told to, also on a node that may host nothing and is told nothing", async () => {
    const farm = world();
    farm.start("node-4");
    await farm.passTo(1000);
    await expect(farm.stop("node-4")).resolves.toBeUndefined();
  });

  it.each(Array.from({ length: 20 }, (_, index) => index))("never two answer, and somebody does in the end (%i)", async (seed) => {
    const farm = world(seed);
    const random = seededRandom(seed, "disturbances");
    for (const node of candidates) farm.start(node);
    let atMs = 0;
    for (let step = 0; step < 30; step += 1) {
      atMs += random.below(7000);
      await farm.passTo(atMs);
      const node = random.pick(candidates);
      const what = random.below(4);
      if (what === 0) farm.cut(node, true);
      else if (what === 1) farm.cut(node, false);
      else if (what === 2) await farm.kill(node);
      else farm.start(node);
    }
    for (const node of candidates) {
      farm.cut(node, false);
      farm.start(node);
    }
    await farm.passTo(atMs + 25_000);
    expect([farm.twice, farm.answering()]).toEqual([[], ["node-1"]]);
    expect(farm.announced.filter(({ allowed }) => !allowed)).toEqual([]);
  });
});
