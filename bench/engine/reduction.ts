/**
 * Reduction: failures with known smallest farms, each on generated farms that show it. What is counted is how often a candidate would have
 * been run in a lab; no lab is. A farm counts as smallest where it has no more nodes, networks, resources, flows, happenings and conditions
 * than the least that the failure needs.
 */
import { seededRandom } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { farms, sampleFarm } from "../../property-tests/generate/index.ts";
import { reduce, sizeOf, totalOf, usualEmulations } from "../../property-tests/reduce/index.ts";
import type { Fires, Reduction } from "../../property-tests/reduce/index.ts";
import { median, type BenchFigure } from "../figures.ts";
import { seededFailures, type SeededFailure } from "./seeded-failures.ts";

const farmsPerFailure = 2;
const seed = 42;
/** So that there is something to reduce. */
const leastNodes = 5;
const leastNetworks = 3;
const samplesMax = 20_000;
/** A failure that does not always show, of ten times. */
const flakyOfTen = 7;

const generated = farms({
  maxNodes: 10,
  maxNetworks: 6,
  maxWorkloads: 6,
  maxForwards: 4,
  maxRouters: 4,
  maxConditions: 3,
  timelines: true,
});

/** The first generated farms that are large and show the failure. */
function farmsThatShow({ name, shows }: SeededFailure, from: number): readonly FarmFile[] {
  const found: FarmFile[] = [];
  for (let index = from; index < from + samplesMax && found.length < farmsPerFailure; index += 1) {
    const farm = sampleFarm(generated, seed, index);
    const isLarge = Object.keys(farm.nodes).length >= leastNodes && Object.keys(farm.networks ?? {}).length >= leastNetworks;
    if (isLarge && shows(farm)) found.push(farm);
  }
  if (found.length < farmsPerFailure) throw new Error(`of ${samplesMax} generated farms too few show: ${name}`);
  return found;
}

interface ReductionTrial {
  readonly failure: string;
  readonly from: number;
  readonly reduction: Reduction;
  readonly isSmallest: boolean;
}

async function tryOne(failure: SeededFailure, farm: FarmFile, fires: Fires): Promise<ReductionTrial> {
  const reduction = await reduce(farm, fires, { parallel: 2 });
  const kinds = Object.keys(failure.least) as (keyof SeededFailure["least"])[];
  const isSmallest = kinds.every((kind) => reduction.to[kind] <= failure.least[kind]);
  return { failure: failure.name, from: totalOf(sizeOf(farm)), reduction, isSmallest };
}

/** Every failure on every farm: as one that always shows, and as one that shows seven times of ten. */
async function reductionTrials(flaky: boolean, onProgress: (line: string) => void): Promise<readonly ReductionTrial[]> {
  const trials: ReductionTrial[] = [];
  for (const [position, failure] of seededFailures.entries()) {
    onProgress(`${flaky ? "seven times of ten" : "always"}: ${failure.name}`);
    for (const [index, farm] of farmsThatShow(failure, 1000 * position).entries()) {
      const random = seededRandom(seed, `${failure.name} ${index}`);
      const isSeen = (): boolean => !flaky || random.below(10) < flakyOfTen;
      trials.push(await tryOne(failure, farm, async (document) => (failure.shows(document) && isSeen() ? "fires" : "passes")));
    }
  }
  return trials;
}

const percent = (trials: readonly ReductionTrial[], test: (trial: ReductionTrial) => boolean): number =>
  (100 * trials.filter(test).length) / trials.length;

function figuresOf(what: string, trials: readonly ReductionTrial[], emulationsTarget: number | null): BenchFigure[] {
  return [
    { name: `${what}, not the smallest farm`, value: percent(trials, ({ isSmallest }) => !isSmallest), unit: "%", target: 10 },
    {
      name: `${what}, emulations, median`,
      value: median(trials.map(({ reduction }) => reduction.emulations)),
      unit: "",
      target: emulationsTarget,
    },
    {
      name: `${what}, emulations, most`,
      value: Math.max(...trials.map(({ reduction }) => reduction.emulations)),
      unit: "",
      target: null,
    },
    {
      name: `${what}, proven that no part can go`,
      value: percent(trials, ({ reduction }) => reduction.end === "minimal"),
      unit: "%",
      target: null,
    },
  ];
}

/** How small, in how many runs: no lab, two minutes of processor time. Says which failures kept a farm that is not the smallest. */
export async function reductionFigures(say: (line: string) => void): Promise<readonly BenchFigure[]> {
  const always = await reductionTrials(false, say);
  const flaky = await reductionTrials(true, say);
  for (const { failure, isSmallest, reduction } of [...always, ...flaky])
    if (!isSmallest) say(`not the smallest: ${failure} (${reduction.end} after ${reduction.emulations})`);
  const shares = always.map(({ from, reduction: { to } }) => totalOf(to) / from);
  return [
    { name: "failures reduced", value: always.length, unit: "", target: null },
    ...figuresOf("always shows", always, usualEmulations),
    ...figuresOf("shows 7 of 10 times", flaky, null),
    { name: "what is left of a farm, median", value: 100 * median(shares), unit: "%", target: null },
  ];
}
