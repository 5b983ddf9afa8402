/**
 * `npm run flakes`: repeats the quick lab suite and keeps in `property-tests/flakes/record.json` how often it found fault where there is
 * none. It goes on with the measurement that is there where sources and host are the same, so it may be ended at any time.
 */
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { expectValue } from "../core/common/index.ts";
import { loadFarm } from "../core/farm/index.ts";
import { intentsOf } from "../core/intents/index.ts";
import {
  flakeLine,
  flakeRecordFile,
  flakyRepeats,
  keepFlakes,
  measureFlakes,
  quickFarms,
  readFlakes,
  repeatsWanted,
} from "../property-tests/flakes/index.ts";
import { runFarms, selectProperties, sourcesHash } from "../property-tests/run/index.ts";
import type { FarmToRun } from "../property-tests/run/index.ts";
import { exitCodes } from "./exit-codes.ts";
import { hostCanRun } from "./host-problem.ts";
import { untilInterrupted } from "./interrupt.ts";
import { takeUsageErrors } from "./output.ts";
import { prepareRuntime } from "./prepare-runtime.ts";
import { version } from "./version.ts";
import { wholeNumber } from "./run/option-values.ts";

const root = join(import.meta.dirname, "..");

function farmNamed(name: string): FarmToRun {
  const file = `topologies/${name}.farm.yml`;
  const text = readFileSync(join(root, file), "utf8");
  const { farm } = expectValue(loadFarm(text, file));
  return { file, text, farm, intents: expectValue(intentsOf(farm)) };
}

function hostInWords(): string {
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  const processors = cpus();
  return `Linux ${release()}, ${processors.length} x ${processors[0]?.model ?? "processor"}, ${gigabytes} GB`;
}

async function measure({ repeats, record: file }: { readonly repeats: number; readonly record: string }): Promise<void> {
  if (!(await hostCanRun("netns"))) return;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  await untilInterrupted(async (signal) => {
    await prepareRuntime(signal, false);
    const farms = quickFarms.map(farmNamed);
    const record = await measureFlakes(readFlakes(file), {
      ...{ repeats, sources: sourcesHash(), host: hostInWords(), farms: quickFarms, say },
      run: (seed) =>
        runFarms(farms, {
          ...{ properties: selectProperties([]), seed, backend: "netns", jobs: farms.length, version },
          ...{ signal, onEvent: () => undefined },
        }),
      load: () => loadavg()[0] ?? 0,
      now: () => new Date().toISOString(),
      keep: (kept) => keepFlakes(file, kept),
    });
    process.stdout.write(`${flakeLine(record)}\n`);
    const last = record.measurements.at(-1);
    process.exitCode = last !== undefined && flakyRepeats(last) > 0 ? exitCodes.failed : exitCodes.holds;
  }, "what was measured is kept, and the next start goes on from there");
}

const command = new Command("flakes")
  .description("Repeats the quick lab suite and keeps how often it found fault where there is none.")
  .option("--repeats <number>", "repeats to have in the end", wholeNumber(1, 100_000), repeatsWanted)
  .option("--record <file>", "where measurements are kept", flakeRecordFile)
  .action(measure);
takeUsageErrors(command);
try {
  await command.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError && error.exitCode !== 0 ? exitCodes.wrongInput : process.exitCode;
  if (!(error instanceof CommanderError)) throw error;
}
