import { describe, expect, it } from "vitest";
import { decodeLine } from "../../core/common/index.ts";
import type { Topology, TopologyNode } from "../topology/index.ts";
import { withWire, wireOf } from "./index.ts";

const node = (name: string): TopologyNode => ({ name, init: false, role: "host", config: {} });
const link = (one: string, other: string): Topology["links"][number] => ({
  name: `${one}-${other}`,
  mtu: 1400,
  endpoints: [
    { node: one, interface: `to-${other}` },
    { node: other, interface: `to-${one}` },
  ],
});
const topology: Topology = {
  name: "three",
  seed: 3,
  nodes: ["a", "b", "wire"].map(node),
  links: [link("a", "b"), link("b", "wire"), link("wire", "a")],
};

describe("withWire", () => {
  it("leaves a topology as it is when no link is to be wired", () => {
    expect(withWire(topology, [])).toBe(topology);
    expect(wireOf(topology)).toBeUndefined();
  });

  it("puts a node of its own into the links named, and touches nothing else", () => {
    const wired = withWire(topology, ["wire-a", "a-b"]);
    expect(wired.nodes.slice(0, 3)).toEqual(topology.nodes);
    expect(wired.nodes.slice(3).map(({ name, init, role }) => [name, init, role])).toEqual([["wire-", true, "wire"]]);
    expect(wired.links.map(({ name, mtu, endpoints }) => [name, mtu, ...endpoints.map((end) => `${end.node}:${end.interface}`)])).toEqual([
      ["a-b", 1400, "a:to-b", "wire-:a1"],
      ["b:to-a", 1400, "b:to-a", "wire-:b1"],
      ["b-wire", 1400, "b:to-wire", "wire:to-b"],
      ["wire-a", 1400, "wire:to-a", "wire-:a2"],
      ["a:to-wire", 1400, "a:to-wire", "wire-:b2"],
    ]);
  });

  it("is found in the topology again, with the links as they were", () => {
    const links = topology.links.filter(({ name }) => name !== "b-wire");
    expect(wireOf(withWire(topology, ["a-b", "wire-a"]))).toEqual({
      node: "wire-",
      links: links.map(({ name, endpoints }) => ({ name, ends: endpoints })),
    });
  });

  it("tells the wire its links and the rules that hold from the start", () => {
    const rule = { seed: 9, loss: 0.5, delayMs: 1.5, only: { protocol: "udp", source: "10.0.0.0/8" } } as const;
    const wired = withWire(topology, ["a-b"], [{ link: "a-b", direction: 1, name: "slow", rule }]);
    const [, , , wire] = wired.nodes;
    expect(wire?.config.files?.["/etc/farmlab/wire"]?.trimEnd().split("\n").map(decodeLine)).toEqual([
      ["link", "a-b", "a1", "b1"],
      ["set", "a-b", "1", "slow", "seed=9", "loss=0.5", "delay_us=1500", "protocol=17", "source=10.0.0.0/8"],
    ]);
  });

  it("refuses what it cannot do", () => {
    expect(() => withWire(topology, ["a-c"])).toThrow("there is no link a-c");
    expect(() => withWire(topology, ["a-b"], [{ link: "b-wire", direction: 0, name: "x", rule: { seed: 1 } }])).toThrow(
      "link b-wire, which is not wired",
    );
    expect(() => withWire(withWire(topology, ["a-b"]), ["b-wire"])).toThrow("has a wire already");
    const many: Topology = {
      ...topology,
      links: Array.from({ length: 257 }, (_, index) => link("a", `x${index}`)),
    };
    expect(() =>
      withWire(
        many,
        many.links.map(({ name }) => name),
      ),
    ).toThrow("256 links at most, not 257");
  });
});
