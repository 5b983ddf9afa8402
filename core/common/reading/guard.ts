/** What is refused before any YAML is read: too much text, and bytes that are no text. */
import type { Problem } from "../problem.ts";
import { isThisOne } from "./file-kind.ts";
import type { FileKind } from "./file-kind.ts";
import type { Lines } from "./lines.ts";

/** Characters of a file, at most; callers that read files bound the bytes by it too. */
export const fileSizeLimit: number = 1024 * 1024;

/** The refusal of a file above the limit. */
export function tooLarge(file: string, kind: FileKind, limit: number = fileSizeLimit): Problem {
  return {
    severity: "error",
    code: "file-too-large",
    message: `the file is over ${limit / 1024 / 1024} MiB, more than ${kind.name} may have`,
    hint: isThisOne(kind),
    place: { file, line: 1, column: 1 },
  };
}

// Tab, line feed and carriage return are text; every other control character is not.
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/u;

/** The first thing in the text that no UTF-8 text file holds; undefined where it is clean. */
export function notText(text: string, lines: Lines, kind: FileKind): Problem | undefined {
  const broken = text.isWellFormed() ? text.indexOf("\ufffd") : text.search(/[\ud800-\udfff\ufffd]/u);
  const unprintable = text.search(control);
  const foundControl = unprintable >= 0 && (broken < 0 || unprintable < broken);
  if (foundControl) {
    const code = text.charCodeAt(unprintable).toString(16).toUpperCase().padStart(4, "0");
    return {
      severity: "error",
      code: "not-text",
      message: `the file holds a control character (U+${code}), so it is no text file`,
      hint: `${kind.name} is YAML: plain UTF-8 text`,
      place: lines.placeAt(unprintable),
    };
  }
  if (broken < 0) return undefined;
  return {
    severity: "error",
    code: "not-utf-8",
    message: "the file holds bytes that are not UTF-8",
    hint: "save the file as UTF-8 text (not UTF-16 or Latin-1)",
    place: lines.placeAt(broken),
  };
}
