import * as z from "zod";
import { describe, expect, it } from "vitest";
import { failureNamed, trialOf, worldWith } from "./farm.fixture.ts";
import { judgeFailure } from "./judge-failure.ts";
import type { WhatIfResult } from "./result.ts";
import { whatIfResultSchema } from "./schema.ts";

const world = worldWith();
const result: WhatIfResult = {
  ...{ schema: "farmlab.what-if/1", farm: "exit-node", seed: 1, backend: "netns", farmlab: "1.0.0", host: { choices: { image: "built" } } },
  ...{ probeEveryMs: 100, probeWaitMs: 1000, flows: { watched: 33, known: 33 }, silent: [] },
  failures: [judgeFailure(world, failureNamed(world, "node home-b"), trialOf(world, { "blue-3": "+---+" }))],
  expectations: [{ expectation: "internet reaches blue/blue-1", verdict: "passed", failures: 1, why: [] }],
  ...{ notTried: ["node home-a"], durationMs: 1234 },
};

describe("the published JSON Schema of a result", () => {
  it("is what the code says (-u writes it)", async () => {
    const schema = `${JSON.stringify(z.toJSONSchema(whatIfResultSchema), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(new URL("what-if.schema.json", import.meta.url).pathname);
  });

  it("takes a result, also with the keys that a later version adds, and refuses one that lacks something", () => {
    const later = { ...result, more: { of: "it" } };
    expect(whatIfResultSchema.parse(later)).toEqual(later);
    expect(whatIfResultSchema.safeParse({ ...result, schema: "farmlab.what-if/2" }).success).toBe(false);
    const [failure] = result.failures;
    expect(whatIfResultSchema.safeParse({ ...result, failures: [{ ...failure, verdict: "fine" }] }).success).toBe(false);
    const { silent: _, ...without } = result;
    expect(whatIfResultSchema.safeParse(without).success).toBe(false);
  });
});
