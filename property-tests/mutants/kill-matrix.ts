/** Which law catches which seeded fault: `farmlab.kill-matrix/1`, what is wrong with it, and its text for people. */
import { laws } from "../laws/index.ts";
import { mutants } from "./catalogue.ts";
import type { Mutant } from "./mutant.ts";
import type { MutantRun } from "./run-mutant.ts";
import { subsumed } from "./subsumed.ts";

export interface MatrixRow {
  readonly mutant: string;
  readonly subject: string;
  readonly description: string;
  readonly farm: string;
  /** Laws that must catch it. */
  readonly expected: readonly string[];
  /** Laws of which a property failed, in the order in which they did. */
  readonly killedBy: readonly string[];
  /** Whether every law was asked; else those that must catch it, until they had. */
  readonly everyLaw: boolean;
  /** Laws that could not be judged, and held nowhere. */
  readonly unknown: readonly string[];
  /** Why it did not run as other farms do (refused, broken), or the first reason for which a law could not be judged; null where neither. */
  readonly why: string | null;
  /** Labs until the first law failed: 0 where a law of the derivation sees it. */
  readonly emulations: number;
  /** Until the first law failed, milliseconds; null where none did. */
  readonly killedAfterMs: number | null;
  readonly durationMs: number;
}

export interface MatrixColumn {
  readonly law: string;
  readonly kills: number;
  /** Mutants that no other law sees, of those that every law was asked about. */
  readonly onlyKillerOf: readonly string[];
  readonly subsumedBy: { readonly law: string; readonly because: string } | null;
}

export interface KillMatrix {
  readonly schema: "farmlab.kill-matrix/1";
  readonly seed: number;
  readonly rows: readonly MatrixRow[];
  readonly columns: readonly MatrixColumn[];
  /** Middle values over the mutants that were caught; null where none was. */
  readonly medianKillMs: number | null;
  readonly medianEmulations: number | null;
  readonly durationMs: number;
}

export function rowOf(mutant: Mutant, farm: string, run: MutantRun): MatrixRow {
  const of = (verdict: string): string[] => [...new Set(run.laws.filter((law) => law.verdict === verdict).map(({ law }) => law))];
  const passed = of("passed");
  const lacking = run.laws.filter(({ needs }) => needs.length > 0);
  const notJudged =
    run.laws.find((law) => law.verdict === "unknown")?.why ??
    (lacking[0] === undefined ? null : `skipped without ${lacking[0].needs.join(", ")}`);
  return {
    ...{ mutant: mutant.id, subject: mutant.subject, description: mutant.description, farm, expected: mutant.laws },
    killedBy: run.killedBy,
    everyLaw: run.everyLaw,
    unknown: [...new Set([...of("unknown"), ...lacking.map(({ law }) => law)])].filter(
      (law) => !run.killedBy.includes(law) && !passed.includes(law),
    ),
    why: run.end.kind === "ended" ? notJudged : run.end.why,
    emulations: run.emulations,
    killedAfterMs: run.killedAfterMs === undefined ? null : Math.round(run.killedAfterMs),
    durationMs: Math.round(run.durationMs),
  };
}

const middle = (values: readonly number[]): number | null =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? null;

export function matrixOf(rows: readonly MatrixRow[], seed: number, durationMs: number): KillMatrix {
  const caught = rows.filter(({ killedBy }) => killedBy.length > 0);
  return {
    schema: "farmlab.kill-matrix/1",
    seed,
    rows,
    columns: laws
      .filter(({ properties }) => properties.length > 0)
      .map(({ id }) => {
        const listed = subsumed.find(({ law }) => law === id);
        return {
          law: id,
          kills: rows.filter(({ killedBy }) => killedBy.includes(id)).length,
          onlyKillerOf: rows
            .filter((row) => row.everyLaw && row.killedBy.length === 1 && row.killedBy[0] === id)
            .map(({ mutant }) => mutant),
          subsumedBy: listed === undefined ? null : { law: listed.by, because: listed.because },
        };
      }),
    medianKillMs: middle(caught.flatMap(({ killedAfterMs }) => killedAfterMs ?? [])),
    medianEmulations: middle(caught.map(({ emulations }) => emulations)),
    durationMs: Math.round(durationMs),
  };
}

