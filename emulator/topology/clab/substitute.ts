/**
 * What containerlab does to a file's text before it reads YAML: variables of its environment are replaced, by the rules of Go's
 * github.com/hellt/envsubst as containerlab calls it: `$NAME` and `${NAME}` stay as `$NAME` where there is no value, `${NAME:=text}` and
 * `${NAME:-text}` have a default, `${NAME:+text}` an alternative, `$$` is a dollar sign. Go's templates, which it renders before, are refused.
 */
import { failure, success, type Outcome } from "../../../core/common/index.ts";
import { type Lines, type Prepared } from "../../../core/common/reading/index.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Groups: name, operator and text within braces; the bare name; braces that are not closed on their line. */
const variable =
  /\$\$|\$\{([\p{L}_][\p{L}\p{Nd}_]*)(?:(:?[-=+])([^}\r\n]*)|[^}\r\n]*)\}|\$([\p{L}_][\p{L}\p{Nd}_]*)|(\$\{[\p{L}_][^}\r\n]*$)/gmu;

const valueOf = (name: string, environment: Environment): string => environment[name] || `$${name}`;

function replacement(found: RegExpExecArray, environment: Environment): string {
  const [whole, braced, operator = "", text = "", bare] = found;
  if (whole === "$$") return "$";
  const name = braced ?? bare ?? "";
  if (text === "") return valueOf(name, environment);
  const other = /^\$[\p{L}\p{Nd}_]+$/u.test(text) ? valueOf(text.slice(1), environment) : text;
  if (operator.endsWith("+")) return environment[name] === undefined ? "" : other;
  if (operator.startsWith(":")) return environment[name] || other;
  return environment[name] === undefined ? other : valueOf(name, environment);
}

/** A stretch of the new text and where it came from. */
interface Piece {
  readonly at: number;
  readonly from: number;
  /** End in the old text. */
  readonly to: number;
  readonly isVariable: boolean;
}

/** The old text's places for offsets in the new one. */
function mappedLines(lines: Lines, pieces: readonly Piece[]): Lines {
  const origin = (offset: number, atEnd: boolean): number => {
    const piece = pieces.findLast(({ at }) => at <= offset) ?? { at: 0, from: 0, to: 0, isVariable: false };
    if (piece.isVariable) return atEnd ? piece.to : piece.from;
    return Math.min(piece.from + offset - piece.at, piece.to);
  };
  return {
    placeAt: (start, end = start + 1) => lines.placeAt(origin(start, false), Math.max(origin(start, false) + 1, origin(end - 1, true) + 1)),
  };
}

/** Errors: `template`, `bad-variable`. */
export function substitute(text: string, lines: Lines, environment: Environment): Outcome<Prepared> {
  const template = text.indexOf("{{");
  if (template >= 0) {
    const message = "the file holds a Go template, which only containerlab renders";
    const hint = "render it first; put { { apart where no template is meant";
    return failure({ severity: "error", code: "template", message, hint, place: lines.placeAt(template, template + 2) });
  }
  const pieces: Piece[] = [];
  const parts: string[] = [];
  let length = 0;
  let done = 0;
  const take = (part: string, to: number, isVariable: boolean): void => {
    pieces.push({ at: length, from: done, to, isVariable });
    parts.push(part);
    length += part.length;
    done = to;
  };
  for (const found of text.matchAll(variable)) {
    if (found[5] !== undefined) {
      const place = lines.placeAt(found.index, found.index + found[0].length);
      const message = "a variable's braces are not closed on its line";
      return failure({
        severity: "error",
        code: "bad-variable",
        message,
        hint: "write ${NAME} or ${NAME:=default}; $$ is a dollar sign",
        place,
      });
    }
    take(text.slice(done, found.index), found.index, false);
    take(replacement(found, environment), found.index + found[0].length, true);
  }
  take(text.slice(done), text.length, false);
  return success({ text: parts.join(""), lines: pieces.length === 1 ? lines : mappedLines(lines, pieces) });
}
