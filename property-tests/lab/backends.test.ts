import { describe, expect, it } from "vitest";
import { missing, needs } from "../../emulator/containerlab/available.fixture.ts";
import { mutants } from "../mutants/index.ts";
import { farmFiles, topologyLaws } from "./topology-laws.fixture.ts";

describe.skipIf(missing)(`XC-1 the same scenario gives the same verdict on both backends (${needs})`, () => {
  // On netns all of them pass too, by the same seed: `farms.test.ts`.
  it.each(farmFiles)("every law holds on %s", async (name) => {
    expect((await topologyLaws("containerlab", name)).troubles).toEqual([]);
  });

  // One fault that packets show and one that state shows: what is wrong is wrong on both.
  const seeded = ["isolation-left-out", "port-off-by-one"].map((id) => mutants.find((mutant) => mutant.id === id)!);
  it.each(seeded)("the seeded fault $id", async ({ patches }) => {
    const onContainerlab = await topologyLaws("containerlab", "exit-node.farm.yml", patches);
    expect(onContainerlab.lines).toEqual((await topologyLaws("netns", "exit-node.farm.yml", patches)).lines);
    expect(onContainerlab.troubles.some((line) => line.startsWith("failed "))).toBe(true);
  });
});
