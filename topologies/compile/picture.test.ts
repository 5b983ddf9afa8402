import { describe, expect, it } from "vitest";
import type { Topology } from "../../emulator/topology/index.ts";
import { topologyPicture } from "./picture.ts";

const topology: Topology = {
  name: 'a "quoted" farm',
  seed: 1,
  nodes: [
    { name: "switch", role: "segment", init: false, config: {} },
    { name: "left", role: "farm-node", init: true, config: { addresses: [{ interface: "eth0", address: "10.0.0.1/24" }] } },
  ],
  links: [
    {
      name: "left:eth0",
      endpoints: [
        { node: "left", interface: "eth0" },
        { node: "switch", interface: "p1" },
      ],
    },
  ],
};

describe("topologyPicture", () => {
  it("draws nodes by role and links with their interfaces", () => {
    expect(topologyPicture(topology)).toBe(`graph "a \\"quoted\\" farm" {
  layout=neato; overlap=false;
  node [shape=box]; // farm-node
  "left" [tooltip="farm-node, eth0 10.0.0.1/24"];
  node [shape=underline]; // segment
  "switch" [tooltip="segment"];
  "left" -- "switch" [taillabel="eth0", headlabel="p1", tooltip="left:eth0"];
}
`);
  });
});
