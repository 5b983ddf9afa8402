/** A farm whose links lose packets all the time: laws hold where the system does, and are still seen to break where it does not. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { SourcePatch } from "../../emulator/image/index.ts";
import { mutants } from "../mutants/index.ts";
import { createScenarioRunner, scenarioOf, selectProperties } from "../run/index.ts";
import type { ScenarioRun } from "../run/index.ts";

const waitMs = 240_000;
const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;

async function run(laws: readonly string[], patches: readonly SourcePatch[]): Promise<ScenarioRun> {
  const { document } = expectValue(loadFarm(readFileSync(file, "utf8"), file));
  const conditions = [
    { link: "home-a:wan", like: "wifi-bad" },
    { link: "host-v6:wan", "loss-percent": 10 },
    { link: "node-1:eth1", "loss-percent": 3 },
  ] as const;
  const scenario = expectValue(scenarioOf({ ...document, conditions }, 3, file));
  const runner = createScenarioRunner({ backend: "netns", patches, signal: new AbortController().signal, jobs: 1, reuse: false });
  return await runner.run(scenario, selectProperties(laws));
}

it("breaks no law of packets by what is lost on the way", { timeout: waitMs }, async () => {
  const { laws } = await run(["EX-7", "EX-8", "EX-9", "EX-10", "EX-11"], []);
  expect(laws.filter(({ verdict }) => verdict !== "passed" && verdict !== "skipped")).toEqual([]);
  expect(laws.filter(({ verdict }) => verdict === "passed").length).toBeGreaterThan(10);
});

it("breaks the law by what never arrives, with how improbable it is that chance had lost it", { timeout: waitMs }, async () => {
  const patches = mutants.find(({ id }) => id === "return-route-left-out")?.patches ?? [];
  const { laws } = await run(["EX-8"], patches);
  const broken = laws.filter(({ verdict }) => verdict === "failed");
  expect(broken.map(({ why }) => why).join("\n")).toMatch(
    /no answer came, \d+ times one after the other, and the conditions of .* alone would lose all of these/,
  );
});
