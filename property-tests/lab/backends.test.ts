import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { missing, needs } from "../../emulator/containerlab/available.fixture.ts";
import type { SourcePatch } from "../../emulator/image/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { mutants } from "../mutants/index.ts";
import { isSilent } from "../laws/silent.ts";
import { runFarms, selectProperties } from "../run/index.ts";

const folder = fileURLToPath(new URL("../../topologies", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".farm.yml"));

/** What was judged, and how. */
async function verdicts(backend: BackendName, name: string, patches: readonly SourcePatch[] = []): Promise<string[]> {
  const file = join(folder, name);
  const text = readFileSync(file, "utf8");
  const { farm } = expectValue(loadFarm(text, file));
  const result = await runFarms([{ file, text, farm, intents: expectValue(intentsOf(farm)) }], {
    ...{ properties: selectProperties([]), seed: 42, backend, jobs: 1, patches, version: "test" },
    ...{ signal: new AbortController().signal, onEvent: () => undefined },
  });
  const judged = result.results.flatMap(({ laws }) => laws.filter(({ why }) => !isSilent(why)));
  return judged.map(({ property, verdict }) => `${verdict}: ${property}`);
}

describe.skipIf(missing)(`XC-1 the same scenario gives the same verdict on both backends (${needs})`, () => {
  it.each(files)("%s", async (name) => {
    const onContainerlab = await verdicts("containerlab", name);
    expect(onContainerlab).toEqual(await verdicts("netns", name));
    expect(onContainerlab.filter((line) => !line.startsWith("passed: "))).toEqual([]);
  });

  // One fault that packets show and one that state shows: what is wrong is wrong on both.
  const seeded = ["isolation-left-out", "port-off-by-one"].map((id) => mutants.find((mutant) => mutant.id === id)!);
  it.each(seeded)("the seeded fault $id", async ({ patches }) => {
    const onContainerlab = await verdicts("containerlab", "exit-node.farm.yml", patches);
    expect(onContainerlab).toEqual(await verdicts("netns", "exit-node.farm.yml", patches));
    expect(onContainerlab.some((line) => line.startsWith("failed: "))).toBe(true);
  });
});
