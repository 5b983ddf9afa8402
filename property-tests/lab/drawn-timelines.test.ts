/** Timelines that a search draws around a farm, carried out in labs: whatever happens, laws hold before, during and after it. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { timelineProperties } from "../laws/timeline.ts";
import { createScenarioRunner, variationsSource } from "../run/index.ts";
import type { Scenario } from "../run/index.ts";

const waitMs = 300_000;
const count = 3;
const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;

/** The first of a search to which something happens. */
function drawn(): readonly Scenario[] {
  const { document } = expectValue(loadFarm(readFileSync(file, "utf8"), file));
  const source = variationsSource(document, file, 2);
  const found: Scenario[] = [];
  for (let position = 0; found.length < count; position += 1) {
    const scenario = source.draw(position)?.scenario;
    if (scenario !== undefined && (scenario.document.timeline ?? []).length > 0) found.push(scenario);
  }
  return found;
}

it("laws hold whatever a search has happen to a farm", { timeout: waitMs }, async () => {
  const runner = createScenarioRunner({ backend: "netns", signal: new AbortController().signal, jobs: 1 });
  for (const scenario of drawn()) {
    const { laws } = await runner.run(scenario, timelineProperties);
    expect(laws.filter(({ verdict }) => verdict !== "passed" && verdict !== "skipped")).toEqual([]);
    expect(laws.filter(({ runs }) => runs > 0).length).toBeGreaterThan(0);
  }
  await runner.close();
});
