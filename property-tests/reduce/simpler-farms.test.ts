import { describe, expect, it } from "vitest";
import type { FarmFile } from "../../core/farm/index.ts";
import { farmNamed } from "./farms.fixture.ts";
import { simplerFarms } from "./simpler-farms.ts";

const gone = (document: FarmFile): string[] => simplerFarms(document).flatMap((simpler) => simpler.gone);

describe("simpler farms", () => {
  it("have their customers of a carrier at a public address of their own, and no carrier without customers", () => {
    const farm = farmNamed("behind-nat");
    const behind = Object.entries(farm["home-routers"] ?? {}).filter(([, router]) => router.behind !== undefined);
    const freed = simplerFarms(farm).filter((simpler) => simpler.gone[0]?.startsWith("the carrier of "));
    expect(freed).toHaveLength(behind.length);
    for (const [index, [name]] of behind.entries()) {
      const router = freed[index]?.document["home-routers"]?.[name];
      expect(router).not.toHaveProperty("behind");
      expect(router?.wan4).toMatch(/^203\.0\.113\.[0-9]+$/);
    }
  });

  it("leave nothing to chance, begin at once, and count hosts from the lowest", () => {
    const farm = farmNamed("exit-node");
    const timeline = [
      { "at-ms": 500, fault: "packets", link: "node-2:eth0", "loss-percent": 50, "until-ms": 900 } as const,
      { "at-ms": 700, leave: "red" } as const,
    ];
    const [certain, atOnce] = simplerFarms({ ...farm, timeline });
    expect(certain?.document.timeline?.[0]).toEqual({ ...timeline[0], "loss-percent": 100 });
    expect(atOnce?.document.timeline).toEqual([
      { ...timeline[0], "at-ms": 0, "until-ms": 400 },
      { ...timeline[1], "at-ms": 200 },
    ]);
    const red = farm.networks?.["red"];
    if (red === undefined) throw new Error("the farm has no network red");
    const high = { ...farm.networks, red: { ...red, workloads: { one: { node: "node-1", host: 9 }, two: { node: "node-1", host: 254 } } } };
    const [low] = simplerFarms({ ...farm, networks: high });
    expect(Object.values(low?.document.networks?.["red"]?.workloads ?? {}).map(({ host }) => host)).toEqual([2, 3]);
  });

  it("of one that is simple already there are none", () => {
    expect(gone(farmNamed("exit-node"))).toEqual([]);
  });
});
