/** How many scenarios the model of the search looks at in a second, making them included. */
import { seededRandom } from "../../core/common/index.ts";
import { limitsOf } from "../../property-tests/generate/index.ts";
import { evaluate } from "../../property-tests/search/evaluate.ts";
import { forEachKey } from "../../property-tests/search/keys.ts";
import { changedSketch, someSketch } from "../../property-tests/search/mutate.ts";
import { median } from "../figures.ts";
import { processorMs } from "../processor-times.ts";
import type { BenchFigure } from "../figures.ts";

/** Farms of up to ten nodes. */
const limits = limitsOf({ maxNodes: 10, maxNetworks: 4, maxRouters: 4, maxAllocations: 2 });
const scenarios = 10_000;
const rounds = 5;
const parents = 200;
const additions = 100_000_000;

const processorSeconds = (work: () => void): number => processorMs(work) / 1000;

/** Of a loop of plain additions: how fast the processor is while the machine does other things too. */
function additionsPerSecond(): number {
  let sum = 0;
  const seconds = processorSeconds(() => {
    for (let count = 0; count < additions; count += 1) sum = (sum + count) | 0;
  });
  return sum === undefined ? 0 : additions / seconds;
}

/** Sketches changed one at a time, each evaluated and its keys counted, pairs too. */
export async function modelFigures(say: (line: string) => void): Promise<readonly BenchFigure[]> {
  const random = seededRandom(1, "bench model");
  const corpus = Array.from({ length: parents }, () => someSketch(random, limits));
  const counted = new Uint32Array(2 ** 16);
  let keys = 0;
  const measured = Array.from({ length: rounds }, (_, round) => {
    say(`model, round ${round + 1} of ${rounds}`);
    const seconds = processorSeconds(() => {
      for (let count = 0; count < scenarios; count += 1) {
        const sketch = changedSketch(random, random.pick(corpus), random.pick(corpus), limits);
        corpus[random.below(parents)] = sketch;
        forEachKey(evaluate(sketch), (key) => {
          counted[key] = (counted[key] ?? 0) + 1;
          keys += 1;
        });
      }
    });
    return { rate: scenarios / seconds, additions: additionsPerSecond() };
  });
  const rate = median(measured.map((one) => one.rate));
  return await Promise.resolve([
    { name: "scenarios that the model looks at, changing them included, median", value: rate, unit: "/s", target: null },
    // As what is within a target is below it: the other way round. 20,000 a second are 50 us each.
    { name: "one of them, of processor time", value: 1e6 / rate, unit: "us", target: 50 },
    { name: "coverage keys of one, pairs included", value: keys / (rounds * scenarios), unit: "", target: null },
    {
      name: "one of them in plain additions",
      value: median(measured.map((one) => one.additions / one.rate)) / 1000,
      unit: "k",
      target: null,
    },
  ]);
}
