import { describe, expect, it } from "vitest";
import { guiltyLayer, type Opinions } from "./guilty.ts";
import type { FlowOutcome, Found } from "./outcome.ts";

const found = (outcome: FlowOutcome, entered: readonly string[] = []): Found => ({ outcome, entered });
const answered: Found = found({ kind: "answered", by: "host" });
const lostInGateway: Found = found({ kind: "lost", at: "node-1/gateway", why: "farmlab/forward: policy drop" });
const lostOnLink: Found = found({
  kind: "lost",
  at: "lan-a",
  why: "last seen leaving lan-a by lan-a:p1, and never at home-a:lan, the link's other end",
});

const opinions = (given: Partial<Opinions>): Opinions => ({
  expected: { kind: "answered", by: "host", who: "internet host host" },
  oracleFault: undefined,
  tables: answered,
  kernel: undefined,
  wire: answered,
  failsAgain: true,
  answer: "no answer came",
  lab: { places: new Map(), tunnels: [] },
  ...given,
});

describe("the guilty layer", () => {
  it("is the oracle where what it says cannot stand, whatever the others say", () => {
    expect(guiltyLayer(opinions({ oracleFault: "asked again, it says otherwise", tables: lostInGateway, wire: lostInGateway }))).toEqual({
      layer: "oracle",
      because: "asked again, it says otherwise",
    });
  });

  it("is the control plane where the tables part from the oracle, and says whether the others follow them", () => {
    expect(guiltyLayer(opinions({ tables: lostInGateway, wire: lostInGateway }))).toEqual({
      layer: "control plane",
      because: "by what stands in the tables it ends in node-1/gateway: farmlab/forward: policy drop; kernel and wire do as the tables say",
    });
    expect(guiltyLayer(opinions({ tables: lostInGateway, wire: lostOnLink }))?.because).toBe(
      "by what stands in the tables it ends in node-1/gateway: farmlab/forward: policy drop",
    );
  });

  it("is the data plane where the tables are right, with the kernel's reason where it gives one", () => {
    expect(guiltyLayer(opinions({ wire: lostOnLink }))).toEqual({
      layer: "data plane",
      because:
        "the tables are right, but it ends in lan-a: last seen leaving lan-a by lan-a:p1, and never at home-a:lan, the link's other end",
    });
    const kernel = { at: "home-a", says: "dropped in home-a: NEIGH_FAILED" };
    expect(guiltyLayer(opinions({ wire: lostOnLink, kernel }))?.because).toContain("it ends in home-a (dropped in home-a: NEIGH_FAILED)");
  });

  it("is the harness where the failure does not repeat, or the wire shows what the prober denies, or nothing was sent", () => {
    expect(guiltyLayer(opinions({ failsAgain: false }))?.because).toContain("does not repeat");
    expect(guiltyLayer(opinions({}))).toEqual({
      layer: "harness",
      because: "the wire shows what the law wants, but the prober says: no answer came",
    });
    expect(guiltyLayer(opinions({ wire: undefined }))).toMatchObject({
      layer: "harness",
      because: "the packet was never seen: no answer came",
    });
  });

  it("of a packet that must be kept away is found by where it came in, though nobody answered", () => {
    const expected = { kind: "kept-away", from: new Set(["node-1/net-b"]) } as const;
    const cameIn = found({ kind: "lost", at: "node-1/net-b", why: "a rule" }, ["node-1/gateway", "node-1/net-b"]);
    expect(guiltyLayer(opinions({ expected, tables: cameIn, wire: cameIn, failsAgain: undefined }))?.layer).toBe("control plane");
    expect(guiltyLayer(opinions({ expected, tables: lostInGateway, wire: cameIn, failsAgain: undefined }))?.layer).toBe("data plane");
    const repeated = guiltyLayer(opinions({ expected, tables: lostInGateway, wire: lostInGateway, failsAgain: undefined }));
    expect(repeated).toMatchObject({ layer: "harness", because: expect.stringContaining("does not repeat") as unknown });
  });

  it("is not named where the tables cannot be walked and they alone could tell", () => {
    expect(guiltyLayer(opinions({ tables: undefined, wire: lostInGateway }))).toBeNull();
  });
});
