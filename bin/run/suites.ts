/** Suites: scenarios that no file names. A file or folder of the same name comes first. */
import { existsSync } from "node:fs";
import { generatedSource, listSource } from "../../property-tests/run/index.ts";
import type { ScenarioSource } from "../../property-tests/run/index.ts";
import { smallScope, smallScopeStatement } from "../../property-tests/small-scope/index.ts";

interface Suite {
  readonly about: string;
  readonly source: (seed: number) => ScenarioSource;
}

const suites: Readonly<Record<string, Suite>> = {
  generated: { about: "whole farms drawn at random", source: (seed) => generatedSource("generated", seed) },
  "small-scope": {
    about: "every shape of a farm of up to five nodes, each once",
    source: (seed) => listSource("small-scope", smallScope(), seed, smallScopeStatement()),
  },
};

export const suiteLines: readonly string[] = Object.entries(suites).map(([name, { about }]) => `${name}: ${about}`);

/** Which arguments are suites, and which are paths. */
export function splitSuites(given: readonly string[]): { readonly suites: readonly string[]; readonly paths: readonly string[] } {
  const isSuite = (name: string): boolean => suites[name] !== undefined && !existsSync(name);
  return { suites: given.filter(isSuite), paths: given.filter((name) => !isSuite(name)) };
}

export const suiteSources = (names: readonly string[], seed: number): ScenarioSource[] =>
  names.flatMap((name) => suites[name]?.source(seed) ?? []);
