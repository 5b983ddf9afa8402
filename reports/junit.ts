/**
 * JUnit XML for CI systems, in Playwright's dialect: one testsuite per farm, one testcase per property, one system-out each, attachments
 * as `[[ATTACHMENT|path]]`, and Surefire's element for a test that was run again. What failed is a failure, what could not be looked at
 * an error. A flaky property is a failure too, where Playwright lets it pass as `flakyFailure`: the run fails by it, and a report that
 * says less than the exit code would hide it.
 */
import type { FarmResult, LawResult, RunResult } from "./result.ts";
import type { Reporter } from "./reporter.ts";
import { exclusionText } from "./search-text.ts";
import { changeText, count, examplesOf, harmless, lawsOf, repeatsText, skipText } from "./text.ts";

export interface JunitOptions {
  /** A capsule's path as seen from the report. */
  attachmentPath(path: string): string;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;" };

/** XML 1.0 (section 2.2) has no control characters but three, no halves of surrogate pairs, and two code points less. */
const legal = (text: string): string =>
  harmless(text).replace(/[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "");

const content = (text: string): string => legal(text).replace(/[&<>]/g, (character) => entities[character] ?? "");

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${legal(String(value)).replace(/[&<>"\n\t]/g, (character) => entities[character] ?? "")}"`)
    .join("");

const firstLine = (text: string): string => text.split("\n")[0] ?? "";

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);

/** Of a property that was judged again, one more element for each further time it broke. */
function rerunsOf({ verdict, repeats, why }: LawResult): string[] {
  if (repeats === undefined || (verdict !== "failed" && verdict !== "flaky")) return [];
  const element = `<rerunFailure${attributes({ type: verdict, message: firstLine(why ?? "") })}/>`;
  return Array.from({ length: Math.max(0, repeats.broken - 1) }, () => element);
}

function outcomeOf(law: LawResult): string[] {
  const why = law.why ?? "no reason given";
  const told = (element: string, type: string): string =>
    `<${element}${attributes({ type, message: firstLine(why) })}>${content(why)}</${element}>`;
  switch (law.verdict) {
    case "passed":
      return [];
    case "failed":
    case "flaky":
      return [told("failure", law.verdict), ...rerunsOf(law)];
    case "skipped":
      return [`<skipped${attributes({ message: skipText(law) })}/>`];
    case "unknown":
      return [told("error", "unknown")];
  }
}

/** One element: what parsers in the wild make of several differs. */
function outputOf(result: RunResult, farm: FarmResult, law: LawResult, options: JunitOptions): string[] {
  const lines = [
    ...(law.verdict === "failed" || law.verdict === "flaky" ? [repeatsText(law)] : []),
    ...law.figures.map((figure) => `${figure.name}: ${figure.value} ${figure.unit}`),
    ...(law.evidence ?? []),
    ...examplesOf(result, farm, law).flatMap(({ reproduce, capsule }) => [
      `again: ${reproduce}`,
      ...(capsule === null ? [] : [`[[ATTACHMENT|${options.attachmentPath(capsule)}]]`]),
    ]),
  ].filter((line) => line !== "");
  return lines.length === 0 ? [] : [`<system-out>${content(lines.join("\n"))}</system-out>`];
}

function testcase(result: RunResult, farm: FarmResult, law: LawResult, options: JunitOptions): string {
  const time = law.durationMs === undefined ? {} : { time: seconds(law.durationMs) };
  const opening = `    <testcase${attributes({ classname: `${farm.farm}.${law.law}`, name: law.property, assertions: law.runs, ...time })}`;
  const elements = [...outcomeOf(law), ...outputOf(result, farm, law, options)];
  return elements.length === 0
    ? `${opening}/>`
    : [`${opening}>`, ...elements.map((element) => `      ${element}`), "    </testcase>"].join("\n");
}

const totals = (laws: readonly LawResult[]): Record<string, number> => ({
  tests: laws.length,
  failures: count(laws, "failed", "flaky"),
  errors: count(laws, "unknown"),
  skipped: count(laws, "skipped"),
});

function testsuite(result: RunResult, farm: FarmResult, options: JunitOptions): string {
  const property = (name: string, value: string | number): string => `      <property${attributes({ name, value })}/>`;
  const begun = result.begun === undefined ? {} : { timestamp: result.begun };
  return [
    `  <testsuite${attributes({ name: farm.farm, ...begun, ...totals(farm.laws) })}>`,
    "    <properties>",
    property("seed", result.seed),
    property("farmlab", result.farmlab),
    ...(result.commit === null ? [] : [property("commit", result.commit)]),
    property("backend", farm.backend),
    ...Object.entries(farm.coverage).map(([what, amount]) => property(`covered: ${what}`, amount)),
    ...Object.entries(result.search?.covered ?? {}).map(([kind, covered]) => property(`covered: ${kind}`, covered.count)),
    property("excludes", exclusionText(result)),
    "    </properties>",
    ...farm.laws.map((law) => testcase(result, farm, law, options)),
    "  </testsuite>",
  ].join("\n");
}

/** What got worse has no property of its own: each is a testcase that failed. */
function baselineSuite({ baseline }: RunResult): string[] {
  if (baseline === undefined) return [];
  const { worse, better } = baseline;
  const cases = worse.map((change) => {
    const opening = `    <testcase${attributes({ classname: "baseline", name: change.what })}>`;
    return `${opening}\n      <failure${attributes({ type: "worse", message: changeText(change) })}/>\n    </testcase>`;
  });
  const output =
    better.length === 0
      ? []
      : [`    <system-out>${content(better.map((change) => `better: ${changeText(change)}`).join("\n"))}</system-out>`];
  const totalsOfIt = { tests: worse.length, failures: worse.length, errors: 0, skipped: 0 };
  return [`  <testsuite${attributes({ name: "baseline", ...totalsOfIt })}>`, ...cases, ...output, "  </testsuite>"];
}

function totalsOf(result: RunResult): Record<string, number> {
  const { tests = 0, failures = 0, ...others } = totals(lawsOf(result));
  const worse = result.baseline?.worse.length ?? 0;
  return { tests: tests + worse, failures: failures + worse, ...others };
}

export function junitReporter(options: JunitOptions): Reporter {
  return {
    name: "junit",
    report: (result) =>
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        `<testsuites${attributes({ name: "farmlab", ...totalsOf(result), time: seconds(result.durationMs) })}>`,
        ...result.results.map((farm) => testsuite(result, farm, options)),
        ...baselineSuite(result),
        "</testsuites>",
        "",
      ].join("\n"),
  };
}
