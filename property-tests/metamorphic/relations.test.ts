/** XC-4 without a lab: every relation on every farm in topologies; and breaks of oracle and plan that a relation finds. */
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { predictAt } from "../oracle/index.ts";
import type { Flow, TimedPrediction, World } from "../oracle/index.ts";
import { checkRelation, relations } from "./index.ts";
import type { Relation } from "./index.ts";

const folder = new URL("../../topologies/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".farm.yml"));
const documentOf = (file: string): FarmFile => expectValue(loadFarm(readFileSync(new URL(file, folder), "utf8"), file)).document;
const seeds = process.env["FARMLAB_TEST_SIZE"] === "deep" ? [1, 2, 3, 4, 5] : [1];

describe.each(relations)("XC-4 $name changes nothing", (relation) => {
  it.each(files)("of %s", (file) => {
    const document = documentOf(file);
    for (const seed of seeds) {
      const { differences, compared, notApplicable } = expectValue(checkRelation(relation, document, seed));
      expect(differences).toEqual([]);
      if (notApplicable === undefined) expect(compared).toBeGreaterThan(100);
    }
  });
});

it("XC-4 every relation says something of the first farm, and changes it", () => {
  const document = documentOf("exit-node.farm.yml");
  for (const relation of relations) {
    const applied = relation.apply(document, 1);
    expect(applied).toHaveProperty("document");
    if ("document" in applied)
      expect(JSON.stringify(applied.document) !== JSON.stringify(document) || applied.rejoins !== undefined).toBe(true);
  }
});

type PredictFlow = (world: World, flow: Flow, atMs: number) => TimedPrediction | undefined;

const right: PredictFlow = (world, flow, atMs) => predictAt(world, flow, atMs, { settleMs: 0 });
const lost = (timed: TimedPrediction | undefined): TimedPrediction | undefined =>
  timed === undefined ? undefined : { ...timed, mode: "may" };

/** Judges that look at what must not matter. */
const breaks: readonly { readonly what: string; readonly found: string; readonly predictFlow: PredictFlow }[] = [
  {
    what: "flows from a node whose name begins as the farm's own do",
    found: "renaming nodes, segments and routers",
    predictFlow: (world, flow, atMs) => {
      const timed = right(world, flow, atMs);
      return flow.from.kind === "workload" && flow.from.node === "node-2" ? lost(timed) : timed;
    },
  },
  {
    what: "flows of an NR whose prefix is odd",
    found: "shifting the prefixes of NRs within their parts",
    predictFlow: (world, flow, atMs) => {
      const timed = right(world, flow, atMs);
      return flow.from.kind === "workload" && flow.from.resource.bytes[1] % 4 === 3 ? lost(timed) : timed;
    },
  },
  {
    what: "flows of an allocation by its first bytes",
    found: "moving everything of an allocation to another /48",
    predictFlow: (world, flow, atMs) => {
      const timed = right(world, flow, atMs);
      return flow.from.kind === "workload" && flow.from.ipv6.value >> 112n === 0x2a02n ? lost(timed) : timed;
    },
  },
  {
    what: "the network that comes first",
    found: "permuting the order of entries, in which nodes boot too",
    predictFlow: (world, flow, atMs) => {
      const timed = right(world, flow, atMs);
      return flow.from.kind === "workload" && flow.from.network === world.networks[0]?.network.name ? lost(timed) : timed;
    },
  },
  {
    what: "nodes with many NICs",
    found: "adding a redundant routed link",
    predictFlow: (world, flow, atMs) => {
      const timed = right(world, flow, atMs);
      const nics = world.farm.nodes.reduce((sum, node) => sum + node.nics.length, 0);
      return nics > 4 ? lost(timed) : timed;
    },
  },
  {
    what: "who has ever been away",
    found: "removing and restoring a network",
    predictFlow: (world, flow, atMs) => {
      const timed = right(world, flow, atMs);
      return world.farm.timeline.changes.some((change) => change.atMs < atMs) ? lost(timed) : timed;
    },
  },
];

describe("XC-4 a judge that looks at what must not matter is found", () => {
  const document = documentOf("exit-node.farm.yml");
  const differs = (relation: Relation, predictFlow: PredictFlow): boolean =>
    seeds.some((seed) => expectValue(checkRelation(relation, document, seed, { predictFlow })).differences.length > 0);
  it.each(breaks)("$what: by $found", ({ found, predictFlow }) => {
    const relation = relations.find(({ name }) => name === found);
    expect(relation && differs(relation, predictFlow)).toBe(true);
  });
});
