/** One thing to try: a farm with its timeline, and the seed of all that is left to choice. */
import { failure, success } from "../../core/common/index.ts";
import type { Outcome } from "../../core/common/index.ts";
import { farmText, judgeDocument, loadFarm } from "../../core/farm/index.ts";
import type { FarmFile, JudgedDocument } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { LawResult, Verdict } from "../../reports/index.ts";
import type { Property } from "../laws/index.ts";
import type { Evidence } from "./evidence.ts";
import type { FarmToRun } from "./farm-to-run.ts";
import type { WhatHappened } from "./happened.ts";

export interface Scenario extends FarmToRun {
  /** The whole file as data: what generators make and the reducer takes apart. */
  readonly document: FarmFile;
  readonly seed: number;
}

export interface ScenarioRun {
  readonly laws: readonly LawResult[];
  /** The worst of them; `passed` where every law that says anything holds. */
  readonly verdict: Verdict;
  /** What was exercised, as `kind:what` with kind one of `layout`, `clause`, `route`, `rule`, `drop`. */
  readonly coverage: readonly string[];
  /** Of kinds that kernels count: all that there was to be exercised. */
  readonly known?: readonly string[];
  /** Of broken laws, the first flow of each. */
  readonly evidence: readonly Evidence[];
  /** Where a law was broken, and the lab could say. */
  readonly happened?: WhatHappened;
  readonly lab: "cold" | "warm";
  readonly durationMs: number;
}

/** Judges scenarios in labs, several at once; labs may be used again where only intents differ. */
export interface ScenarioRunner {
  /** Never rejects for what a lab, a law or the oracle does: that is a verdict `unknown` with its reason. Rejects when interrupted. */
  run(scenario: Scenario, properties: readonly Property[]): Promise<ScenarioRun>;
  /** Ends every lab. */
  close(): Promise<void>;
}

/** The scenario of a document; a failure where it is no valid farm. `file` is what messages call it. */
export function scenarioOf(document: FarmFile, seed: number, file: string): Outcome<Scenario> {
  const text = farmText(document);
  const sound = soundDocument(document);
  // Its text says the same, in three times the time; what is wrong with it has a place there.
  const loaded = sound === undefined ? loadFarm(text, file) : success(sound);
  if (!loaded.ok) return loaded;
  const { farm } = loaded.value;
  const intents = intentsOf(farm);
  if (!intents.ok) return failure(...intents.problems);
  return { ...intents, value: { file, text, farm, intents: intents.value, document: loaded.value.document, seed } };
}

function soundDocument(document: FarmFile): JudgedDocument | undefined {
  const judged = judgeDocument(document);
  return judged?.findings.every(({ severity }) => severity !== "error") === true ? judged : undefined;
}
