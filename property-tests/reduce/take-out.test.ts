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

  it("of an overlay leaves a mesh of WireGuard, also where it says the segment", () => {
    for (const part of [
      ["networks", "red", "overlay"],
      ["networks", "red", "segment"],
    ]) {
      const left = takeOut(farmNamed("overlays"), [part])?.networks?.["red"];
      expect(left?.resources).toHaveLength(3);
      expect(left).not.toHaveProperty("overlay");
      expect(left).not.toHaveProperty("segment");
    }
    const ofIpv4Alone = takeOut(farmNamed("overlays"), [["nodes", "node-2", "public", "ipv6"]])?.networks?.["cyan"];
    expect(ofIpv4Alone?.resources).toHaveLength(3);
    expect(ofIpv4Alone).not.toHaveProperty("overlay");
  });

  it("of who stands in takes the whole list along with the last, and of a node that labs lack its absence", () => {
    const farm = farmNamed("standby");
    const [home, spare] = [farm.nodes["exit-3"]!, farm.nodes["spare"]!];
    const alone = takeOut(farm, [["nodes", "exit-3", "exit-node", "standby", 0]]);
    expect(alone?.nodes["exit-3"]?.["exit-node"]).not.toHaveProperty("standby");
    expect(Object.keys(alone?.nodes ?? {})).toEqual(["exit-3", "spare", "hidden"]);
    expect(takeOut(farm, [["nodes", "spare"]])?.nodes["exit-3"]?.["exit-node"]).not.toHaveProperty("standby");
    const { workloads: _, "port-forwards": __, ...ash } = farm.networks!["ash"]!;
    const nodes = { ...farm.nodes, "exit-3": { ...home, emulate: false }, spare: { ...spare, emulate: false } };
    const absent = { ...farm, nodes, networks: { ash } };
    const back = takeOut(absent, [["nodes", "spare", "emulate"]]);
    expect(back?.nodes["spare"]).toEqual(spare);
    expect(back?.nodes["exit-3"]).toMatchObject({ emulate: false });
    expect(back?.nodes["exit-3"]?.["exit-node"]).not.toHaveProperty("standby");
  });

  it("lets an exit node be without its partner where that one goes, or is no partner any more", () => {
    const farm = farmNamed("active-active");
    for (const part of [
      ["nodes", "exit-2"],
      ["nodes", "exit-2", "exit-node", "partner"],
    ]) {
      const left = takeOut(farm, [part])?.nodes["exit-1"]?.["exit-node"];
      expect(left).toMatchObject({ number: 1 });
      expect(left).not.toHaveProperty("partner");
    }
  });

  it("leaves no farm without a store, nor one that fails by itself", () => {
    const farm = farmNamed("exit-node");
    expect(takeOut(farm, [["internet", "hosts", "grid"]])).toBeUndefined();
    expect(takeOut(farm, [["upstreams", "upstream", "routes", 0]])).toBeUndefined();
    expect(takeOut(farm, [["nodes", "node-1", "public"]])).toBeUndefined();
    expect(takeOut(farm, [["nodes", "node-1", "nics", "eth0", "ipv4"]])).toBeDefined();
  });

  it.each(["exit-node", "three-exit-nodes", "behind-nat", "mobile-uplink", "overlays", "standby", "vrf", "active-active"])(
    "leaves a farm that loads, whatever is taken out of %s",
    (name) => {
      const farm = farmNamed(name);
      const left = partsOf(farm).flatMap((part) => takeOut(farm, [part]) ?? []);
      expect(left.length).toBeGreaterThan(20);
      for (const document of left) expect(expectValue(loadFarm(farmText(document), name)).document).toEqual(document);
    },
  );
});
