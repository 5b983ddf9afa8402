/** Which farm files a run's arguments name, and their farms: all of them are valid before anything is started. */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { FarmToRun } from "../../property-tests/run/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { complain } from "../output.ts";
import { readFarmText } from "../read-farm.ts";

const topologies = join(import.meta.dirname, "../../topologies");
export const farmEnding = ".farm.yml";

/** The farm files that the arguments name: files themselves, of folders every farm file in them. What is no folder is left to the reader. */
function farmFiles(paths: readonly string[]): readonly string[] {
  const chosen = paths.length === 0 ? [relative(process.cwd(), topologies) || "."] : paths;
  const files = chosen.flatMap((path) => {
    try {
      return readdirSync(path)
        .filter((name) => name.endsWith(farmEnding))
        .toSorted()
        .map((name) => join(path, name));
    } catch {
      return [path];
    }
  });
  return [...new Set(files)];
}

/** All farms, or undefined after complaining of every file that is wrong: then nothing is started. */
export async function loadFarms(paths: readonly string[]): Promise<FarmToRun[] | undefined> {
  let wrong = false;
  const farms: FarmToRun[] = [];
  for (const file of farmFiles(paths)) {
    const text = await readFarmText(file);
    const loaded = text.ok ? loadFarm(text.value, file) : text;
    for (const problem of loaded.problems) complain(problem, loaded.ok ? exitCodes.holds : exitCodes.wrongInput);
    const intents = loaded.ok ? intentsOf(loaded.value.farm) : undefined;
    for (const problem of intents?.problems ?? []) if (problem.severity === "error") complain(problem, exitCodes.wrongInput);
    if (text.ok && loaded.ok && intents?.ok === true)
      farms.push({ file, text: text.value, farm: loaded.value.farm, intents: intents.value });
    else wrong = true;
  }
  return wrong ? undefined : farms;
}
