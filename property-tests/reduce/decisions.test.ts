import { describe, expect, it } from "vitest";
import type { FarmFile } from "../../core/farm/index.ts";
import type { Fires } from "./candidates.ts";
import { withDecisions } from "./decisions.ts";
import type { DecidedPacket } from "./decisions.ts";
import { farmNamed } from "./farms.fixture.ts";
import { reduce } from "./index.ts";

const flow = (number: number): string => `udp 10.0.0.1:* > 10.0.0.2:53 #${number}`;

const decision = (number: number, changes: Partial<DecidedPacket> = {}): DecidedPacket => ({
  ...{ list: "conditions", position: 0, flow: flow(number), index: 1, action: "drop" },
  ...changes,
});

const plain = farmNamed("exit-node");
const lossy: FarmFile = {
  ...plain,
  conditions: [{ link: "home-a:wan", like: "wifi-bad", "delay-ms": 2 }],
  timeline: [
    { "at-ms": 100, leave: "red" },
    { "at-ms": 200, "until-ms": 900, fault: "packets", link: "node-2:eth0", "corrupt-percent": 5, "duplicate-percent": 5, "jitter-ms": 3 },
  ],
};

describe("decisions about packets", () => {
  it("stand in place of the shares that they were drawn from, each packet once", () => {
    const decided = [
      decision(4),
      decision(9, { index: 2 }),
      decision(1, { list: "timeline", position: 1, action: "corrupt" }),
      decision(1, { list: "timeline", position: 1, action: "duplicate" }),
    ];
    const explicit = withDecisions(lossy, decided);
    expect(explicit?.conditions).toEqual([
      {
        ...{ link: "home-a:wan", like: "wifi-bad", "delay-ms": 2, "loss-percent": 0 },
        edits: [
          { flow: flow(4), index: 1, action: "drop" },
          { flow: flow(9), index: 2, action: "drop" },
        ],
      },
    ]);
    const [leave, packets] = lossy.timeline ?? [];
    const { "corrupt-percent": _corrupt, "duplicate-percent": _duplicate, ...rest } = packets!;
    expect(explicit?.timeline).toEqual([leave, { ...rest, edits: [{ flow: flow(1), index: 1, action: "corrupt" }] }]);
  });

  it("change nothing where nothing is drawn, or nothing was decided", () => {
    expect(withDecisions(lossy, [])).toBeUndefined();
    expect(withDecisions(plain, [decision(1)])).toBeUndefined();
    expect(withDecisions({ ...plain, conditions: [{ link: "home-a:wan", like: "lan" }] }, [decision(1)])).toBeUndefined();
  });
});

describe("the reducer, of a failure that hangs on chance", () => {
  const lost = Array.from({ length: 40 }, (_, number) => decision(number));

  it("finds the packets that have to be lost for it", async () => {
    const needed = [flow(7), flow(31)];
    const { document, end } = await reduce(
      lossy,
      async ({ conditions = [] }) => {
        const [condition] = conditions;
        const dropped = condition?.edits?.map((edit) => edit.flow) ?? [];
        const isDrawn = condition?.like === "wifi-bad" && condition["loss-percent"] !== 0;
        return isDrawn || needed.every((one) => dropped.includes(one)) ? "fires" : "passes";
      },
      { decided: () => lost },
    );
    expect(end).toBe("minimal");
    expect(document.conditions).toEqual([{ link: "home-a:wan", edits: needed.map((one) => ({ flow: one, index: 1, action: "drop" })) }]);
    expect(document.timeline).toBeUndefined();
  });

  it("leaves the shares where what was decided once does not show it again", async () => {
    const isDrawn: Fires = async ({ conditions = [] }) =>
      conditions[0]?.like === "wifi-bad" && conditions[0].edits === undefined ? "fires" : "passes";
    const { document } = await reduce(lossy, isDrawn, { decided: () => lost });
    expect(document.conditions).toEqual([{ link: "home-a:wan", like: "wifi-bad" }]);
  });
});
