/** The result for people: farm by farm, law by law, and the story of every packet that broke a law. */
import type { FarmResult, LawResult, RunResult, Verdict } from "./result.ts";
import type { Reporter } from "./reporter.ts";
import { exclusionText, searchLines } from "./search-text.ts";
import { baselineLines, count, lawsOf, repeatsText, several, skipText, verdicts } from "./text.ts";

export interface ConsoleOptions {
  readonly colour: boolean;
}

type Colour = "green" | "red" | "yellow" | "dim" | "bold";
type Paint = (colour: Colour, text: string) => string;
const codes: Readonly<Record<Colour, string>> = { green: "32", red: "31", yellow: "33", dim: "2", bold: "1" };

const painter =
  (colour: boolean): Paint =>
  (name, text) =>
    colour ? `\u001b[${codes[name]}m${text}\u001b[0m` : text;

const marks: Readonly<Record<Verdict, { readonly mark: string; readonly colour: Colour }>> = {
  passed: { mark: "✓", colour: "green" },
  failed: { mark: "✗", colour: "red" },
  flaky: { mark: "≈", colour: "red" },
  skipped: { mark: "-", colour: "yellow" },
  unknown: { mark: "?", colour: "yellow" },
};

/** Words from the system under test may hold control characters: none reaches the terminal but line feeds. */
// oxlint-disable-next-line no-control-regex
const printable = (text: string): string => text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "·");

const indented = (text: string): string[] =>
  printable(text)
    .split("\n")
    .map((line) => `      ${line}`);

function amountOf(law: LawResult): string {
  if (law.verdict === "skipped") return `skipped: ${printable(skipText(law))}`;
  const repeats = repeatsText(law);
  const amount = repeats === "" ? `${law.runs} judged` : `${law.runs} judged, ${repeats}`;
  return law.verdict === "unknown" ? `unknown, ${amount}` : amount;
}

/** `before` is the law above: a story that it tells already is not told again, as where a lab did not come up. */
function lawLines(law: LawResult, before: LawResult | undefined, paint: Paint): string[] {
  const { mark, colour } = marks[law.verdict];
  const heading = `  ${paint(colour, mark)} ${printable(law.property)}  ${paint("dim", amountOf(law))}`;
  const figures = law.figures.map((figure) => {
    const bound = figure.bound === null ? "" : ` (bound ${figure.bound} ${figure.unit})`;
    return `      ${paint("dim", `${figure.name}: ${figure.value} ${figure.unit}${bound}`)}`;
  });
  if (law.verdict === "passed") return [heading, ...figures];
  if (law.verdict === "skipped") return [heading];
  const story = law.why === null || law.why === before?.why ? [] : indented(law.why);
  return [heading, ...story, ...(law.evidence ?? []).flatMap(indented)];
}

function farmLines(farm: FarmResult, paint: Paint): string[] {
  const coverage = Object.entries(farm.coverage)
    .map(([what, amount]) => `${amount} ${what}`)
    .join(", ");
  return [
    `${paint("bold", farm.farm)} ${paint("dim", `on ${farm.backend}`)}`,
    ...farm.laws.flatMap((law, index) => lawLines(law, farm.laws[index - 1], paint)),
    ...(coverage === "" ? [] : [`  ${paint("dim", `covered: ${coverage}`)}`]),
    "",
  ];
}

function summary(result: RunResult, paint: Paint): string[] {
  const laws = lawsOf(result);
  const parts = verdicts.flatMap((verdict) => {
    const amount = count(laws, verdict);
    return amount === 0 ? [] : [paint(marks[verdict].colour, `${amount} ${verdict}`)];
  });
  const judged = parts.length === 0 ? "nothing judged" : parts.join(", ");
  return [
    ...searchLines(result).map((line, index) => (index === 0 ? `${paint("bold", "search")} ${line}` : `  ${line}`)),
    paint("dim", exclusionText(result)),
    `${several(result.results.length, "farm")}, ${several(laws.length, "property", "properties")}: ${judged} in ${(result.durationMs / 1000).toFixed(1)} s (seed ${result.seed})`,
    ...baselineLines(result).map((line) => paint(line.startsWith("worse") ? "red" : "dim", printable(line))),
    ...result.counterexamples.flatMap((example) => [
      `${paint("red", example.law)} again: ${example.reproduce}`,
      ...(example.capsule === null ? [] : [`${" ".repeat(example.law.length)} capsule: ${example.capsule}`]),
    ]),
  ];
}

export function consoleReporter(options: ConsoleOptions): Reporter {
  const paint = painter(options.colour);
  return {
    name: "console",
    report(result) {
      const host = Object.entries(result.host.choices)
        .map(([capability, choice]) => `${capability}: ${choice}`)
        .join(", ");
      const lines = [
        ...(host === "" ? [] : [paint("dim", `host: ${host}`), ""]),
        ...result.results.flatMap((farm) => farmLines(farm, paint)),
        ...summary(result, paint),
      ];
      return `${lines.join("\n")}\n`;
    },
  };
}
