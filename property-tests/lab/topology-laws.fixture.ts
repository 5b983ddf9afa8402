/** Every law on a farm of `topologies/`, by one seed for all who judge them. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { SourcePatch } from "../../emulator/image/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { silencesOf } from "../laws/silent.ts";
import { runFarms, selectProperties } from "../run/index.ts";

const folder = fileURLToPath(new URL("../../topologies", import.meta.url));
export const farmFiles: readonly string[] = readdirSync(folder).filter((name) => name.endsWith(".farm.yml"));

/** Whether outages of a few milliseconds are judged on it. */
export const hasPartners = (name: string): boolean => {
  const file = join(folder, name);
  const { nodes } = expectValue(loadFarm(readFileSync(file, "utf8"), file)).farm;
  return nodes.some(({ exitNode }) => exitNode?.partner !== undefined);
};

export interface TopologyLaws {
  /** What was judged, and how: `passed: EX-1 ...`. */
  readonly lines: readonly string[];
  /** Of these, what did not pass, and why. */
  readonly troubles: readonly string[];
}

/** Of what the farm's file says nothing of, nothing is said. */
export async function topologyLaws(backend: BackendName, name: string, patches: readonly SourcePatch[] = []): Promise<TopologyLaws> {
  const file = join(folder, name);
  const text = readFileSync(file, "utf8");
  const { farm } = expectValue(loadFarm(text, file));
  const result = await runFarms([{ file, text, farm, intents: expectValue(intentsOf(farm)) }], {
    ...{ properties: selectProperties([]), seed: 42, backend, jobs: 1, patches, version: "test" },
    // What broke unexpectedly may not do so again: what is found then is all that is left of it.
    ...{ signal: new AbortController().signal, onEvent: () => undefined, evidence: patches.length === 0 },
  });
  const silences: readonly (string | null)[] = silencesOf(farm);
  const judged = result.results.flatMap(({ laws }) => laws.filter(({ why }) => !silences.includes(why)));
  return {
    lines: judged.map(({ property, verdict }) => `${verdict}: ${property}`),
    troubles: judged.flatMap(({ property, verdict, why, evidence = [] }) =>
      verdict === "passed" ? [] : [[`${verdict} on ${backend}: ${property}: ${why}`, ...evidence].join("\n")],
    ),
  };
}
