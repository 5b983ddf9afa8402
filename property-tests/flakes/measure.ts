/** Repeats the suite and counts what flakes. It can be ended at any time and goes on where it was. */
import type { RunResult } from "../../reports/index.ts";
import type { Flake, FlakeRecord, Measurement } from "./record.ts";

/** How often a repeat that broke is run once more with its seed: this tells what kind of fault it is, and takes nothing back. */
const runsAgain = 3;

export interface MeasureOptions {
  /** Repeats to have in the end, those before included. */
  readonly repeats: number;
  /** Hash of the sources, and the host in words: what a measurement is of. */
  readonly sources: string;
  readonly host: string;
  readonly farms: readonly string[];
  /** Runs the suite with this seed; whatever it rejects with ends the measurement. */
  run(seed: number): Promise<RunResult>;
  /** Load average over a minute. */
  load(): number;
  /** ISO 8601. */
  now(): string;
  /** After each repeat, to be kept. */
  keep(record: FlakeRecord): void;
  /** For people. */
  say(line: string): void;
}

const lawsOf = (result: RunResult) => result.results.flatMap((farm) => farm.laws.map((law) => ({ farm: farm.farm, law })));

const brokenOf = (result: RunResult) => lawsOf(result).filter(({ law }) => law.verdict !== "passed" && law.verdict !== "skipped");

const isOf = (measurement: Measurement, { sources, host, farms }: MeasureOptions): boolean =>
  measurement.sources === sources && measurement.host === host && measurement.farms.join() === farms.join();

/** What one repeat adds. */
async function flakesOf(result: RunResult, options: MeasureOptions): Promise<Flake[]> {
  const broken = brokenOf(result);
  if (broken.length === 0) return [];
  let again = 0;
  for (let run = 0; run < runsAgain; run += 1) if (brokenOf(await options.run(result.seed)).length > 0) again += 1;
  return broken.map(({ farm, law }) => ({
    seed: result.seed,
    farm,
    property: law.property,
    verdict: law.verdict,
    story: law.why ?? "",
    again: { runs: runsAgain, broken: again },
    cause: null,
    mended: null,
  }));
}

/** Goes on with the last measurement where it is of the same sources, host and farms, else begins one. Gives the record with it. */
export async function measureFlakes(before: FlakeRecord, options: MeasureOptions): Promise<FlakeRecord> {
  const last = before.measurements.at(-1);
  const goesOn = last !== undefined && isOf(last, options);
  const earlier = goesOn ? before.measurements.slice(0, -1) : before.measurements;
  let measurement: Measurement = goesOn
    ? last
    : {
        commit: null,
        ...{ sources: options.sources, host: options.host, farms: options.farms, properties: 0 },
        load: { least: options.load(), greatest: options.load() },
        ...{ begun: options.now(), repeats: 0, durationMs: 0, flakes: [] },
      };
  const record = (): FlakeRecord => ({ ...before, measurements: [...earlier, measurement] });
  while (measurement.repeats < options.repeats) {
    const result = await options.run(measurement.repeats + 1);
    const flakes = await flakesOf(result, options);
    const load = options.load();
    measurement = {
      ...measurement,
      commit: measurement.commit ?? result.commit,
      properties: lawsOf(result).filter(({ law }) => law.verdict !== "skipped").length,
      load: { least: Math.min(measurement.load.least, load), greatest: Math.max(measurement.load.greatest, load) },
      repeats: measurement.repeats + 1,
      durationMs: measurement.durationMs + result.durationMs,
      flakes: [...measurement.flakes, ...flakes],
    };
    options.keep(record());
    const told =
      flakes.length === 0 ? "all held" : flakes.map((flake) => `${flake.verdict}: ${flake.property} on ${flake.farm}`).join("; ");
    options.say(`${measurement.repeats} of ${options.repeats}, seed ${result.seed}, load ${load.toFixed(1)}: ${told}`);
  }
  return record();
}
