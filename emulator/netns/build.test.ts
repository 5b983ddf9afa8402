import { describe, expect, it } from "vitest";
import type { Topology } from "../topology/index.ts";
import { planTopology } from "./build.ts";

const node = (name: string, config: Topology["nodes"][number]["config"] = {}): Topology["nodes"][number] => ({
  name,
  init: false,
  role: "host",
  config,
});
const link = (name: string, ...ends: [string, string]): Topology["links"][number] => {
  const [near = "", nearName = "", far = "", farName = ""] = ends.flatMap((end) => end.split(":"));
  return {
    name,
    endpoints: [
      { node: near, interface: nearName },
      { node: far, interface: farName },
    ],
  };
};
const plan = (nodes: Topology["nodes"], links: Topology["links"] = []): unknown => planTopology({ name: "t", seed: 1, nodes, links });

describe("planTopology", () => {
  it("refuses interfaces that cannot be, and says which", () => {
    expect(() => plan([node("a"), node("b")], [link("one", "a:eth0", "b:eth0"), link("two", "a:eth0", "b:eth1")])).toThrow(
      "interface eth0 of a is there twice",
    );
    expect(() => plan([node("a")], [link("loop", "a:eth0", "a:eth0")])).toThrow("interface eth0 of a is there twice");
    expect(() => plan([node("a")], [link("one", "a:eth0", "nobody:eth0")])).toThrow("there is no node nobody");
    expect(() => plan([node("a"), node("a")])).toThrow("node a is there twice");
    for (const name of ["", "lo", "with blank", "a/b", "sixteen-letters-", "all"]) {
      expect(() => plan([node("a"), node("b")], [link("one", `a:${name}`, "b:eth0")]), name).toThrow("no name for an interface");
    }
  });

  it("refuses state of interfaces that are not there", () => {
    expect(() => plan([node("a", { addresses: [{ interface: "eth0", address: "10.0.0.1/24" }] })])).toThrow("node a has no interface eth0");
    expect(() => plan([node("a", { routes: [{ family: 4, to: "default", interface: "eth0" }] })])).toThrow("node a has no interface eth0");
    expect(() => plan([node("a", { bridges: [{ name: "br0", ports: ["eth0"] }] })])).toThrow("node a has no interface eth0");
    expect(() => plan([node("a", { addresses: [{ interface: "lo", address: "10.0.0.1" }] })])).toThrow("not an interface address");
  });

  it("sets what belongs to one interface after the links are there, all else before", () => {
    const sysctls = { "net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1", "net/ipv6/conf/eth0/accept_ra": "0" };
    const [first] = planTopology({
      name: "t",
      seed: 1,
      nodes: [node("a", { sysctls }), node("b")],
      links: [link("one", "a:eth0", "b:eth0")],
    });
    expect(first).toMatchObject({
      early: expect.stringMatching(
        /^net\/ipv4\/ip_forward=1\nnet\/ipv4\/conf\/all\/rp_filter=0\n[^]*\nnet\/ipv6\/conf\/all\/forwarding=1\n$/,
      ),
      late: "net/ipv6/conf/eth0/accept_ra=0\n",
    });
  });

  it("gives every interface of the lab an index of its own", () => {
    const nodes = [node("a", { bridges: [{ name: "br0", ports: ["eth0"] }] }), node("b", { bridges: [{ name: "br0", ports: [] }] })];
    const plans = planTopology({ name: "t", seed: 1, nodes, links: [link("one", "a:eth0", "b:eth0")] });
    const indexes = plans.flatMap(({ messages }) => messages.map(({ what, bytes }) => [what, bytes.readInt32LE(16 + 4)] as const));
    expect(indexes).toEqual([
      ["interface lo", 1],
      ["bridge br0", 12],
      ["bridge br0", 12],
      ["interface eth0", 10],
      ["interface lo", 1],
      ["bridge br0", 13],
      ["bridge br0", 13],
      ["interface eth0", 11],
    ]);
  });
});
