/** From a failure to the smallest farm that shows it, to a file, and back: with a seeded fault in the agents it fires, without it not. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { SourcePatch } from "../../emulator/image/index.ts";
import { mutants } from "../mutants/index.ts";
import { sizeOf, totalOf } from "../reduce/index.ts";
import { keepCounterexamples, readCapsule, replay } from "../replay/index.ts";
import type { LoadedCapsule, Replay } from "../replay/index.ts";
import { createScenarioRunner, runFarms, scenarioOf, selectProperties } from "../run/index.ts";
import type { Scenario, ScenarioRunner } from "../run/index.ts";

/** A reduction takes some twenty labs. */
const reductionWaitMs = 480_000;
const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const patches = mutants.find(({ id }) => id === "return-route-left-out")?.patches ?? [];
const [property] = selectProperties(["EX-8"]);
const signal = new AbortController().signal;
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-capsules-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const runner = (patched: readonly SourcePatch[], evidence = false): ScenarioRunner =>
  createScenarioRunner({ backend: "netns", patches: patched, signal, jobs: 2, reuse: false, evidence });

const replayWith = async (loaded: LoadedCapsule, patched: readonly SourcePatch[]): Promise<Replay> =>
  await replay(loaded, runner(patched), 1);

function firstFarm(): Scenario {
  const { document } = expectValue(loadFarm(readFileSync(file, "utf8"), file));
  return expectValue(scenarioOf(document, 42, file));
}

it("XC-3 a failure is reduced, kept in one file, and replayed from it", { timeout: reductionWaitMs }, async () => {
  const scenario = firstFarm();
  const properties = property === undefined ? [] : [property];
  const result = await runFarms([scenario], {
    ...{ backend: "netns", patches, signal, properties, seed: 42, jobs: 1, onEvent: () => undefined, version: "test" },
  });
  const steps: number[] = [];
  const kept = await keepCounterexamples(result, {
    ...{ scenarios: [scenario], properties },
    reducer: {
      ...{ runner: runner(patches), parallel: 2, emulations: 40, isOver: () => false },
      onStep: ({ size }) => steps.push(totalOf(size)),
    },
    witness: runner(patches, true),
    foundWith: {
      versions: { farmlab: "test", commit: null, sources: "test", node: process.version, kernel: "test", image: null },
      host: { choices: result.host.choices, capabilities: [] },
      backend: "netns",
    },
    write: async (name, text) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
  });
  const [example] = kept.counterexamples;
  expect(example).toMatchObject({ law: "EX-8", reproduce: `farmlab replay ${example?.capsule}` });

  const loaded = expectValue(readCapsule(readFileSync(example?.capsule ?? "", "utf8"), "x.capsule.json"));
  expect(sizeOf(loaded.scenario.document)).toMatchObject({ nodes: 1, networks: 1, resources: 1, flows: 1 });
  expect(totalOf(sizeOf(loaded.scenario.document))).toBeLessThan(totalOf(sizeOf(scenario.document)) / 2);
  expect(loaded.capsule).toMatchObject({ firing: { fired: 5, of: 5 }, reduction: { end: "minimal" } });
  expect(loaded.capsule.story).toContain("no answer came");
  expect(loaded.capsule.evidence[0]?.views.map(({ view }) => view)).toEqual(["oracle", "tables", "kernel", "wire"]);
  expect(loaded.capsule.evidence[0]?.guilty?.layer).toBe("control plane");
  expect(steps).toEqual(steps.toSorted((one, other) => other - one));

  expect((await replayWith(loaded, patches)).outcome).toBe("fires");
  expect((await replayWith(loaded, [])).outcome).toBe("gone");
});
