import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natOf, natPresetNames, natPresets } from "../../../core/farm/index.ts";
import { measureNat, natDifferences } from "../../../emulator/nat/index.ts";
import type { MeasuredNat } from "../../../emulator/nat/index.ts";
import { natLab } from "./nat-lab.ts";
import type { NatLab } from "./nat-lab.ts";

let lab: NatLab;
const measured = new Map<string, MeasuredNat>();

beforeAll(async () => {
  lab = await natLab(natPresetNames.map((name) => ({ name, nat: natPresets[name] })));
  await Promise.all(
    natPresetNames.map(async (name) => {
      measured.set(name, await measureNat(lab.bench, { host: lab.hostOf(name), neighbour: lab.neighbourOf(name) }));
    }),
  );
});

afterAll(async () => {
  await lab?.down();
});

describe("XC-9: each preset", () => {
  it.each(natPresetNames)("%s is measured to be what it says, over UDP and TCP", (name) => {
    const { judged, differences } = natDifferences(measured.get(name)!, { nat: natPresets[name], outer: lab.outerOf(name) });
    expect(differences).toEqual([]);
    expect(judged).toBe(13);
  });

  it.each(natPresetNames)("%s is told from every other", (name) => {
    const others = natPresetNames.filter((other) => JSON.stringify(natOf(other, { timeouts: natPresets[name].timeouts })) !== JSON.stringify(natPresets[name]));
    for (const other of others) {
      const { differences } = natDifferences(measured.get(name)!, { nat: natPresets[other], outer: lab.outerOf(name) });
      expect([other, differences.length > 0]).toEqual([other, true]);
    }
  });
});
