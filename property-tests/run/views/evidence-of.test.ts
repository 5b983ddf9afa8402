import { expect, it } from "vitest";
import { nowOnly } from "./evidence-of.ts";
import type { Opinions } from "./guilty.ts";
import type { Found } from "./outcome.ts";

const request = { from: { node: "node-1" }, to: { family: 4, value: 0n }, protocol: "icmp" } as const;
const answered: Found = { outcome: { kind: "answered", by: "host" }, entered: [] };
const lost: Found = { outcome: { kind: "lost", at: "node-1/gateway", why: "a rule" }, entered: [] };
const opinions = (given: Partial<Opinions>): Opinions => ({
  ...{ expected: { kind: "answered", by: "host", who: "internet host host" }, oracleFault: undefined, kernel: undefined },
  ...{ tables: answered, wire: answered, failsAgain: false, answer: "no answer came", lab: { places: new Map(), tunnels: [] } },
  ...given,
});

it("blames nobody for what broke while something was going on, is over, and does not repeat", () => {
  expect(nowOnly({ request, story: "" }, opinions({}))).toMatchObject({ layer: "harness" });
  const during = { request, story: "", during: "the farm's timeline" };
  expect(nowOnly(during, opinions({}))).toBeNull();
  // What must be now is not what had to be then.
  expect(
    nowOnly(during, opinions({ oracleFault: "asked again, it says otherwise", tables: lost, wire: lost, failsAgain: true })),
  ).toBeNull();
  expect(nowOnly(during, opinions({ tables: lost, wire: lost, failsAgain: true }))).toMatchObject({ layer: "control plane" });
});
