/** What a silent death costs where exit nodes are partners (EX-15): many of them, each one's turn, under flows of every kind. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { awayAtLast, death, fallSilent, keepFlows, mostOutageMs } from "../../property-tests/laws/index.ts";
import type { KeptFlows, Moved } from "../../property-tests/laws/index.ts";
import type { Session } from "../../property-tests/run/index.ts";
import { openSession, partneredBars, wiredLinks } from "../../property-tests/run/index.ts";
import { median, type BenchFigure } from "../figures.ts";

const file = fileURLToPath(new URL("../../topologies/active-active.farm.yml", import.meta.url));
const deaths = 20;
/** One of each kind tells how long nothing is answered. */
const quick = { everyMs: 20, most: 1 };
/** The others tell what is lost. With 200 at the quick pace, 10 000 words a second, two cores were busy all the time, and flows were lost. */
const slow = { everyMs: 100, most: 200, port: 7071 };

/** The value that so many of a hundred are not above. */
const percentile = (values: readonly number[], hundredths: number): number =>
  values.toSorted((one, other) => one - other)[Math.ceil((values.length * hundredths) / 100) - 1] ?? Number.NaN;

/** Flows of both kinds as one, opened once each exit node has its own number. */
async function manyFlows(session: Session, nodes: readonly string[]): Promise<KeptFlows> {
  const bars = partneredBars(session.world);
  const [away] = await awayAtLast(session, bars);
  if (away !== undefined) throw new Error(`${away} when all was well`);
  const [telling, others] = [await keepFlows(session, bars, nodes, quick), await keepFlows(session, bars, nodes, slow)];
  return {
    flows: [...telling.flows, ...others.flows],
    fates: async () => [...(await telling.fates()), ...(await others.fates()).map((fate) => ({ ...fate, gapMs: 0 }))],
    close: async () => void (await Promise.all([telling.close(), others.close()])),
  };
}

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
    const lasting = await manyFlows(
      session,
      bars.map(({ node }) => node),
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
