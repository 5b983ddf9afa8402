/** What `farmlab what-if` prints for people: the worst failure first, what loses nothing in a line, then what the farmer expected. */
import { safeText } from "../core/common/index.ts";
import type { ExpectationResult, FailureResult, LostFlow, WhatIfResult } from "../property-tests/what-if/index.ts";

const partiesNamed = 4;
const linesOfHarmless = 100;

const timeText = (milliseconds: number): string => (milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`);
const most = (values: readonly (number | null)[]): number => Math.max(0, ...values.map((value) => value ?? 0));
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Pairs of parties that lost each other, with the family where only one was lost. */
function pairsOf(lost: readonly LostFlow[]): readonly string[] {
  const keyed = lost.map((flow) => ({ flow, key: [flow.from, flow.to].toSorted().join(" ") }));
  return [...Map.groupBy(keyed, ({ key }) => key).values()].map((group) => {
    const flows = group.map(({ flow }) => flow);
    const [first] = flows;
    if (first === undefined) return "";
    const isBoth = flows.some(({ from }) => from !== first.from);
    const families = new Set(flows.map(({ family }) => family));
    return `${first.from} ${isBoth ? "<>" : ">"} ${first.to}${families.size === 1 ? ` (IPv${first.family})` : ""}`;
  });
}

function cutShort(list: readonly string[]): string {
  const more = list.length > partiesNamed ? ` and ${list.length - partiesNamed} more` : "";
  return `${list.slice(0, partiesNamed).join(", ")}${more}`;
}

/** Who loses what: first who is cut off altogether, then who else loses whom. */
function whoText({ lost, cutOff, verdict }: FailureResult, watched: number): string {
  const gone = verdict === "passing" ? lost : lost.filter(({ comesBack }) => comesBack !== "alone");
  if (gone.length === watched) return "everybody altogether";
  const others = pairsOf(gone.filter(({ from, to }) => !cutOff.includes(from) && !cutOff.includes(to)));
  const parts = [
    ...(cutOff.length === 0 ? [] : [`${cutShort(cutOff.map((party) => (party === "internet" ? "the internet" : party)))} altogether`]),
    ...(others.length === 0 ? [] : [cutShort(others)]),
  ];
  return parts.join("; ");
}

function backText({ lost, verdict }: FailureResult): string {
  const alone = lost.filter(({ comesBack }) => comesBack === "alone").length;
  const mixed = alone === 0 ? "" : ` (${alone} before)`;
  if (verdict === "lasting") return `never${mixed}`;
  return verdict === "standing" ? `once repaired${mixed}` : "by itself";
}

function awayText({ lost, verdict }: FailureResult): string {
  if (verdict === "lasting") return "for good";
  if (verdict === "passing") return timeText(most(lost.map(({ outageMs }) => outageMs)));
  return `till then + ${timeText(most(lost.map(({ afterRepairMs }) => afterRepairMs)))}`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 2)))
      .join("")
      .trimEnd(),
  );
}

function failureLines(result: WhatIfResult): string[] {
  const told = result.failures.filter(({ lost, onlyTogether }) => (onlyTogether ?? lost).length > 0);
  const rows = told.map((failure) => [
    failure.failure,
    `${failure.lost.length}/${result.flows.watched}`,
    backText(failure),
    awayText(failure),
    failure.onlyTogether === null ? whoText(failure, result.flows.watched) : `only together: ${cutShort(failure.onlyTogether)}`,
  ]);
  if (rows.length === 0) return [];
  return table([["failure", "flows lost", "back", "away", "who"], ...rows]);
}

function restLines({ failures }: WhatIfResult): string[] {
  const harmless = failures
    .filter(({ onlyTogether, verdict }) => onlyTogether === null && verdict === "harmless")
    .map(({ failure }) => failure);
  const pairs = failures.filter(({ verdict, onlyTogether }) => verdict !== "unknown" && onlyTogether?.length === 0);
  const unknown = failures.filter(({ verdict }) => verdict === "unknown");
  const remade = failures.filter(({ verdict, why }) => verdict !== "unknown" && why !== null);
  return [
    ...(harmless.length === 0 ? [] : [`nothing lost: ${harmless.slice(0, linesOfHarmless).join(", ")}`]),
    ...(pairs.length === 0 ? [] : [`pairs that take no more than each failure alone: ${pairs.length}`]),
    ...remade.map(({ failure, why }) => `${failure}: ${why ?? ""}`),
    ...unknown.map(({ failure, why }) => `unknown: ${failure}: ${why ?? ""}`),
  ];
}

const verdictWords: Readonly<Record<ExpectationResult["verdict"], string>> = { passed: "holds  ", failed: "breaks ", unknown: "unknown" };

function expectationLines(expectations: readonly ExpectationResult[]): string[] {
  return expectations.flatMap(({ expectation, verdict, failures, why }) => [
    `  ${verdictWords[verdict]} ${expectation}${failures === 0 ? "" : ` (through ${counted(failures, "failure")})`}`,
    ...why.map((one) => `          ${one}`),
  ]);
}

/** The whole text, with a line feed at its end. */
export function whatIfText(result: WhatIfResult): string {
  const { farm, failures, flows, silent, probeEveryMs, seed, expectations, notTried, durationMs } = result;
  const left = flows.known > flows.watched + silent.length ? ` of ${flows.known}` : "";
  const lines = [
    `${farm}: ${counted(failures.length, "failure")}, ${flows.watched}${left} flows, each probed every ${probeEveryMs} ms (seed ${seed})`,
    ...(silent.length === 0 ? [] : [`not answered before anything failed, and not watched: ${silent.join(", ")}`]),
    "",
    ...failureLines(result),
    ...restLines(result),
    ...(notTried.length === 0 ? [] : [`not tried for want of time: ${counted(notTried.length, "failure")}`]),
    ...(expectations.length === 0 ? [] : ["", "expectations", ...expectationLines(expectations)]),
    "",
    `done in ${timeText(durationMs)}`,
  ];
  return `${lines.map(safeText).join("\n")}\n`;
}
