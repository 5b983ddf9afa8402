/** `farmlab run`: brings farms up, drives them with packets and judges them by the laws. What it takes and gives, part by part, is in `bin/run`. */
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { Command, Option } from "commander";
import { backendNames } from "../../emulator/backend.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { lawIds, meaningOf, runFarms, selectProperties } from "../../property-tests/run/index.ts";
import type { FarmToRun, RunEvent, RunOptions } from "../../property-tests/run/index.ts";
import { partOf } from "../../reports/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCanRun } from "../host-problem.ts";
import { imageOption, imageProblem } from "../image-option.ts";
import { untilInterrupted } from "../interrupt.ts";
import { complain, type OutputOptions } from "../output.ts";
import { prepareRuntime } from "../prepare-runtime.ts";
import { addBaselineOption, openBaseline, type BaselineOptions } from "../reports/baseline.ts";
import { addReportOptions, openReports, reportProblems, type ReportOptions } from "../reports/report-output.ts";
import { addCapsuleOptions, withCapsules, type CapsuleOptions } from "../run/capsules.ts";
import { farmEnding, loadFarms } from "../run/load-farms.ts";
import { addScenarioOptions, type ScenarioOptions } from "../run/scenario-options.ts";
import { isSearch, searchFarms } from "../run/search-run.ts";
import { splitSuites, suiteLines } from "../run/suites.ts";
import { gather, wholeNumber } from "../run/option-values.ts";
import { clearProgress, progress } from "../run/progress.ts";
import { rememberVerdicts } from "../run/remember-verdicts.ts";
import { addShardOption, shardProblems, type ShardOptions } from "../run/shard.ts";
import { addStrictnessOptions, sayWhatIsMissing, type StrictnessOptions } from "../run/strictness.ts";
import { version } from "../version.ts";

interface Options extends CapsuleOptions, ScenarioOptions, ShardOptions, ReportOptions, StrictnessOptions, BaselineOptions, OutputOptions {
  readonly law?: readonly string[];
  readonly seed?: number;
  readonly jobs?: number;
  readonly backend: BackendName;
  readonly image?: "host";
}

const seedMax = 0x7fff_ffff;
/** What failed is judged so often again, in fresh labs: a failure that does not come back is flaky. */
const failureRepeats = 2;

const whatRuns = (farms: readonly FarmToRun[], suites: readonly string[]): string => {
  const files = farms.length === 1 ? [basename(farms[0]?.file ?? "")] : farms.length === 0 ? [] : [`${farms.length} farms`];
  return [...files, ...suites].join(", ");
};

async function run(given: string[], options: Options): Promise<void> {
  const { suites, paths } = splitSuites(given);
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
  const all = suites.length > 0 && paths.length === 0 ? [] : await loadFarms(paths);
  if (!chosen.ok || !required.ok || wrong.length > 0 || all === undefined) return;
  const compared = await openBaseline(options, { laws: chosen.value, paths });
  if (compared === undefined) return;

  // Of a search each part has its scenarios of every farm; else it has its farms.
  const searches = isSearch({ farms: all, suites }, options);
  const farms = searches ? all : partOf(all, options.shard);
  const properties = selectProperties(chosen.value);
  if (properties.length === 0 || farms.length + suites.length === 0) {
    const [message, hint] =
      farms.length + suites.length === 0
        ? all.length > 0
          ? [`there are only ${all.length} farms, and none is left for this shard`, "use no more shards than farms, or search with --runs"]
          : [`there is no ${farmEnding} file in ${paths.join(", ")}`, "farmlab init writes one to start from"]
        : [`no property of a farm checks ${chosen.value.join(", ")}`, "farmlab laws shows what checks each law"];
    complain({ severity: "error", code: "nothing-selected", message, hint }, exitCodes.nothingSelected);
    return;
  }

  if (!(await hostCanRun(options.backend))) return;

  const seed = options.seed ?? randomInt(seedMax);
  // Labs of a search wait more than they compute: one more than there are processors keeps them busy.
  const jobs = options.jobs ?? (searches ? availableParallelism() + 1 : Math.min(farms.length, availableParallelism()));
  const silent = options.quiet === true || options.format === "json";
  const showProgress = progress(silent);
  if (options.quiet !== true) process.stderr.write(`seed ${seed}, ${whatRuns(farms, suites)}\n`);
  await untilInterrupted(async (signal) => {
    const image = options.image ?? "built";
    await prepareRuntime(signal, options.quiet === true, image);
    const reports = openReports(options, options.shard === undefined ? {} : { shard: options.shard });
    reports.happened({ kind: "run-started", seed, farmlab: version, farms: [...farms.map(({ farm }) => farm.name), ...suites] });
    const runOptions: RunOptions = {
      ...{ properties, seed, backend: options.backend, image, jobs, signal, version, evidence: true },
      repeats: failureRepeats,
      onEvent(event: RunEvent) {
        showProgress(event);
        reports.happened(event);
      },
    };
    const keeping = { properties, backend: options.backend, image, signal, quiet: silent } as const;
    const capsules = { ...keeping, jobs: options.jobs ?? availableParallelism() };
    const say = (line: string): void => void (silent || process.stderr.write(`${line}\n`));
    const kept = searches
      ? await searchFarms({ farms, suites }, { ...runOptions, say }, options, capsules)
      : await withCapsules(await runFarms(farms, runOptions), { ...capsules, farms }, options);
    clearProgress(silent);
    rememberVerdicts(kept);
    const result = compared(kept);
    reports.finish(result);
    sayWhatIsMissing(result, required.value, options);
    process.exitCode = exitCodes[meaningOf(result, { require: required.value, noSkips: !options.skips })];
  });
}

export function runCommand(): Command {
  const command = new Command("run")
    .argument("[paths...]", `farm files, or folders of them (without any, every farm in topologies/); or a suite. ${suiteLines.join("; ")}`)
    .option("--law <law>", "judge this law only, e.g. EX-8 (may be given several times)", gather)
    .option("--seed <number>", "choose flows by this seed, as an earlier run printed it", wholeNumber(0, seedMax))
    .option("--jobs <number>", "labs at once", wholeNumber(1, 64))
    .addOption(new Option("--backend <backend>", "what makes the labs").choices(backendNames).default("netns"))
    .addOption(imageOption());
  return addReportOptions(addStrictnessOptions(addBaselineOption(addShardOption(addCapsuleOptions(addScenarioOptions(command))))))
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
  farmlab run topologies/exit-node.farm.yml --runs 50 --seed 42 --shard 1/2
  farmlab run generated --budget 10m
  farmlab run --baseline main/result.json --reporter github --reporter junit --reporter json --output results/
`,
    )
    .action(run);
}
