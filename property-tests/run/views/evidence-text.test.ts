import { expect, it } from "vitest";
import type { Evidence } from "../evidence.ts";
import { evidenceText } from "./evidence-text.ts";

const evidence: Evidence = {
  law: "EX-9",
  property: "EX-9 the IPv4 internet sees GWPubIP4 as a workload's source",
  flow: "udp from blue-1 (network blue, on node-1) to 198.51.100.4 port 7007",
  story: "no answer came",
  views: [
    { view: "oracle", says: ["delivered to internet host host-v4", "EX-9: through the BAR"], ends: "host-v4" },
    {
      view: "tables",
      says: ["it ends in node-1/gateway: farmlab/to-upstream: drop", "way", "change", "another", "too many"],
      ends: "node-1/gateway",
    },
    { view: "kernel", says: ["it dropped nothing of this flow"], ends: null },
    { view: "wire", says: ["x".repeat(500)], ends: "node-1/gateway" },
  ],
  guilty: { layer: "control plane", because: "by what stands in the tables it ends in node-1/gateway" },
  path: [],
  capture: null,
};

it("names the guilty layer first, then each view by where the packet ends in it, and stays short", () => {
  const text = evidenceText(evidence);
  expect(text.replace(/x{300,}…/, "(cut)")).toMatchInlineSnapshot(`
    "guilty: the control plane: by what stands in the tables it ends in node-1/gateway
    flow: udp from blue-1 (network blue, on node-1) to 198.51.100.4 port 7007
    oracle  ends: host-v4
            delivered to internet host host-v4
            EX-9: through the BAR
    tables  ends: node-1/gateway
            it ends in node-1/gateway: farmlab/to-upstream: drop
            way
            change
            another
            and 1 more
    kernel  it dropped nothing of this flow
    wire    ends: node-1/gateway
            (cut)"
  `);
  expect(text.split("\n").length).toBeLessThan(20);
});

it("says so where the layers cannot be told apart", () => {
  expect(evidenceText({ ...evidence, guilty: null, views: [] })).toBe(
    "guilty: not told apart by these views\nflow: udp from blue-1 (network blue, on node-1) to 198.51.100.4 port 7007",
  );
});
