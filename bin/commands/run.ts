/** `farmlab run`: brings farms up, drives them with packets and judges them by the laws. */
import { closeSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { basename, join, relative } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Problem } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { backendNames } from "../../emulator/backend.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { cacheDirectory } from "../../emulator/image/index.ts";
import { consoleReporter, jsonReporter, junitReporter } from "../../reports/index.ts";
import type { Reporter, RunResult } from "../../reports/index.ts";
import { keepVerdicts, lawIds, meaningOf, runFarms, selectProperties, sourcesHash } from "../../property-tests/run/index.ts";
import type { FarmToRun, OnEvent } from "../../property-tests/run/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCanRun } from "../host-problem.ts";
import { imageOption, imageProblem } from "../image-option.ts";
import { onInterrupt } from "../interrupt.ts";
import { complain, hasColour, printProblem } from "../output.ts";
import { prepareRuntime } from "../prepare-runtime.ts";
import { readFarmText } from "../read-farm.ts";
import { version } from "../version.ts";

const reporterNames = ["console", "json", "junit"] as const;
type ReporterName = (typeof reporterNames)[number];

interface Options {
  readonly law?: readonly string[];
  readonly require?: readonly string[];
  readonly seed?: number;
  readonly jobs?: number;
  readonly backend: BackendName;
  readonly image?: "host";
  readonly skips: boolean;
  readonly reporter?: readonly ReporterName[];
  readonly format: "text" | "json";
  readonly quiet?: boolean;
  readonly output?: string;
}

const topologies = join(import.meta.dirname, "../../topologies");
const farmEnding = ".farm.yml";
const seedMax = 0x7fff_ffff;

const gather = (value: string, before: readonly string[] = []): string[] => [...before, value];

function gatherReporter(value: string, before: readonly ReporterName[] = []): ReporterName[] {
  const name = reporterNames.find((known) => known === value);
  if (name === undefined) throw new InvalidArgumentError(`It must be one of ${reporterNames.join(", ")}`);
  return [...new Set([...before, name])];
}

