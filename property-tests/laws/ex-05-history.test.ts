import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { wishesOf } from "../../core/intents/index.ts";
import { judgeHistory } from "./ex-05-history.ts";
import type { Step } from "./history.ts";

const count = process.env["FARMLAB_TEST_SIZE"] === "deep" ? 500 : 40;
const dayMs = 24 * 60 * 60 * 1000;

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record(
    {
      act: fc.constantFrom("come", "go"),
      network: fc.nat(9),
      resource: fc.nat(9),
      states: fc.boolean(),
      waitMs: fc.oneof(fc.constant(0), fc.nat(2 * dayMs)),
      isSlow: fc.boolean(),
    },
    { requiredKeys: ["act", "network", "states", "waitMs", "isSlow"] },
  ),
  { maxLength: 60, size: "max" },
);

describe.each(["exit-node", "three-exit-nodes"])("EX-5 on the farm %s", (name) => {
  const path = new URL(`../../topologies/${name}.farm.yml`, import.meta.url).pathname;
  const wishes = wishesOf(expectValue(loadFarm(readFileSync(path, "utf8"), path)).farm);

  it(`ends after each of ${count} histories of up to 60 steps as the last list built anew`, () => {
    fc.assert(
      fc.property(steps, (history) => {
        expect(judgeHistory(wishes, history)).toEqual([]);
      }),
      { numRuns: count },
    );
  });
});
