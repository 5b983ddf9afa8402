import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { silencesOf } from "../laws/silent.ts";
import { runFarms, selectProperties } from "../run/index.ts";

const folder = new URL("../../topologies", import.meta.url).pathname;
const files = readdirSync(folder).filter((name) => name.endsWith(".farm.yml"));

it.each(files)("every law holds on %s", async (name) => {
  const file = join(folder, name);
  const text = readFileSync(file, "utf8");
  const { farm } = expectValue(loadFarm(text, file));
  const result = await runFarms([{ file, text, farm, intents: expectValue(intentsOf(farm)) }], {
    properties: selectProperties([]),
    seed: 42,
    backend: "netns",
    jobs: 1,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    version: "test",
  });
  const mayBeSkipped: readonly (string | null)[] = silencesOf(farm);
  const notPassed = result.results.flatMap((one) => one.laws).filter((law) => law.verdict !== "passed" && !mayBeSkipped.includes(law.why));
  expect(notPassed).toEqual([]);
});
