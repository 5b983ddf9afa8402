/** `farmlab report`: shows results of runs, and joins those of their shards. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { lawIds, meaningOf } from "../../property-tests/run/index.ts";
import { htmlReporter, mergeBlobs } from "../../reports/index.ts";
import type { NamedBlob, RunResult } from "../../reports/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { complain, printProblem, type OutputOptions } from "../output.ts";
import { addBaselineOption, openBaseline, type BaselineOptions } from "../reports/baseline.ts";
import { openPage } from "../reports/open-page.ts";
import { readBlob, readResult } from "../reports/read-report.ts";
import { addReportOptions, openReports, reportProblems, type ReportOptions } from "../reports/report-output.ts";
import { addStrictnessOptions, sayWhatIsMissing, type StrictnessOptions } from "../run/strictness.ts";

interface Options extends ReportOptions, StrictnessOptions, BaselineOptions, OutputOptions {}

/** What a result gives as output and exit code, or undefined after complaining of the options. */
async function readyFor(options: Options): Promise<((result: RunResult) => void) | undefined> {
  const required = lawIds(options.require ?? []);
  const wrong = [...required.problems, ...reportProblems(options)];
  for (const problem of wrong) complain(problem, exitCodes.wrongInput);
  const compared = await openBaseline(options, { laws: [], paths: [] });
  if (!required.ok || wrong.length > 0 || compared === undefined) return undefined;
  return (result) => {
    const judged = compared(result);
    openReports(options).finish(judged);
    sayWhatIsMissing(judged, required.value, options);
    process.exitCode = exitCodes[meaningOf(judged, { require: required.value, noSkips: !options.skips })];
  };
}

async function show(file: string, options: Options): Promise<void> {
  const give = await readyFor(options);
  const result = await readResult(file);
  for (const problem of result.problems) complain(problem, exitCodes.wrongInput);
  if (result.ok) give?.(result.value);
}

async function merge(files: readonly string[], options: Options): Promise<void> {
  const give = await readyFor(options);
  const blobs: NamedBlob[] = [];
  for (const file of files) {
    const blob = await readBlob(file);
    for (const problem of blob.problems) complain(problem, exitCodes.wrongInput);
    if (blob.ok) blobs.push({ file, blob: blob.value });
  }
  if (blobs.length < files.length || give === undefined) return;
  const merged = mergeBlobs(blobs);
  for (const problem of merged.problems) complain(problem, exitCodes.wrongInput);
  if (!merged.ok) return;
  const { result, missing } = merged.value;
  give(result);
  if (missing.length === 0) return;
  const hint = "a part of the run is not known to hold; run the missing shards, and merge all blobs";
  printProblem({ severity: "error", code: "missing-shards", message: `no blob of shard ${missing.join(", ")} was given`, hint });
  if (process.exitCode === exitCodes.holds) process.exitCode = exitCodes.unknown;
}

/** The page in a folder of its own, which nobody else can have prepared; the path is printed whether or not a browser shows it. */
async function open(file: string, { quiet }: OutputOptions): Promise<void> {
  const result = await readResult(file);
  for (const problem of result.problems) complain(problem, exitCodes.wrongInput);
  if (!result.ok) return;
  const page = join(mkdtempSync(join(tmpdir(), "farmlab-report-")), "report.html");
  writeFileSync(page, htmlReporter.report(result.value));
  process.stdout.write(`${page}\n`);
  if (!(await openPage(page)) && quiet !== true) process.stderr.write("there is no browser here; the page is in that file\n");
}

const exitCodesText = "Exit codes are those of farmlab run, by the verdicts in the result; 2 for a file that is none.";

export function reportCommand(): Command {
  const withOptions = (command: Command): Command => addReportOptions(addStrictnessOptions(addBaselineOption(command)));
  const showing = withOptions(
    new Command("show").description("print a result, as run would").argument("<result>", "what run --reporter json wrote"),
  )
    .addHelpText(
      "after",
      `\n${exitCodesText}\n\nExamples:\n  farmlab report show result.json\n  farmlab report show result.json --reporter junit --output junit.xml\n`,
    )
    .action(show);
  const merging = withOptions(
    new Command("merge")
      .description("join what the shards of a run wrote into one result")
      .argument("<blobs...>", "what run --shard --reporter blob wrote"),
  )
    .addHelpText(
      "after",
      `\n${exitCodesText} 5 where a shard is missing and nothing failed.\n\nExamples:\n  farmlab report merge blobs/*.json\n  farmlab report merge blobs/*.json --reporter github --reporter json --output merged/ --baseline main/result.json\n`,
    )
    .action(merge);
  const opening = new Command("open")
    .description("show a result as a page in the browser, or say where the page is")
    .argument("<result>", "what run --reporter json wrote")
    .addHelpText("after", "\nExample:\n  farmlab report open result.json\n")
    .action(open);
  return new Command("report")
    .addCommand(showing)
    .addCommand(merging)
    .addCommand(opening)
    .addHelpText(
      "after",
      "\nExamples:\n  farmlab report show result.json\n  farmlab report merge blobs/*.json\n  farmlab report open result.json\n",
    );
}
