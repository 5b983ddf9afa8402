/** The result for people: farm by farm, law by law, and the story of every packet that broke a law. */
import type { FarmResult, LawResult, RunResult, Verdict } from "./result.ts";
import type { Reporter } from "./reporter.ts";

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

/** `before` is the law above: a story that it tells already is not told again, as where a lab did not come up. */
function lawLines(law: LawResult, before: LawResult | undefined, paint: Paint): string[] {
  const { mark, colour } = marks[law.verdict];
  const skipped = law.needs.length > 0 ? `skipped: needs ${law.needs.join(", ")}` : `skipped: ${printable(law.why ?? "nothing to judge")}`;
  const amount = law.verdict === "skipped" ? skipped : `${law.runs} judged`;
  const heading = `  ${paint(colour, mark)} ${printable(law.property)}  ${paint("dim", law.verdict === "unknown" ? `unknown, ${amount}` : amount)}`;
  const figures = law.figures.map((figure) => {
    const bound = figure.bound === null ? "" : ` (bound ${figure.bound} ${figure.unit})`;
    return `      ${paint("dim", `${figure.name}: ${figure.value} ${figure.unit}${bound}`)}`;
  });
  const story =
    law.why === null || law.verdict === "passed" || law.verdict === "skipped" || law.why === before?.why
      ? []
      : printable(law.why)
          .split("\n")
          .map((line) => `      ${line}`);
  return [heading, ...story, ...(law.verdict === "passed" ? figures : [])];
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
  const laws = result.results.flatMap((farm) => farm.laws);
  const parts = (Object.keys(marks) as Verdict[]).flatMap((verdict) => {
    const amount = laws.filter((law) => law.verdict === verdict).length;
    return amount === 0 ? [] : [paint(marks[verdict].colour, `${amount} ${verdict}`)];
  });
  const farms = result.results.length === 1 ? "1 farm" : `${result.results.length} farms`;
  return [
    `${farms}, ${laws.length} ${laws.length === 1 ? "property" : "properties"}: ${parts.length === 0 ? "nothing judged" : parts.join(", ")} in ${(result.durationMs / 1000).toFixed(1)} s (seed ${result.seed})`,
    ...result.counterexamples.map((example) => `${paint("red", example.law)} again: ${example.reproduce}`),
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
