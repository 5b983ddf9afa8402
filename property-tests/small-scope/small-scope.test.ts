import { describe, expect, it } from "vitest";
import { expectValue, seededRandom } from "../../core/common/index.ts";
import { pureProperties } from "../laws/index.ts";
import { describeWorld, everyFlow, expectedMesh, expectedUpstreams, predict } from "../oracle/index.ts";
import { judgePure, observedPrefixes } from "../run/pure-subject.ts";
import { scenarioOf } from "../run/scenario.ts";
import { coveringArray, missingPairs } from "./covering-array.ts";
import { connectedGraphs, vertexCover } from "./graphs.ts";
import { smallScope, smallScopeSize, smallScopeStatement } from "./index.ts";
import { settings, space } from "./small-scope.ts";

const internetPort = 7007;
const farms = [...smallScope()];
const { graphs, rows } = space();
/** Each graph with a tenth of the rows, other ones for the next graph; all of them where there is time. */
const isDeep = process.env["FARMLAB_TEST_SIZE"] === "deep";
const chosen = farms.filter((_, index) => isDeep || (Math.floor(index / rows.length) + (index % rows.length)) % 10 === 0);
/** Far longer than it takes: a busy machine is no counterexample. */
const judgingTimeoutMs = 1_800_000;

/** What depends on a farm's shape; the others judge what any farm of its allocation could become. */
const ofShape = pureProperties.filter(
  ({ law, name }) => law === "EX-1" || law === "EX-2" || name.startsWith("EX-5 every NR") || name.startsWith("EX-19 one NR more"),
);

describe("graphs", () => {
  it("are 1, 1, 2, 6 and 21 shapes of 1 to 5 vertices", () => {
    expect([1, 2, 3, 4, 5].map((vertices) => connectedGraphs(vertices).length)).toEqual([1, 1, 2, 6, 21]);
  });

  it("have a cover with an end of every edge, and none that is smaller by one", () => {
    for (const graph of graphs) {
      const cover = vertexCover(graph);
      const covers = (vertices: readonly number[]): boolean =>
        graph.edges.every(([one, other]) => vertices.includes(one) || vertices.includes(other));
      expect(covers(cover)).toBe(true);
      if (cover.length > 1) expect(cover.some((left) => covers(cover.filter((vertex) => vertex !== left)))).toBe(false);
    }
  });
});

describe("covering arrays", () => {
  const factors = Object.values(settings).map((values) => values.length);

  it("hold any two values of any two factors", () => {
    expect(missingPairs(factors, rows)).toBe(0);
    for (const some of [
      [2, 2],
      [4, 3, 2],
      [5, 5, 5, 5],
      [2, 2, 2, 2, 2, 2, 2, 2],
      [1, 7, 3],
    ]) {
      expect(missingPairs(some, coveringArray(some, seededRandom(1, "test")))).toBe(0);
    }
  });

  it("miss some without any of their rows, or nearly so: they are not much larger than they have to be", () => {
    const needed = rows.filter(
      (row) =>
        missingPairs(
          factors,
          rows.filter((other) => other !== row),
        ) > 0,
    );
    expect(needed.length).toBeGreaterThan(rows.length - 3);
    expect(rows.length).toBeLessThanOrEqual(20);
  });
});

describe("small scope", () => {
  it("is as many farms as it says, no two alike but for their names", () => {
    expect(farms).toHaveLength(smallScopeSize());
    expect(new Set(farms.map(({ farm }) => farm)).size).toBe(farms.length);
    // A single exit node has no others, no router, no second allocation: some of its settings are one.
    const alike = new Set(farms.map((document) => JSON.stringify({ ...document, farm: "", about: "" })));
    expect(alike.size).toBeGreaterThan(0.9 * farms.length);
    expect(smallScopeStatement()).toMatchInlineSnapshot(
      `"no counterexample among all 31 connected graphs of up to 5 nodes, each with 19 settings in which any two values occur together (589 farms)"`,
    );
  });

  it("its graphs are as many different meshes, whatever the setting", () => {
    for (const [position] of rows.entries()) {
      const meshes = farms
        .filter(({ farm }) => farm.endsWith(`-${position + 1}`))
        .map(({ networks }) =>
          Object.values(networks ?? {}).map(({ resources }) => resources.map(({ node, "exit-point": exit }) => [node, exit])),
        );
      expect(new Set(meshes.map((mesh) => JSON.stringify(mesh))).size).toBe(graphs.length);
    }
  });

  it(
    "has no counterexample in what is judged without a lab: plans, names and prefixes are right, and the oracle knows every mesh, router and flow",
    async () => {
      for (const [position, document] of chosen.entries()) {
        const scenario = expectValue(scenarioOf(document, position, `${document.farm}.farm.yml`));
        const judged = await judgePure(scenario, position === 0 ? pureProperties : ofShape, position);
        expect(judged.filter(({ verdict }) => verdict !== "passed")).toEqual([]);
        const world = describeWorld(scenario.farm, observedPrefixes(scenario.intents));
        for (const network of world.networks) {
          const meshed = network.resources.filter(({ overlay }) => overlay === "wireguard");
          expect(expectedMesh(world, network).map(({ resource }) => resource)).toEqual(meshed);
        }
        expect(expectedUpstreams(world)).toHaveLength(document.allocations.length);
        const flows = everyFlow(world, internetPort);
        expect(flows.length).toBeGreaterThan(10);
        expect(new Set(flows.map((flow) => predict(world, flow)?.law)).has("EX-11")).toBe(true);
      }
    },
    judgingTimeoutMs,
  );
});
