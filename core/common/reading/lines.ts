/** From offsets in a text to places: line, column, the line's own text. */
import type { Place } from "../problem.ts";

export interface Lines {
  /** The place of text from `start` up to `end` (offsets); a span of several lines is cut at the end of its first. */
  placeAt(start: number, end?: number): Place;
}

export function linesOf(text: string, file: string): Lines {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);

  const lineOf = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  return {
    placeAt(start, end = start + 1) {
      const offset = Math.min(Math.max(0, start), text.length);
      const line = lineOf(offset);
      const lineStart = starts[line]!;
      const lineEnd = (starts[line + 1] ?? text.length + 1) - 1;
      const lineText = text.slice(lineStart, lineEnd).replace(/\r$/u, "");
      const column = offset - lineStart;
      const width = Math.max(1, lineText.slice(column, end - lineStart).trimEnd().length);
      return { file, line: line + 1, column: column + 1, text: lineText, width };
    },
  };
}
