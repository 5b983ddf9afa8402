/** Failures that once were: none of them fires any more, and each fires again where its fault is planted again. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { missing, needs } from "../../emulator/containerlab/available.fixture.ts";
import type { SourcePatch } from "../../emulator/image/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { mutants } from "../mutants/index.ts";
import { readCapsule, replay, usualRepeats } from "../replay/index.ts";
import type { Replay } from "../replay/index.ts";
import { createScenarioRunner } from "../run/index.ts";

const folder = new URL("../regressions", import.meta.url).pathname;
const files = readdirSync(folder).filter((name) => name.endsWith(".capsule.json"));

/** The seeded faults that capsules were written of, or that are what was mended. */
const seeded = [
  { law: "ex-8", mutant: "return-route-left-out" },
  { law: "ex-10", mutant: "sent-elsewhere-stays" },
];

async function replayed(name: string, patches: readonly SourcePatch[] = [], chosen?: BackendName): Promise<Replay> {
  const loaded = expectValue(readCapsule(readFileSync(join(folder, name), "utf8"), name));
  const backend = chosen ?? loaded.capsule.backend;
  const signal = new AbortController().signal;
  return await replay(loaded, createScenarioRunner({ backend, patches, signal, jobs: 1, reuse: false }), usualRepeats(loaded));
}

describe("XC-3 a capsule is a regression test", () => {
  it.each(files)("%s does not fire any more", async (name) => {
    expect(await replayed(name)).toMatchObject({ outcome: "gone", story: null });
  });

  const firesAgain =
    (backend?: BackendName) =>
    async ({ law, mutant }: (typeof seeded)[number]): Promise<void> => {
      const name = files.find((file) => file.startsWith(`${law}-`)) ?? "";
      const patches = mutants.find(({ id }) => id === mutant)?.patches ?? [];
      const { outcome, story } = await replayed(name, patches, backend);
      expect({ outcome, story }).toEqual({ outcome: "fires", story: expect.stringContaining("no answer came") as string });
    };

  it.each(seeded)("that of $law fires again with the seeded fault $mutant", firesAgain());
  it.skipIf(missing).each(seeded)(`that of $law fires on the other backend too (${needs})`, firesAgain("containerlab"));
});
