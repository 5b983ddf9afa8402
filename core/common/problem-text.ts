/** Problems as text for people: a headline, the line of the file with a caret under the fault, a hint. */
import type { Place, Problem, Severity } from "./problem.ts";

/** Columns of the source line that are shown, at most. */
const lineColumns = 80;

const colours: Readonly<Record<Severity, string>> = { error: "31", warning: "33", advice: "36" };

// What would move the cursor, hide or reorder text: C0, C1, format and separator characters, unpaired surrogates.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/u;

/** Text with every character that a terminal would act on shown as U+00B7 (a tab as a space); one character stays one. */
export function safeText(text: string): string {
  return Array.from(text, (character) => (character === "\t" || character === "\n" ? " " : unsafe.test(character) ? "·" : character)).join(
    "",
  );
}

/** The source line and the caret line, cut to 80 columns around the caret. */
function picture(place: Place): { readonly line: string; readonly indent: number; readonly width: number } | undefined {
  if (place.text === undefined) return undefined;
  // Columns count UTF-16 units; carets stand under characters.
  const start = Math.max(0, Math.min(place.column - 1, place.text.length));
  const nearStart = Math.max(0, start - 4 * lineColumns);
  const before = Array.from(safeText(place.text.slice(nearStart, start)));
  const marked = Array.from(safeText(place.text.slice(start, start + Math.max(1, place.width ?? 1)).slice(0, 4 * lineColumns)));
  const after = Array.from(safeText(place.text.slice(start + Math.max(1, place.width ?? 1)).slice(0, 4 * lineColumns)));
  const all = [...before, ...marked, ...after];
  const whole = nearStart === 0 && start + (place.width ?? 1) + 4 * lineColumns >= place.text.length && marked.length < 4 * lineColumns;
  if (whole && all.length <= lineColumns) return { line: all.join(""), indent: before.length, width: Math.max(1, marked.length) };
  // A third of the columns before the caret, or more where the line ends soon after it.
  const from = Math.max(0, Math.min(before.length - Math.floor(lineColumns / 3), all.length - lineColumns));
  const to = Math.min(all.length, from + lineColumns);
  const shown = all.slice(from, to);
  const cutBefore = from > 0 || nearStart > 0;
  const cutAfter = to < all.length || !whole;
  if (cutBefore) shown[0] = "…";
  if (cutAfter) shown[shown.length - 1] = "…";
  const indent = before.length - from;
  return { line: shown.join(""), indent, width: Math.max(1, Math.min(marked.length, shown.length - indent)) };
}

/** `file:line:column`, or the empty text where there is no place. */
export function placeText(place: Place | undefined): string {
  return place === undefined ? "" : `${safeText(place.file)}:${place.line}:${place.column}`;
}

/**
 * A problem as lines of text without a line feed at the end: `error[code] file:line:column: message`, the source line, the caret line,
 * `hint: ...`. What comes from the file is shown safely: no control character reaches the terminal.
 */
export function formatProblem(problem: Problem, options: { readonly color: boolean }): string {
  const paint = (code: string, text: string): string => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const colour = colours[problem.severity];
  const where = problem.place === undefined ? "" : ` ${paint("1", placeText(problem.place))}`;
  const lines = [`${paint(`1;${colour}`, `${problem.severity}[${problem.code}]`)}${where}: ${safeText(problem.message)}`];
  const drawn = problem.place === undefined ? undefined : picture(problem.place);
  if (drawn !== undefined && drawn.line.trim() !== "") {
    lines.push(`  ${drawn.line}`, `  ${" ".repeat(drawn.indent)}${paint(`1;${colour}`, "^".repeat(drawn.width))}`);
  }
  if (problem.hint !== undefined && problem.hint !== "") lines.push(`${paint("1", "hint:")} ${safeText(problem.hint)}`);
  return lines.join("\n");
}

const severities: readonly Severity[] = ["error", "warning", "advice"];

const compare = (one: string | number, other: string | number): number => (one < other ? -1 : one > other ? 1 : 0);

/** By file, line and column; in one place errors first, then by code. Problems without a place come last. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((one, other) => {
    if (one.place === undefined || other.place === undefined) {
      if (one.place !== other.place) return one.place === undefined ? 1 : -1;
      return severities.indexOf(one.severity) - severities.indexOf(other.severity) || compare(one.code, other.code);
    }
    return (
      compare(one.place.file, other.place.file) ||
      one.place.line - other.place.line ||
      one.place.column - other.place.column ||
      severities.indexOf(one.severity) - severities.indexOf(other.severity) ||
      compare(one.code, other.code)
    );
  });
}