/** Every mutant that lives, or that a law which must catch it did not; of a whole matrix also every law that is no one's only killer. */
export function faultsOf(matrix: KillMatrix): string[] {
  const rows = matrix.rows.flatMap(({ mutant, expected, killedBy, why }) => {
    const told = why === null ? "" : ` (${why})`;
    if (killedBy.length === 0) return [`${mutant} lives: no law saw it; expected: ${expected.join(", ")}${told}`];
    const missing = expected.filter((law) => !killedBy.includes(law));
    return missing.length === 0 ? [] : [`${mutant} was not seen by ${missing.join(", ")}, only by ${killedBy.join(", ")}${told}`];
  });
  const present = new Set(matrix.rows.map(({ mutant }) => mutant));
  const isWhole = mutants.every(({ id }) => present.has(id));
  const columns = matrix.columns.flatMap(({ law, onlyKillerOf, subsumedBy }) => {
    if (onlyKillerOf.length > 0 && subsumedBy !== null)
      return [`${law} is listed as subsumed by ${subsumedBy.law}, but is the only killer of ${onlyKillerOf.join(", ")}`];
    return onlyKillerOf.length === 0 && subsumedBy === null
      ? [`${law} is the only killer of no mutant, and no law is listed that subsumes it`]
      : [];
  });
  return isWhole ? [...rows, ...columns] : rows;
}

const seconds = (milliseconds: number | null): string => (milliseconds === null ? "-" : `${(milliseconds / 1000).toFixed(1)} s`);

/** Mutants down, laws across: `#` the only killer, `x` a killer, `?` not judged, `.` held, nothing: not asked. */
export function matrixText(matrix: KillMatrix): string {
  const ids = matrix.columns.map(({ law }) => law);
  const width = Math.max(6, ...matrix.rows.map(({ mutant }) => mutant.length));
  const cell = ({ killedBy, unknown, everyLaw, expected }: MatrixRow, law: string): string => {
    if (killedBy.includes(law)) return everyLaw && killedBy.length === 1 ? "#" : "x";
    if (unknown.includes(law)) return "?";
    return everyLaw || expected.includes(law) ? "." : " ";
  };
  const line = (name: string, cells: readonly string[], end: string): string =>
    `${name.padEnd(width)}  ${cells.map((text, index) => text.padEnd(ids[index]?.length ?? 1)).join(" ")}  ${end}`.trimEnd();
  const rows = matrix.rows.map((row) =>
    line(
      row.mutant,
      ids.map((law) => cell(row, law)),
      `${seconds(row.killedAfterMs)}${row.emulations === 0 ? ", no lab" : ""}`,
    ),
  );
  const kills = matrix.columns.map(({ kills: count }) => String(count));
  const alone = matrix.columns.map(({ onlyKillerOf, subsumedBy }) => (subsumedBy === null ? String(onlyKillerOf.length) : "-"));
  const caught = matrix.rows.filter(({ killedBy }) => killedBy.length > 0).length;
  return [
    line("mutant", ids, "caught after"),
    ...rows,
    line("caught", kills, ""),
    line("alone", alone, ""),
    `${caught} of ${matrix.rows.length} mutants caught in ${seconds(matrix.durationMs)}; until caught, in the middle: ${seconds(matrix.medianKillMs)}, ${matrix.medianEmulations ?? "-"} labs`,
    ...matrix.columns.flatMap(({ law, subsumedBy }) =>
      subsumedBy === null ? [] : [`${law} is subsumed by ${subsumedBy.law}: ${subsumedBy.because}`],
    ),
    ...faultsOf(matrix).map((fault) => `WRONG: ${fault}`),
  ].join("\n");
}
