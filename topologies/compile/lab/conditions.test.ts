/** A farm's link conditions, as packets meet them. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectValue } from "../../../core/common/index.ts";
import { loadFarm } from "../../../core/farm/index.ts";
import { ensureRuntime } from "../../../emulator/image/index.ts";
import type { Lab } from "../../../emulator/lab.ts";
import { netnsBackend } from "../../../emulator/netns/index.ts";
import { compileFarm } from "../compile-farm.ts";

const file = "mobile-uplink.farm.yml";
const { farm } = expectValue(loadFarm(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), file));
let lab: Lab;

beforeAll(async () => {
  lab = await netnsBackend(await ensureRuntime()).up(compileFarm(farm, { seed: 1 }), { name: `conditions-${process.pid}` });
});
afterAll(() => lab.down());

/** Round trips in milliseconds; of the first one asking for the neighbour may be a part. */
async function roundTrips(node: string, to: string): Promise<number[]> {
  const { stdout } = await lab.node(node).exec(["ping", "-c", "10", "-i", "0.01", to]);
  return [...stdout.matchAll(/time=([0-9.]+) ms/g)].map((found) => Number(found[1]));
}

describe("a home on a 4G uplink", () => {
  it("is as far from the internet as both directions' delays say, and its LAN is as near as ever", async () => {
    const far = await roundTrips("home-a", "192.0.2.1");
    expect(far).toHaveLength(10);
    // 35 ms each way, 5 less at the least.
    expect(Math.min(...far)).toBeGreaterThanOrEqual(60);
    const behind = await roundTrips("node-2", "192.0.2.1");
    expect(Math.min(...behind)).toBeGreaterThanOrEqual(60);
    const near = await roundTrips("node-2", "192.168.1.1");
    expect(Math.min(...near)).toBeLessThan(60);
  });
});
