/** XC-4 and the oracle on generated farms with timelines: whatever the farm, what must not matter does not, and something is said of every flow. */
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { farms, sampleFarm } from "../generate/index.ts";
import { everyFlow, predict, predictAt, waysOf } from "../oracle/index.ts";
import { scenarioOf } from "../run/scenario.ts";
import { timesOf } from "./verdict.ts";
import { worldOf } from "../run/world.fixture.ts";
import { checkRelation, relations } from "./index.ts";

const count = process.env["FARMLAB_TEST_SIZE"] === "deep" ? 200 : 6;
/** A farm takes a tenth of a second on a machine that does nothing else. */
const waitMs = 10_000 + count * 2000;
const seed = 5;
const generated = Array.from({ length: count }, (_, index) => sampleFarm(farms({ maxNodes: 5, timelines: true }), seed, index));

describe("XC-4 on generated farms", () => {
  it.each(relations)("$name changes nothing", { timeout: waitMs }, (relation) => {
    const found = generated.flatMap((document, index) => {
      const { differences } = expectValue(checkRelation(relation, document, index));
      return differences.slice(0, 1).map((difference) => `farm ${index}: ${difference}`);
    });
    expect(found).toEqual([]);
  });
});

describe("the oracle on generated farms", () => {
  it(
    "knows a way of all that is delivered, and says something of every flow at every time at which its sender is there",
    { timeout: waitMs },
    () => {
      const wrong = generated.flatMap((document, index) => {
        const { farm } = expectValue(scenarioOf(document, seed, `generated ${index}`));
        const world = worldOf(farm, farm.timeline);
        return everyFlow(world, 7007).flatMap((flow) => {
          const prediction = predict(world, flow);
          const story = `farm ${index}: ${flow.protocol} from ${flow.from.name} to ${flow.to.value}`;
          if (prediction?.delivered === true && waysOf(world, flow, prediction).length === 0) return [`${story}: no way`];
          const { from } = flow;
          // What runs beside an exit point that may be on another node is cut off for that time.
          const isBesideLeased = world.networks.some(
            ({ exitPoint, bar }) => bar.config.standbys !== undefined && from.kind === "workload" && from.resource === exitPoint,
          );
          const isAlwaysThere = from.kind === "internet-host" || (farm.timeline.changes.length === 0 && !isBesideLeased);
          const silent = timesOf(world).filter((atMs) => predictAt(world, flow, atMs, { settleMs: 100 }) === undefined);
          return isAlwaysThere && silent.length > 0 ? [`${story}: nothing is said at ${silent.join(", ")} ms`] : [];
        });
      });
      expect(wrong.slice(0, 10)).toEqual([]);
    },
  );
});
