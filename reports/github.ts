/** Annotations for GitHub's workflows: what broke, at the farm file that it broke on, and how the run ended. */
import type { FarmResult, LawResult, RunResult } from "./result.ts";
import type { Reporter } from "./reporter.ts";
import { exclusionText, searchLines } from "./search-text.ts";
import { changeText, count, examplesOf, harmless, lawsOf, repeatsText, several, verdicts } from "./text.ts";

export interface GithubOptions {
  /** A farm file's path from the root of the repository; undefined where it lies outside. */
  repositoryPath(path: string): string | undefined;
}

/** GitHub shows no more of a kind from one step; the job summary has all. */
const annotationsMax = 10;
const messageCharactersMax = 4000;

/** As actions/toolkit does (packages/core/src/command.ts): a line feed would end the command. */
const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

export function annotation(
  kind: "error" | "warning" | "notice",
  properties: Readonly<Record<string, string | number | undefined>>,
  message: string,
): string {
  const named = Object.entries(properties)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${property(harmless(String(value)))}`]))
    .join(",");
  const text = harmless(message);
  const short = text.length > messageCharactersMax ? `${text.slice(0, messageCharactersMax)}…` : text;
  return `::${kind}${named === "" ? "" : ` ${named}`}::${data(short)}`;
}

function broken(result: RunResult, farm: FarmResult, law: LawResult, options: GithubOptions): string {
  const file = farm.file === undefined ? undefined : options.repositoryPath(farm.file);
  const lines = [
    // Its first line names the guilty layer.
    law.evidence?.[0]?.split("\n")[0] ?? "",
    law.why ?? "no reason given",
    ...(law.verdict === "unknown" ? [] : [repeatsText(law)]),
    ...examplesOf(result, farm, law).map(({ reproduce }) => `again: ${reproduce}`),
  ];
  const title = `${law.verdict} on ${farm.farm}: ${law.property}`;
  return annotation("error", { file, line: file === undefined ? undefined : 1, title }, lines.filter((line) => line !== "").join("\n"));
}

/** How it ended, in one line. */
export function endText(result: RunResult): string {
  const laws = lawsOf(result);
  const parts = verdicts.flatMap((verdict) => (count(laws, verdict) === 0 ? [] : [`${count(laws, verdict)} ${verdict}`]));
  return `${several(result.results.length, "farm")}, ${several(laws.length, "property", "properties")}: ${parts.join(", ") || "nothing judged"} (seed ${result.seed})`;
}

export function githubReporter(options: GithubOptions): Reporter {
  return {
    name: "github",
    report(result) {
      const errors = [
        ...result.results.flatMap((farm) =>
          farm.laws.filter((law) => ["failed", "flaky", "unknown"].includes(law.verdict)).map((law) => broken(result, farm, law, options)),
        ),
        ...(result.baseline?.worse ?? []).map((change) => annotation("error", { title: "worse than before" }, changeText(change))),
      ];
      const left = errors.length - annotationsMax + 1;
      const shown =
        errors.length <= annotationsMax
          ? errors
          : [
              ...errors.slice(0, annotationsMax - 1),
              annotation("error", { title: "farmlab" }, `and ${left} more; the report has them all`),
            ];
      const lacking = lawsOf(result).filter((law) => law.verdict === "skipped" && law.needs.length > 0);
      const needs = [...new Set(lacking.flatMap((law) => law.needs))].join(", ");
      const skipped =
        lacking.length === 0
          ? []
          : [annotation("warning", { title: "farmlab" }, `${several(lacking.length, "property", "properties")} skipped: needs ${needs}`)];
      const end = annotation("notice", { title: "farmlab" }, [endText(result), ...searchLines(result), exclusionText(result)].join("\n"));
      return `${[...shown, ...skipped, end].join("\n")}\n`;
    },
  };
}
