/** Evidence for people: the guilty layer first, then each view by where it has the packet end. */
import type { Evidence, View, ViewName } from "../evidence.ts";

const names: Readonly<Record<ViewName, string>> = { oracle: "oracle", tables: "tables", kernel: "kernel", wire: "wire" };
const linesMax = 4;
const nameWidth = 8;
const charactersMax = 400;

const cut = (text: string): string => (text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text);

function viewLines({ view, says, ends }: View): string[] {
  const indent = " ".repeat(nameWidth);
  const shown = says.slice(0, linesMax).map(cut);
  const more = says.length > linesMax ? [`and ${says.length - linesMax} more`] : [];
  const end = ends === null ? "" : `ends: ${ends}`;
  const [first = "", ...rest] = end === "" ? [...shown, ...more] : [end, ...shown, ...more];
  return [`${names[view].padEnd(nameWidth)}${first}`, ...rest.map((line) => `${indent}${line}`)];
}

/** At most about 20 lines. */
export function evidenceText({ guilty, flow, views }: Evidence): string {
  const layer = guilty === null ? "guilty: not told apart by these views" : `guilty: the ${guilty.layer}: ${guilty.because}`;
  return [cut(layer), `flow: ${flow}`, ...views.flatMap(viewLines)].join("\n");
}
