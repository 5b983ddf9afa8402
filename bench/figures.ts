/** What a benchmark finds, and its text for people. */

export interface BenchFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it should stay under on 2 cores; null where it is only told. */
  readonly target: number | null;
}

export interface BenchReport {
  readonly schema: "farmlab.bench/1";
  readonly name: string;
  readonly figures: readonly BenchFigure[];
  /** Where the time goes, in words. */
  readonly dominates: readonly string[];
}

/** What one part of a benchmark measures; `say` tells people how far it is. */
export type Part = (say: (line: string) => void) => Promise<readonly BenchFigure[]>;

/** A benchmark of parts, each alone, one after the other. */
export async function reportOf(
  name: string,
  parts: readonly (readonly [name: string, part: Part])[],
  say: (line: string) => void,
): Promise<BenchReport> {
  const figures: BenchFigure[] = [];
  for (const [partName, part] of parts) {
    say(`${partName} ...`);
    figures.push(...(await part(say)));
  }
  return { schema: "farmlab.bench/1", name, figures, dominates: [] };
}

/** The middle value; of an even number of values the lower middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

const rounded = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toFixed(4);

/** Bounds are round numbers, or parts of one. */
const boundText = (bound: number): string => (Number.isInteger(1 / bound) ? `1/${1 / bound}` : String(bound));

/** A table, one figure a line. */
export function figureText(report: BenchReport): string {
  const width = Math.max(...report.figures.map((figure) => figure.name.length));
  const lines = report.figures.map((figure) => {
    const target =
      figure.target === null ? "" : `  ${figure.value <= figure.target ? "within" : "OVER"} ${boundText(figure.target)} ${figure.unit}`;
    return `  ${figure.name.padEnd(width)}  ${rounded(figure.value).padStart(8)} ${figure.unit.padEnd(3)}${target}`;
  });
  const dominates = report.dominates.length === 0 ? [] : ["what dominates:", ...report.dominates.map((line) => `  ${line}`)];
  return [`bench ${report.name}`, ...lines, ...dominates].join("\n");
}
