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

interface Verdicts {
  /** What was judged, and how. */
  readonly lines: readonly string[];
  /** Of these, what did not pass, and why. */
  readonly troubles: readonly string[];
}

async function verdicts(backend: BackendName, name: string, patches: readonly SourcePatch[] = []): Promise<Verdicts> {
  const file = join(folder, name);
  const text = readFileSync(file, "utf8");
  const { farm } = expectValue(loadFarm(text, file));
  const result = await runFarms([{ file, text, farm, intents: expectValue(intentsOf(farm)) }], {
    ...{ properties: selectProperties([]), seed: 42, backend, jobs: 1, patches, version: "test" },
    ...{ signal: new AbortController().signal, onEvent: () => undefined },
  });
  const judged = result.results.flatMap(({ laws }) => laws.filter(({ why }) => !isSilent(why)));
  return {
    lines: judged.map(({ property, verdict }) => `${verdict}: ${property}`),
    troubles: judged.flatMap(({ property, verdict, why }) =>
      verdict === "passed" ? [] : [`${verdict} on ${backend}: ${property}: ${why}`],
    ),
  };
}

describe.skipIf(missing)(`XC-1 the same scenario gives the same verdict on both backends (${needs})`, () => {
  it.each(files)("%s", async (name) => {
    const onContainerlab = await verdicts("containerlab", name);
    const onNetns = await verdicts("netns", name);
    expect([...onContainerlab.troubles, ...onNetns.troubles]).toEqual([]);
    expect(onContainerlab.lines).toEqual(onNetns.lines);
  });

  // One fault that packets show and one that state shows: what is wrong is wrong on both.
  const seeded = ["isolation-left-out", "port-off-by-one"].map((id) => mutants.find((mutant) => mutant.id === id)!);
  it.each(seeded)("the seeded fault $id", async ({ patches }) => {
    const onContainerlab = await verdicts("containerlab", "exit-node.farm.yml", patches);
    expect(onContainerlab.lines).toEqual((await verdicts("netns", "exit-node.farm.yml", patches)).lines);
    expect(onContainerlab.troubles.some((line) => line.startsWith("failed "))).toBe(true);
  });
});
