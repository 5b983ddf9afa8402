/** The first drawing's farm with expectations, its flows, and what might have been seen of them. */
import { readFileSync } from "node:fs";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { describeWorld } from "../oracle/index.ts";
import type { World } from "../oracle/index.ts";
import { partsOf } from "./failures.ts";
import type { Failure } from "./failures.ts";
import { chooseFlows } from "./flows.ts";
import type { WatchedFlow } from "./flows.ts";
import type { Probe } from "./outages.ts";
import type { Trial } from "./try-failure.ts";

const path = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const text = readFileSync(path, "utf8");

export const worldWith = (...expectations: readonly string[]): World => {
  const entries = expectations.map((one) => `  - { ${one} }\n`).join("");
  return describeWorld(expectValue(loadFarm(`${text}expectations:\n${entries === "" ? "  []\n" : entries}`, path)).farm);
};

export const flowsOf = (world: World): readonly WatchedFlow[] => chooseFlows(world, 1000, 1).flows;

/** The failure of parts by their names, as `node lan-a`. */
export const failureNamed = (world: World, ...names: readonly string[]): Failure => {
  const parts = names.flatMap((name) => partsOf(world.farm).filter((part) => `${part.kind} ${part.name}` === name));
  return { name: names.join(" + "), parts };
};

/** A failure from 0 ms on, repaired after 1 s where it is one that has to be; one probe each 100 ms, as `+` and `-`, for flows whose words hold the key. */
export function trialOf(world: World, fates: Readonly<Record<string, string>>, given: Partial<Trial> = {}): Trial {
  const probesOf = ({ text: words }: WatchedFlow): Probe[] => {
    const key = Object.keys(fates).find((one) => words.includes(one));
    return Array.from(fates[key ?? ""] ?? "+".repeat(20), (fate, index) => ({
      sentMs: index * 100,
      ...(fate === "+" ? { answeredMs: index * 100 + 1 } : {}),
    }));
  };
  const probes = new Map(flowsOf(world).map((flow) => [flow, probesOf(flow)]));
  const recovered = Object.values(fates).every((fate) => fate.endsWith("+"));
  return { probes, beganMs: 0, repairedMs: 1000, recovered, lateMs: 0, ...given };
}
