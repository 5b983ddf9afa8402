/** A farm file for `farmlab up`. */
import { emulatedNodes } from "../../core/farm/index.ts";
import { intentsOf, wishesOf } from "../../core/intents/index.ts";
import { compileFarm } from "../../topologies/index.ts";
import { openFarm } from "../../property-tests/run/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { complain } from "../output.ts";
import { readFarm } from "../read-farm.ts";
import { seed, type LabToHold, type UpOptions } from "./lab-to-hold.ts";

/** Of what agents report, as much as a terminal shows without scrolling. */
const reportCharactersMax = 1000;

/** What agents say that did not get ready, cut to what can be read. */
function complainOfAgents(report: string): void {
  const message = report.length > reportCharactersMax ? `${report.slice(0, reportCharactersMax)}...` : report;
  const hint = "the lab is gone again; farmlab doctor shows what this host lacks, farmlab run judges a farm whose agents fail";
  complain({ severity: "error", code: "not-ready", message, hint }, exitCodes.failed);
}

/** Undefined after saying what is wrong with the file. */
export async function farmLab(file: string, { backend, image }: UpOptions): Promise<LabToHold | undefined> {
  const loaded = await readFarm(file);
  for (const problem of loaded.problems) complain(problem, loaded.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!loaded.ok) return undefined;
  const { farm } = loaded.value;
  const intents = intentsOf(farm);
  for (const problem of intents.problems) complain(problem, intents.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!intents.ok) return undefined;
  return {
    topology: compileFarm(farm, { seed }),
    tunnels: farm.networks.length > 0,
    example: `${emulatedNodes(farm)[0]?.name ?? "internet"} -- ip netns`,
    async bringUp(name, signal, onStep) {
      const live = await openFarm({
        farm,
        wishes: wishesOf(farm),
        seed,
        name,
        backend,
        image: image ?? "built",
        signal,
        onStep,
        evenUnready: true,
      });
      if (live.notReady === undefined) return live;
      await live.close();
      if (!signal.aborted) complainOfAgents(live.notReady);
      return undefined;
    },
  };
}
