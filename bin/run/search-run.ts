/** A run that searches: around farms, or through suites. */
import { loadFarm } from "../../core/farm/index.ts";
import { runSearch, variationsSource } from "../../property-tests/run/index.ts";
import type { DrawnScenario, FarmToRun, RunOptions, ScenarioSource } from "../../property-tests/run/index.ts";
import type { LawResult, RunResult } from "../../reports/index.ts";
import { withCapsules } from "./capsules.ts";
import type { CapsuleOptions, CapsulesOf } from "./capsules.ts";
import type { ScenarioOptions } from "./scenario-options.ts";
import type { ShardOptions } from "./shard.ts";
import { suiteSources } from "./suites.ts";

export interface Searched {
  readonly farms: readonly FarmToRun[];
  readonly suites: readonly string[];
}

/** Whether scenarios are searched for; else farms are run as they stand in their files. */
export const isSearch = ({ suites }: Searched, { runs, budget }: ScenarioOptions): boolean =>
  suites.length > 0 || runs !== undefined || budget !== undefined;

function sourcesOf({ farms, suites }: Searched, seed: number): ScenarioSource[] {
  const around = farms.flatMap(({ text, file }) => {
    const loaded = loadFarm(text, file);
    return loaded.ok ? [variationsSource(loaded.value.document, file, seed)] : [];
  });
  return [...around, ...suiteSources(suites, seed)];
}

interface Found {
  readonly source: ScenarioSource;
  readonly drawn: DrawnScenario;
  readonly broken: readonly LawResult[];
}

/** So many failures of a search are reduced and kept; the rest are told with the command that runs them again. */
const capsulesMax = 5;

/** Searches, and keeps what failed. Leftovers of networks that are gone are told to `say`, a line each. */
export async function searchFarms(
  searched: Searched,
  options: RunOptions & { readonly say: (line: string) => void },
  given: ScenarioOptions & ShardOptions & CapsuleOptions,
  capsules: Omit<CapsulesOf, "farms">,
): Promise<RunResult> {
  const found: Found[] = [];
  const { runs, budget, shard } = given;
  const amount = { ...(runs === undefined ? {} : { runs }), ...(budget === undefined ? {} : { budgetMs: budget }) };
  const result = await runSearch(sourcesOf(searched, options.seed), {
    ...options,
    ...amount,
    ...(shard === undefined ? {} : { shard }),
    onCounterexample: (source, drawn, broken) => void found.push({ source, drawn, broken }),
    onLeftovers(farm, leftovers) {
      for (const line of leftovers.slice(0, 3)) options.say(`${farm}: its lab is not used again: ${line}`);
    },
  });
  let { counterexamples } = result;
  // First those that no command makes again for certain.
  const isFollowed = ({ drawn }: Found): number => (drawn.arm === "followed" ? 1 : 0);
  const inOrder = found.toSorted((one, other) => isFollowed(other) - isFollowed(one));
  for (const { source, drawn, broken } of inOrder.slice(0, capsulesMax)) {
    const { scenario } = drawn;
    const isOwn = (law: string, farm: string | undefined): boolean => farm === source.name && broken.some((one) => one.law === law);
    const one: RunResult = {
      ...result,
      seed: scenario.seed,
      results: [{ farm: source.name, file: source.file, backend: options.backend, laws: broken, coverage: {} }],
      counterexamples: counterexamples.filter(({ law, farm }) => isOwn(law, farm)),
    };
    const kept = await withCapsules(one, { ...capsules, farms: [scenario] }, given);
    counterexamples = [...counterexamples.filter(({ law, farm }) => !isOwn(law, farm)), ...kept.counterexamples];
  }
  return { ...result, counterexamples };
}
