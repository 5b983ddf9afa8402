/** Which reports a run gives, and where they go. */
import { accessSync, appendFileSync, closeSync, constants, mkdirSync, openSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { Option } from "commander";
import type { Command } from "commander";
import type { Problem } from "../../core/common/index.ts";
import {
  blobReporter,
  consoleReporter,
  githubReporter,
  htmlReporter,
  jobSummary,
  jsonReporter,
  junitReporter,
  ndjsonReporter,
} from "../../reports/index.ts";
import type { Happening, Reporter, RunResult, Shard } from "../../reports/index.ts";
import { hasColour } from "../output.ts";
import { gatherOneOf } from "../run/option-values.ts";

/** What each is called in a folder; one without a name has no file: console and github are for the log. */
const fileNames = {
  console: undefined,
  json: () => "result.json",
  ndjson: () => "events.ndjson",
  junit: () => "junit.xml",
  html: () => "report.html",
  github: undefined,
  blob: ({ index, count }: Shard) => `blob-${index}-of-${count}.json`,
} as const;

type ReporterName = keyof typeof fileNames;
const reporterNames = Object.keys(fileNames) as ReporterName[];

export interface ReportOptions {
  readonly reporter?: readonly ReporterName[];
  readonly format: "text" | "json";
  readonly output?: string;
}

/** What the reports are of. */
export interface ReportContext {
  /** Which part of the whole run it is; one that is whole is part 1 of 1. */
  readonly shard?: Shard;
}

export interface Reports {
  /** What happens while the run goes on, for who reads along. */
  happened(happening: Happening): void;
  finish(result: RunResult): void;
}

export function addReportOptions(command: Command): Command {
  return command
    .option(
      "--reporter <reporter>",
      `${reporterNames.join(", ")} (may be given several times; default console)`,
      gatherOneOf(reporterNames),
    )
    .addOption(new Option("--format <format>", "output; json is the same as --reporter json").choices(["text", "json"]).default("text"))
    .option(
      "--output <path>",
      "write the report there instead of to standard output: a file, or a folder (one that exists or ends in /) for several",
    );
}

const namesOf = (options: ReportOptions): readonly ReporterName[] =>
  options.format === "json" ? ["json"] : (options.reporter ?? ["console"]);

function isFolder(path: string): boolean {
  return path.endsWith("/") || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Whatever keeps the reports from being given, found before the labs are brought up. */
export const reportProblems = (options: ReportOptions): Problem[] =>
  [reporterProblem(options), outputProblem(options)].flatMap((problem) => problem ?? []);

/** Only one report for machines can have standard output, or a file, to itself. */
function reporterProblem(options: ReportOptions): Problem | undefined {
  const forFiles = namesOf(options).filter((name) => fileNames[name] !== undefined);
  const inFolder = options.output !== undefined && isFolder(options.output);
  const forStdout = namesOf(options).filter((name) => name === "github" || (options.output === undefined && name !== "console"));
  const [many, hint] =
    forFiles.length > 1 && !inFolder
      ? [forFiles, "give a folder with --output, which ends in /: each gets a file of its own there"]
      : [forStdout, "give a file or folder with --output: github alone keeps standard output then"];
  if (many.length < 2) return undefined;
  return { severity: "error", code: "two-reporters", message: `${many.join(" and ")} cannot all be the output`, hint };
}

function outputProblem({ output }: ReportOptions): Problem | undefined {
  if (output === undefined) return undefined;
  try {
    if (isFolder(output)) {
      mkdirSync(output, { recursive: true });
      accessSync(output, constants.W_OK);
    } else closeSync(openSync(output, "a"));
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

/** Where a report goes; a file's path where it has one. */
interface Place {
  readonly file?: string;
  readonly stream: NodeJS.WriteStream;
}

/**
 * What is for machines goes alone to standard output, or into its file; what is for people beside it goes to standard error.
 */
function placeOf(name: ReporterName, options: ReportOptions, shard: Shard): Place {
  const alone = namesOf(options).every((one) => one === "console");
  if (name === "console" && !alone) return { stream: process.stderr };
  const fileName = fileNames[name]?.(shard);
  const { output } = options;
  if (output === undefined || name === "github") return { stream: process.stdout };
  if (!isFolder(output)) return { file: output, stream: process.stdout };
  return fileName === undefined ? { stream: process.stdout } : { file: join(output, fileName), stream: process.stdout };
}

/** A path as GitHub knows it: from the root of the checkout. */
function repositoryPath(path: string): string | undefined {
  const within = relative(process.env["GITHUB_WORKSPACE"] ?? process.cwd(), resolve(path));
  return within.startsWith("..") ? undefined : within;
}

function reporterNamed(name: ReporterName, { file, stream }: Place, shard: Shard): Reporter {
  switch (name) {
    case "console":
      return consoleReporter({ colour: file === undefined && hasColour(stream) });
    case "json":
      return jsonReporter;
    case "ndjson":
      return ndjsonReporter({ nowMs: () => performance.now() });
    case "junit":
      return junitReporter({ attachmentPath: (path) => relative(file === undefined ? "." : dirname(file), path) });
    case "html":
      return htmlReporter;
    case "github":
      return githubReporter({ repositoryPath });
    case "blob":
      return blobReporter(shard);
  }
}

/** The summary of the job, where GitHub has a page for it; that it cannot be written changes no verdict. */
function writeJobSummary(result: RunResult): void {
  const file = process.env["GITHUB_STEP_SUMMARY"] ?? "";
  if (file === "") return;
  try {
    appendFileSync(file, jobSummary(result));
  } catch (error) {
    process.stderr.write(`the job summary is not written: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** Files of earlier runs are emptied at once, so that what is found there is of this one. */
export function openReports(options: ReportOptions, context: ReportContext = {}): Reports {
  const shard = context.shard ?? { index: 1, count: 1 };
  const all = namesOf(options).map((name) => {
    const place = placeOf(name, options, shard);
    const { file, stream } = place;
    if (file !== undefined) writeFileSync(file, "");
    const write = (text: string): void => (file === undefined ? void stream.write(text) : appendFileSync(file, text));
    return { reporter: reporterNamed(name, place, shard), write };
  });
  return {
    happened(happening) {
      for (const { reporter, write } of all) if (reporter.happened !== undefined) write(reporter.happened(happening));
    },
    finish(result) {
      for (const { reporter, write } of all) write(reporter.report(result));
      if (namesOf(options).includes("github")) writeJobSummary(result);
    },
  };
}
