/** Laws of the derivation alone, judged on a farm's data without a lab. */
import { expectedFacts } from "../../core/plan/index.ts";
import type { Intents } from "../../core/intents/index.ts";
import type { LawResult } from "../../reports/index.ts";
import { unknownOutcome } from "../laws/index.ts";
import type { PureProperty, PureSubject } from "../laws/index.ts";
import { describeWorld, resourceKey } from "../oracle/index.ts";
import type { ObservedPrefixes } from "../oracle/index.ts";
import { lawResult } from "./judge.ts";
import type { FarmToRun } from "./farm-to-run.ts";

/** The /64s that intents give to NRs, of which the file need not say any. */
export function observedPrefixes(intents: Intents): ObservedPrefixes {
  return new Map(
    intents.networks.flatMap((network) => network.resources.map((resource) => [resourceKey(network.name, resource.node), resource.prefix])),
  );
}

/** Nodes publish what their configuration says. Throws where the oracle finds a resource without a prefix. */
export function pureSubject({ file, text, farm, intents }: FarmToRun, seed: number): PureSubject {
  const facts = new Map(expectedFacts(intents).map((one) => [one.node, one]));
  return { file, text, farm, intents, seed, facts, world: describeWorld(farm, observedPrefixes(intents)) };
}

/** Whatever is thrown means that the harness could not look. */
export async function judgePure(given: FarmToRun, properties: readonly PureProperty[], seed: number): Promise<LawResult[]> {
  const judge = async (property: PureProperty): Promise<LawResult> => {
    try {
      return lawResult(property, await property.run(pureSubject(given, seed)));
    } catch (error) {
      return lawResult(property, unknownOutcome(`could not be judged: ${error instanceof Error ? error.message : String(error)}`));
    }
  };
  return await Promise.all(properties.map(judge));
}
