import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natPresetNames, natPresets } from "../../../core/farm/index.ts";
import { describeNat, measureNat, natDifferences } from "../../../emulator/nat/index.ts";
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

  it("reads as people know it", async () => {
    const texts = natPresetNames.map((name) => `${name}\n${describeNat(measured.get(name)!)}\n`);
    await expect(texts.join("\n")).toMatchFileSnapshot("golden/measured.txt");
  });

  it.each(natPresetNames)("%s is told from every other", (name) => {
    for (const other of natPresetNames.filter((one) => one !== name)) {
      const { differences } = natDifferences(measured.get(name)!, { nat: natPresets[other], outer: lab.outerOf(name) });
      expect([other, differences.length > 0]).toEqual([other, true]);
    }
  });
});
