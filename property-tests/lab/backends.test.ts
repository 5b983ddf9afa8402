import { describe, it } from "vitest";
import type { ExpectStatic } from "vitest";
import { missing, needs } from "../../emulator/containerlab/available.fixture.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { mutants } from "../mutants/index.ts";
import { farmFiles, hasPartners, topologyLaws } from "./topology-laws.fixture.ts";

/** Two labs share the cores. */
const farmWaitMs = 300_000;

const everyLawHolds = (backend: BackendName, name: string) => async (context: { readonly expect: ExpectStatic }) => {
  context.expect((await topologyLaws(backend, name)).troubles).toEqual([]);
};

// By one seed for both. Side by side, as laws wait more than they compute; but for the farms whose outages are counted in milliseconds.
describe.each(farmFiles)("XC-1 the same scenario gives the same verdict on both backends: every law holds on %s", (name) => {
  const together = hasPartners(name) ? it : it.concurrent;
  together("on netns", { timeout: farmWaitMs }, everyLawHolds("netns", name));
  (missing ? it.skip : together)(`on containerlab (${needs})`, { timeout: farmWaitMs }, everyLawHolds("containerlab", name));
});

// One fault that packets show and one that state shows: what is wrong is wrong on both.
const seeded = ["isolation-left-out", "port-off-by-one"].map((id) => mutants.find((mutant) => mutant.id === id)!);

describe.skipIf(missing)(`XC-1 the same scenario gives the same verdict on both backends (${needs})`, () => {
  it.for(seeded)("the seeded fault $id", { timeout: farmWaitMs }, async ({ patches }, { expect }) => {
    const [onContainerlab, onNetns] = await Promise.all(
      (["containerlab", "netns"] as const).map(async (backend) => await topologyLaws(backend, "exit-node.farm.yml", patches)),
    );
    expect(onContainerlab!.lines).toEqual(onNetns!.lines);
    expect(onContainerlab!.troubles.some((line) => line.startsWith("failed "))).toBe(true);
  });
});
