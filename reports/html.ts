/** The result as one page that needs nothing else: no script, no network, nothing beside it. */
import type { FarmResult, LawResult, RunResult } from "./result.ts";
import { endText } from "./github.ts";
import type { Reporter } from "./reporter.ts";
import { exclusionText, searchLines } from "./search-text.ts";
import { changeText, examplesOf, harmless, repeatsText, several, skipText } from "./text.ts";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const text = (value: string): string => harmless(value).replace(/[&<>"']/g, (character) => entities[character] ?? "");

const element = (name: string, content: string, className = ""): string =>
  `<${name}${className === "" ? "" : ` class="${className}"`}>${content}</${name}>`;

const list = (lines: readonly string[]): string =>
  lines.length === 0 ? "" : element("ul", lines.map((line) => element("li", text(line))).join(""));

/** Nothing may be loaded or run, whatever a story holds. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

const style = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2rem 0 0.5rem; }
.note, .amount { opacity: 0.7; }
details { margin: 0.15rem 0; }
summary { cursor: pointer; }
.plain { margin: 0.15rem 0; padding-left: 1.1rem; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
.verdict { display: inline-block; min-width: 5rem; font-weight: 600; }
.passed { color: light-dark(#1a7f37, #4ac26b); }
.failed, .flaky, .worse { color: light-dark(#cf222e, #ff7b72); }
.skipped, .unknown { color: light-dark(#9a6700, #d4a72c); }
`;

function heading(law: LawResult): string {
  const repeats = repeatsText(law);
  const amount = law.verdict === "skipped" ? skipText(law) : `${law.runs} judged${repeats === "" ? "" : `, ${repeats}`}`;
  return `${element("span", law.verdict, `verdict ${law.verdict}`)} ${text(law.property)} ${element("span", text(amount), "amount")}`;
}

function lawPart(result: RunResult, farm: FarmResult, law: LawResult): string {
  const figures = law.figures.map((figure) => {
    const bound = figure.bound === null ? "" : ` (bound ${figure.bound} ${figure.unit})`;
    return `${figure.name}: ${figure.value} ${figure.unit}${bound}`;
  });
  const isBroken = law.verdict !== "passed" && law.verdict !== "skipped";
  const blocks = [...(isBroken && law.why !== null ? [law.why] : []), ...(law.evidence ?? [])];
  const again = examplesOf(result, farm, law).map((example) => example.reproduce);
  if (blocks.length + again.length + figures.length === 0) return element("div", heading(law), "plain");
  const inside = [
    list(figures),
    ...blocks.map((block) => element("pre", text(block))),
    ...(again.length === 0 ? [] : [`<p>Again:</p>${element("pre", text(again.join("\n")))}`]),
  ];
  return `<details${isBroken ? " open" : ""}>${element("summary", heading(law))}${inside.join("")}</details>`;
}

function farmPart(result: RunResult, farm: FarmResult): string {
  const coverage = Object.entries(farm.coverage).map(([what, amount]) => `${amount} ${what}`);
  return [
    element("h2", `${text(farm.farm)} ${element("span", text(`on ${farm.backend}`), "note")}`),
    coverage.length === 0 ? "" : element("p", text(`covered: ${coverage.join(", ")}`), "note"),
    ...farm.laws.map((law) => lawPart(result, farm, law)),
  ].join("\n");
}

function baselinePart({ baseline }: RunResult): string {
  if (baseline === undefined) return "";
  const { worse, better } = baseline;
  if (worse.length + better.length === 0) return element("p", "no worse and no better than before");
  return [
    worse.length === 0
      ? ""
      : `${element("h2", `${several(worse.length, "thing")} worse than before`, "worse")}${list(worse.map(changeText))}`,
    better.length === 0 ? "" : `${element("h2", "better than before")}${list(better.map(changeText))}`,
  ].join("");
}

export const htmlReporter: Reporter = {
  name: "html",
  report(result) {
    const host = Object.entries(result.host.choices).map(([capability, choice]) => `${capability}: ${choice}`);
    const made = [
      `farmlab ${result.farmlab}`,
      ...(result.commit === null ? [] : [`commit ${result.commit}`]),
      ...(result.begun === undefined ? [] : [result.begun]),
    ];
    return `${[
      "<!doctype html>",
      '<html lang="en">',
      `<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">`,
      `<meta name="viewport" content="width=device-width"><title>${text(endText(result))}</title><style>${style}</style></head>`,
      "<body>",
      element("h1", text(endText(result))),
      element("p", text([...made, `${(result.durationMs / 1000).toFixed(1)} s`].join(", ")), "note"),
      list([...searchLines(result), exclusionText(result)]),
      baselinePart(result),
      ...result.results.map((farm) => farmPart(result, farm)),
      element("h2", "host"),
      list(host),
      "</body>",
      "</html>",
    ].join("\n")}\n`;
  },
};
