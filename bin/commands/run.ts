/** `farmlab run`: brings farms up, drives them with packets and judges them by the laws. What it takes and gives, part by part, is in `bin/run`. */
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { Command, Option } from "commander";
import { backendNames } from "../../emulator/backend.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { lawIds, meaningOf, runFarms, selectProperties } from "../../property-tests/run/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCanRun } from "../host-problem.ts";
import { imageOption, imageProblem } from "../image-option.ts";
import { onInterrupt } from "../interrupt.ts";
import { complain, type OutputOptions } from "../output.ts";
import { prepareRuntime } from "../prepare-runtime.ts";
import { addBaselineOption, openBaseline, type BaselineOptions } from "../reports/baseline.ts";
import { addReportOptions, openReports, reportProblems, type ReportOptions } from "../reports/report-output.ts";
import { addCapsuleOptions, withCapsules, type CapsuleOptions } from "../run/capsules.ts";
import { farmEnding, loadFarms } from "../run/load-farms.ts";
import { gather, wholeNumber } from "../run/option-values.ts";
import { clearProgress, progress } from "../run/progress.ts";
import { rememberVerdicts } from "../run/remember-verdicts.ts";
import { addShardOption, partOf, shardProblems, type ShardOptions } from "../run/shard.ts";
import { addStrictnessOptions, sayWhatIsMissing, type StrictnessOptions } from "../run/strictness.ts";
import { version } from "../version.ts";

interface Options extends CapsuleOptions, ReportOptions, StrictnessOptions, BaselineOptions, ShardOptions, OutputOptions {
  readonly law?: readonly string[];
  readonly seed?: number;
  readonly jobs?: number;
  readonly backend: BackendName;
  readonly image?: "host";
}

const seedMax = 0x7fff_ffff;

async function run(paths: string[], options: Options): Promise<void> {
  const chosen = lawIds(options.law ?? []);
  const required = lawIds(options.require ?? []);
  const wrong = [
    ...chosen.problems,
    ...required.problems,
    ...reportProblems(options),
    ...shardProblems(options, options),
    ...[imageProblem(options.image, options.backend)].flatMap((problem) => problem ?? []),
  ];
  for (const problem of wrong) complain(problem, exitCodes.wrongInput);
  const all = await loadFarms(paths);
  if (!chosen.ok || !required.ok || wrong.length > 0 || all === undefined) return;
  const farms = partOf(all, options.shard);
  const compared = await openBaseline(options, { laws: chosen.value, paths });
  if (compared === undefined) return;

  const properties = selectProperties(chosen.value);
  if (properties.length === 0 || farms.length === 0) {
    const [message, hint] =
      farms.length === 0
        ? all.length > 0
          ? [`there are only ${all.length} farms, and none is left for this shard`, "use no more shards than farms"]
          : [`there is no ${farmEnding} file in ${paths.join(", ")}`, "farmlab init writes one to start from"]
        : [`no property of a farm checks ${chosen.value.join(", ")}`, "farmlab laws shows what checks each law"];
    complain({ severity: "error", code: "nothing-selected", message, hint }, exitCodes.nothingSelected);
    return;
  }

  if (!(await hostCanRun(options.backend))) return;

  const seed = options.seed ?? randomInt(seedMax);
  const jobs = options.jobs ?? Math.min(farms.length, availableParallelism());
  const silent = options.quiet === true || options.format === "json";
  const showProgress = progress(silent);
  if (options.quiet !== true)
    process.stderr.write(`seed ${seed}, ${farms.length === 1 ? basename(farms[0]?.file ?? "") : `${farms.length} farms`}\n`);
  const interrupt = onInterrupt();
  try {
    const image = options.image ?? "built";
    await prepareRuntime(interrupt.signal, options.quiet === true, image);
    const reports = openReports(options, options.shard === undefined ? {} : { shard: options.shard });
    reports.happened({ kind: "run-started", seed, farmlab: version, farms: farms.map(({ farm }) => farm.name) });
    const judged = await runFarms(farms, {
      properties,
      seed,
      backend: options.backend,
      image,
      jobs,
      signal: interrupt.signal,
      onEvent(event) {
        showProgress(event);
        reports.happened(event);
      },
      version,
      evidence: true,
    });
    clearProgress(silent);
    const found = { farms, properties, backend: options.backend, image, signal: interrupt.signal, quiet: silent } as const;
    const kept = await withCapsules(judged, { ...found, jobs: options.jobs ?? availableParallelism() }, options);
    rememberVerdicts(kept);
    const result = compared(kept);
    reports.finish(result);
    sayWhatIsMissing(result, required.value, options);
    process.exitCode = exitCodes[meaningOf(result, { require: required.value, noSkips: !options.skips })];
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.stderr.write("interrupted; the labs are gone\n");
    // At once: what still waits for a lab that is gone must not keep this process.
    process.exit(interrupt.exitCode());
  } finally {
    interrupt.release();
  }
}

export function runCommand(): Command {
  const command = new Command("run")
    .argument("[paths...]", "farm files, or folders of them; without any, every farm in topologies/")
    .option("--law <law>", "judge this law only, e.g. EX-8 (may be given several times)", gather)
    .option("--seed <number>", "choose flows by this seed, as an earlier run printed it", wholeNumber(0, seedMax))
    .option("--jobs <number>", "labs at once", wholeNumber(1, 64))
    .addOption(new Option("--backend <backend>", "what makes the labs").choices(backendNames).default("netns"))
    .addOption(imageOption());
  return addReportOptions(addStrictnessOptions(addBaselineOption(addShardOption(addCapsuleOptions(command)))))
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      `
Exit codes: 0 every law holds, 1 one does not, 2 wrong input, 3 this host cannot, 4 nothing to judge, 5 some verdict unknown.

Examples:
  farmlab run
  farmlab run topologies/exit-node.farm.yml --law EX-8 --law EX-10
  farmlab run topologies/exit-node.farm.yml --law EX-10 --seed 42
  farmlab run topologies --reporter junit --output report.xml
  farmlab run topologies/exit-node.farm.yml --format json
  farmlab run --seed 42 --shard 1/2 --reporter blob --output blobs/
  farmlab run --baseline main/result.json --reporter github --reporter junit --reporter json --output results/
`,
    )
    .action(run);
}