function wholeNumber(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^[0-9]+$/.test(text) || number < least || number > greatest)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${greatest}`);
    return number;
  };
}

/** The farm files that the arguments name: files themselves, of folders every farm file in them. What is no folder is left to the reader. */
function farmFiles(paths: readonly string[]): readonly string[] {
  const chosen = paths.length === 0 ? [relative(process.cwd(), topologies) || "."] : paths;
  const files = chosen.flatMap((path) => {
    try {
      return readdirSync(path)
        .filter((name) => name.endsWith(farmEnding))
        .toSorted()
        .map((name) => join(path, name));
    } catch {
      return [path];
    }
  });
  return [...new Set(files)];
}

/** All farms, or undefined after complaining of every file that is wrong: then nothing is started. */
async function loadFarms(paths: readonly string[]): Promise<FarmToRun[] | undefined> {
  let wrong = false;
  const farms: FarmToRun[] = [];
  for (const file of farmFiles(paths)) {
    const text = await readFarmText(file);
    const loaded = text.ok ? loadFarm(text.value, file) : text;
    for (const problem of loaded.problems) complain(problem, loaded.ok ? exitCodes.holds : exitCodes.wrongInput);
    const intents = loaded.ok ? intentsOf(loaded.value.farm) : undefined;
    for (const problem of intents?.problems ?? []) if (problem.severity === "error") complain(problem, exitCodes.wrongInput);
    if (text.ok && loaded.ok && intents?.ok === true)
      farms.push({ file, text: text.value, farm: loaded.value.farm, intents: intents.value });
    else wrong = true;
  }
  return wrong ? undefined : farms;
}

/** To standard error: one line that changes on a terminal, else a line per farm's step and per broken law. */
function progress(quiet: boolean): OnEvent {
  if (quiet) return () => undefined;
  if (process.stderr.isTTY) return terminalProgress();
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  return (event) => {
    if (event.kind === "farm-started") say(`${event.farm}: coming up, ${event.properties} properties to judge`);
    if (event.kind === "farm-ready") say(`${event.farm}: every agent ready after ${(event.readyMs / 1000).toFixed(2)} s`);
    if (event.kind === "law-judged" && event.result.verdict !== "passed")
      say(`${event.farm}: ${event.result.verdict}: ${event.result.property}`);
    if (event.kind === "farm-ended") say(`${event.farm}: done after ${(event.durationMs / 1000).toFixed(1)} s`);
  };
}

function terminalProgress(): OnEvent {
  const total = new Map<string, number>();
  const done = new Map<string, number>();
  return (event) => {
    if (event.kind === "farm-started") total.set(event.farm, event.properties);
    if (event.kind === "law-judged") done.set(event.farm, (done.get(event.farm) ?? 0) + 1);
    if (event.kind === "farm-ended") total.delete(event.farm);
    const step = event.kind === "farm-step" ? ` ${event.step}` : "";
    const farms = [...total].map(([farm, count]) => `${farm} ${done.get(farm) ?? 0}/${count}`).join(", ");
    process.stderr.write(`\r\u001b[K${`${farms}${step}`.slice(0, (process.stderr.columns || 80) - 1)}`);
  };
}

function reporters(options: Options): Reporter[] {
  const names = options.format === "json" ? ["json"] : (options.reporter ?? ["console"]);
  const colour = hasColour(process.stdout) && options.output === undefined;
  return names.map((name) => (name === "json" ? jsonReporter : name === "junit" ? junitReporter : consoleReporter({ colour })));
}

/** What is wrong with the choice of reporters: only one can have standard output, or the file, to itself. */
function reporterProblem(options: Options): Problem | undefined {
  const machine = reporters(options).filter((reporter) => reporter.name !== "console");
  if (machine.length < 2) return undefined;
  const names = machine.map((reporter) => reporter.name).join(" and ");
  return {
    severity: "error",
    code: "two-reporters",
    message: `${names} cannot both be the output`,
    hint: "run with one of them; console may be added",
  };
}

/** A report that cannot be written is found before the labs are brought up, not after. */
function outputProblem({ output }: Options): Problem | undefined {
  if (output === undefined) return undefined;
  try {
    closeSync(openSync(output, "a"));
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return {
      severity: "error",
      code: "cannot-write",
      message: `cannot write ${output}: ${code}`,
      hint: "give a file in a folder that exists",
    };
  }
}

/** The report for machines goes alone to standard output, or into the file; the one for people beside it to standard error. */
function print(result: RunResult, options: Options): void {
  const chosen = reporters(options);
  const main = chosen.find((reporter) => reporter.name !== "console") ?? chosen[0];
  for (const reporter of chosen) {
    const text = reporter.report(result);
    if (reporter !== main) process.stderr.write(text);
    else if (options.output === undefined) process.stdout.write(text);
    else writeFileSync(options.output, text);
  }
}

/** Last verdicts are a convenience: without a cache the run counts all the same. */
function rememberVerdicts(result: RunResult): void {
  try {
    keepVerdicts(cacheDirectory(), sourcesHash(), result);
  } catch (error) {
    process.stderr.write(`the verdicts are not kept for \`farmlab laws\`: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** Why a run fails whose every verdict reads well: a law that was required and not judged, or skips that were not allowed. */
function sayWhatIsMissing(result: RunResult, require: readonly string[], options: Options): void {
  const judged = result.results.flatMap((farm) => farm.laws);
  const say = (code: string, message: string, hint: string): void => printProblem({ severity: "error", code, message, hint });
  for (const law of new Set(require)) {
    if (judged.some((one) => one.law === law && one.verdict !== "skipped")) continue;
    say("required-law", `${law} is required and was not judged`, "leave --law out, or name a farm that it can be judged on");
  }
  const skipped = judged.filter((one) => one.verdict === "skipped" && one.needs.length > 0).map((one) => one.property);
  if (judged.length > 0 && skipped.length === judged.length) {
    const needs = [...new Set(judged.flatMap((one) => one.needs))].join(", ");
    say(
      "all-skipped",
      `nothing can be judged on this host: everything needs ${needs}`,
      "farmlab doctor shows how to get what this host lacks",
    );
  }
  if (!options.skips && skipped.length > 0)
    say("skipped", `with --no-skips nothing may be skipped: ${skipped.join(", ")}`, "farmlab doctor shows how to get what this host lacks");
}

async function run(paths: string[], options: Options): Promise<void> {
  const chosen = lawIds(options.law ?? []);
  const required = lawIds(options.require ?? []);
  const wrong = [
    ...chosen.problems,
    ...required.problems,
    ...[reporterProblem(options), outputProblem(options), imageProblem(options.image, options.backend)].flatMap((problem) => problem ?? []),
  ];
  for (const problem of wrong) complain(problem, exitCodes.wrongInput);
  const farms = await loadFarms(paths);
  if (!chosen.ok || !required.ok || wrong.length > 0 || farms === undefined) return;

  const properties = selectProperties(chosen.value);
  if (properties.length === 0 || farms.length === 0) {
    const [message, hint] =
      farms.length === 0
        ? [`there is no ${farmEnding} file in ${paths.join(", ")}`, "farmlab init writes one to start from"]
        : [`no property of a farm checks ${chosen.value.join(", ")}`, "farmlab laws shows what checks each law"];
    complain({ severity: "error", code: "nothing-selected", message, hint }, exitCodes.nothingSelected);
    return;
  }

  if (!(await hostCanRun(options.backend))) return;

  const seed = options.seed ?? randomInt(seedMax);
  const jobs = options.jobs ?? Math.min(farms.length, availableParallelism());
  const silent = options.quiet === true || options.format === "json";
  const onEvent = progress(silent);
  if (options.quiet !== true)
    process.stderr.write(`seed ${seed}, ${farms.length === 1 ? basename(farms[0]?.file ?? "") : `${farms.length} farms`}\n`);
  const interrupt = onInterrupt();
  try {
    const image = options.image ?? "built";
    await prepareRuntime(interrupt.signal, options.quiet === true, image);
    const result = await runFarms(farms, {
      properties,
      seed,
      backend: options.backend,
      image,
      jobs,
      signal: interrupt.signal,
      onEvent,
      version,
    });
    if (process.stderr.isTTY && !silent) process.stderr.write("\r\u001b[K");
    rememberVerdicts(result);
    print(result, options);
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
  return new Command("run")
    .argument("[paths...]", "farm files, or folders of them; without any, every farm in topologies/")
    .option("--law <law>", "judge this law only, e.g. EX-8 (may be given several times)", gather)
    .option("--seed <number>", "choose flows by this seed, as an earlier run printed it", wholeNumber(0, seedMax))
    .option("--jobs <number>", "labs at once", wholeNumber(1, 64))
    .addOption(new Option("--backend <backend>", "what makes the labs").choices(backendNames).default("netns"))
    .addOption(imageOption())
    .option("--require <law>", "fail unless this law was judged and holds (may be given several times)", gather)
    .option("--no-skips", "fail when anything was skipped for want of something on this host")
    .option("--reporter <reporter>", "console (default), json or junit (may be given several times)", gatherReporter)
    .addOption(new Option("--format <format>", "output; json is the same as --reporter json").choices(["text", "json"]).default("text"))
    .option("--output <file>", "write the report there instead of to standard output")
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
`,
    )
    .action(run);
}
