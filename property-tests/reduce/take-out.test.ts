import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import { farmNamed } from "./farms.fixture.ts";
import { partsOf } from "./parts.ts";
import { takeOut } from "./take-out.ts";

describe("taking parts out", () => {
  it("of a hidden node takes its LAN, router, resources, workloads and forwards along", () => {
    const left = takeOut(farmNamed("exit-node"), [["nodes", "node-2"]]);
    expect(left?.segments).toEqual(["prefix-zero", "lan-b"]);
    expect(Object.keys(left?.["home-routers"] ?? {})).toEqual(["home-b"]);
    expect(Object.keys(left?.networks?.["blue"]?.workloads ?? {})).toEqual(["blue-1", "blue-3"]);
    expect(left?.networks?.["blue"]?.["port-forwards"]?.map(({ workload }) => workload)).toEqual(["blue-1"]);
  });

  it("of an exit node takes its networks and its route at the upstream router along", () => {
    const left = takeOut(farmNamed("three-exit-nodes"), [["nodes", "exit-10"]]);
    expect(Object.keys(left?.networks ?? {})).toEqual(["amber", "birch", "cedar"]);
    expect(left?.upstreams?.["upstream"]?.routes?.map(({ to }) => to)).toEqual([
      "2a10:c0de:7:1000::/52",
      "2a10:c0de:7:2000::/52",
      "2a10:c0de:7::/48",
    ]);
  });

  it("takes a list along with its last entry", () => {
    const forwards = [0, 1].map((index) => ["networks", "blue", "port-forwards", index]);
    expect(takeOut(farmNamed("exit-node"), forwards)?.networks?.["blue"]).not.toHaveProperty("port-forwards");
  });

  it("leaves no farm without a store, nor one that fails by itself", () => {
    const farm = farmNamed("exit-node");
    expect(takeOut(farm, [["internet", "hosts", "grid"]])).toBeUndefined();
    expect(takeOut(farm, [["upstreams", "upstream", "routes", 0]])).toBeUndefined();
    expect(takeOut(farm, [["nodes", "node-1", "public"]])).toBeUndefined();
    expect(takeOut(farm, [["nodes", "node-1", "nics", "eth0", "ipv4"]])).toBeDefined();
  });

  it.each(["exit-node", "three-exit-nodes", "behind-nat", "mobile-uplink"])(
    "leaves a farm that loads, whatever is taken out of %s",
    (name) => {
      const farm = farmNamed(name);
      const left = partsOf(farm).flatMap((part) => takeOut(farm, [part]) ?? []);
      expect(left.length).toBeGreaterThan(20);
      for (const document of left) expect(expectValue(loadFarm(farmText(document), name)).document).toEqual(document);
    },
  );
});
