/** Text of a file -> plain values with places: the stages before any schema. */
import { failure, success } from "../problem.ts";
import type { Outcome } from "../problem.ts";
import { sortProblems } from "../problem-text.ts";
import type { FileKind } from "./file-kind.ts";
import { fileSizeLimit, notText, tooLarge } from "./guard.ts";
import { linesOf } from "./lines.ts";
import type { Lines } from "./lines.ts";
import { locate } from "./located.ts";
import { parseYaml } from "./parse.ts";
import { placesOf } from "./places.ts";
import type { Places } from "./places.ts";

export interface ReadDocument {
  readonly value: unknown;
  readonly places: Places;
}

/** Text that is parsed in place of what the file holds, with the file's places for its offsets. */
export interface Prepared {
  readonly text: string;
  readonly lines: Lines;
}

/**
 * Takes any text, decoded by the caller with replacement of what is no UTF-8: never throws for it, and its time is bounded. Stages: size and
 * bytes, `prepare` where given, YAML; all problems of the first stage that fails are reported, sorted by place.
 */
export function readDocument(
  text: string,
  file: string,
  kind: FileKind,
  prepare: (text: string, lines: Lines) => Outcome<Prepared> = (same, lines) => success({ text: same, lines }),
): Outcome<ReadDocument> {
  if (text.length > fileSizeLimit) return failure(tooLarge(file, kind));
  const written = linesOf(text, file);
  const unreadable = notText(text, written, kind);
  if (unreadable !== undefined) return failure(unreadable);
  const prepared = prepare(text, written);
  if (!prepared.ok) return failure(...sortProblems(prepared.problems));
  const { lines } = prepared.value;
  const parsed = parseYaml(prepared.value.text, lines, kind);
  if (!parsed.ok) return failure(...sortProblems(parsed.problems));
  const { root, problems } = locate(parsed.value, lines, kind);
  if (problems.length > 0) return failure(...sortProblems(problems));
  if (root.value === null || root.value === "") {
    const message = `the file holds no ${kind.content}`;
    return failure({ severity: "error", code: "empty-file", message, hint: kind.advice, place: lines.placeAt(0) });
  }
  return success({ value: root.value, places: placesOf(root, lines) });
}
