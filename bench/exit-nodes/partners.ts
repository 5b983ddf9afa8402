/** What a silent death costs where exit nodes are partners (EX-15): many of them, each one's turn, under flows of every kind. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { death, fallSilent, keepFlows, mostOutageMs } from "../../property-tests/laws/index.ts";
import type { Moved } from "../../property-tests/laws/index.ts";
import { openSession, partneredBars, wiredLinks } from "../../property-tests/run/index.ts";
import { median, type BenchFigure } from "../figures.ts";

const file = fileURLToPath(new URL("../../topologies/active-active.farm.yml", import.meta.url));
const deaths = 20;
const flows = { everyMs: 20, most: 200 };

/** The value that so many of a hundred are not above. */
const percentile = (values: readonly number[], hundredths: number): number =>
  values.toSorted((one, other) => one - other)[Math.ceil((values.length * hundredths) / 100) - 1] ?? Number.NaN;

export async function partnerFigures(say: (line: string) => void): Promise<readonly BenchFigure[]> {
  const text = readFileSync(file, "utf8");
  const { farm } = expectValue(loadFarm(text, file));
  const open = await openSession({
    ...{ file, text, farm, intents: expectValue(intentsOf(farm)), seed: 1, backend: "netns", patches: [], wired: wiredLinks(farm) },
    ...{ signal: new AbortController().signal, onStep: () => undefined },
  });
  const moved: Moved[] = [];
  let kept = 0;
  try {
    const { session } = open;
    const bars = partneredBars(session.world);
    const lasting = await keepFlows(
      session,
      bars,
      bars.map(({ node }) => node),
      flows,
    );
    kept = lasting.flows.length;
    try {
      for (let count = 0; count < deaths; count += 1) {
        const bar = bars[count % bars.length];
        if (bar === undefined) throw new Error("the farm has no partners");
        const one = await fallSilent(session, bar, lasting, death);
        say(
          `${count + 1} of ${deaths}: ${one.outageMs} ms${one.stories.length === 0 ? "" : `; ${one.stories.length} complaints, ${one.stories[0]}`}`,
        );
        moved.push(one);
      }
    } finally {
      await lasting.close();
    }
  } finally {
    await open.close();
  }
  const outages = moved.map(({ outageMs }) => outageMs);
  const back = moved.map(({ backMs }) => backMs);
  return [
    { name: `${deaths} silent deaths: outage, 95th percentile`, value: percentile(outages, 95), unit: "ms", target: mostOutageMs },
    { name: "outage, median", value: median(outages), unit: "ms", target: null },
    { name: "outage, worst", value: Math.max(...outages), unit: "ms", target: null },
    {
      name: `established flows lost, of ${kept} at each death`,
      value: moved.reduce((sum, { lost }) => sum + lost, 0),
      unit: "",
      target: 0,
    },
    { name: "outage when a number goes back, 95th percentile", value: percentile(back, 95), unit: "ms", target: null },
  ];
}
