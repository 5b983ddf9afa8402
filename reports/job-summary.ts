/** The result as Markdown, for the page of a job on GitHub (`$GITHUB_STEP_SUMMARY`). */
import type { FarmResult, LawResult, RunResult } from "./result.ts";
import { endText } from "./github.ts";
import { exclusionText, searchLines } from "./search-text.ts";
import { baselineLines, count, examplesOf, harmless, repeatsText, skipText } from "./text.ts";

/** GitHub refuses more than 1 MiB of a step; other steps may add theirs. */
const charactersMax = 200_000;

/** Text within a line or a cell: nothing of it is taken for Markdown or HTML. */
const plain = (text: string): string =>
  harmless(text)
    .replace(/[\\`*_[\]#|~]/g, (character) => `\\${character}`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/\s+/g, " ");

/** A block that no text within it can end. */
function block(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${harmless(text)}\n${fence}`;
}

function row(farm: FarmResult): string {
  const cells = [
    farm.farm,
    farm.backend,
    ...(["passed", "failed", "flaky", "skipped", "unknown"] as const).map((verdict) => count(farm.laws, verdict)),
  ];
  return `| ${cells.map((cell) => plain(String(cell))).join(" | ")} |`;
}

function story(result: RunResult, farm: FarmResult, law: LawResult): string {
  const again = examplesOf(result, farm, law).flatMap(({ reproduce, capsule }) => [
    reproduce,
    ...(capsule === null ? [] : [`farmlab replay ${capsule}`]),
  ]);
  const text = [law.why ?? "no reason given", repeatsText(law), ...(law.evidence ?? [])].filter((part) => part !== "").join("\n");
  return [
    `### ${law.verdict}: ${plain(law.property)}, on ${plain(farm.farm)}`,
    "",
    block(text),
    ...(again.length === 0 ? [] : ["", "Again:", "", block([...new Set(again)].join("\n"))]),
  ].join("\n");
}

/** Ends with a line feed. */
export function jobSummary(result: RunResult): string {
  const head = [
    "## farmlab",
    "",
    plain(endText(result)),
    "",
    ...[...searchLines(result), exclusionText(result), ...baselineLines(result)].map((line) => `- ${plain(line)}`),
    "",
    "| farm | backend | passed | failed | flaky | skipped | unknown |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ...result.results.map(row),
  ].join("\n");
  const broken = result.results.flatMap((farm) =>
    farm.laws.filter((law) => law.verdict !== "passed" && law.verdict !== "skipped").map((law) => story(result, farm, law)),
  );
  const skipped = result.results.flatMap((farm) =>
    farm.laws
      .filter((law) => law.verdict === "skipped" && law.needs.length > 0)
      .map((law) => `- ${plain(law.property)}, on ${plain(farm.farm)}: ${plain(skipText(law))}`),
  );
  const parts = [head, ...broken, ...(skipped.length === 0 ? [] : [["### skipped", "", ...skipped].join("\n")])];
  let length = 0;
  const fitting = parts.filter((part) => (length += part.length) <= charactersMax);
  const left = parts.length - fitting.length;
  return `${[...fitting, ...(left === 0 ? [] : [`${left} more; the report has them all`])].join("\n\n")}\n`;
}
