/**
 * Text to a YAML document, bounded: neither deep nesting nor a flood of tokens or errors may cost more than a moment.
 * The parser's own check of duplicate keys is off (its time grows with the square of their number); `located.ts` has one.
 */
import { Composer, Lexer, Parser } from "yaml";
import type { CST, Document, ParsedNode } from "yaml";
import { failure, success } from "../problem.ts";
import type { Outcome, Problem } from "../problem.ts";
import { isThisOne } from "./file-kind.ts";
import type { FileKind } from "./file-kind.ts";
import type { Lines } from "./lines.ts";

/** Collections within collections; no file needs more than 10, and each takes up to 2 places of the parser's stack. */
export const nestingLimit: number = 32;
const stackLimit = 2 * nestingLimit + 1;
/** Lexemes and escapes in quoted text: each wrong one costs the composer an error object. */
const tokenLimit = 400_000;
const syntaxErrorLimit = 5;

export type YamlDocument = Document.Parsed<ParsedNode>;

/** Thrown within this file only, to leave the parser half way. */
class Refusal extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

function* boundedTokens(text: string, lines: Lines, kind: FileKind): Generator<CST.Token, void> {
  const parser = new Parser();
  let count = 0;
  let errors = 0;
  const guarded = function* (tokens: Iterable<CST.Token>): Generator<CST.Token, void> {
    for (const token of tokens) {
      errors += token.type === "error" || token.type === "directive" ? 1 : 0;
      yield token;
    }
  };
  for (const lexeme of new Lexer().lex(text)) {
    yield* guarded(parser.next(lexeme));
    count += lexeme.startsWith('"') ? lexeme.split("\\").length : 1;
    // What follows the first errors is noise to a reader; the document ends here for the composer.
    if (errors >= syntaxErrorLimit) break;
    if (parser.stack.length > stackLimit) {
      throw new Refusal({
        severity: "error",
        code: "too-deep",
        message: `collections are nested more than ${nestingLimit} deep`,
        hint: `${kind.name} needs no more than ${kind.levels} levels; look for brackets that are not closed`,
        place: lines.placeAt(Math.max(0, parser.offset - 1)),
      });
    }
    if (count > tokenLimit) {
      throw new Refusal({
        severity: "error",
        code: "too-complex",
        message: `the file has more than ${tokenLimit} parts`,
        hint: isThisOne(kind),
        place: lines.placeAt(Math.max(0, parser.offset - 1)),
      });
    }
  }
  yield* guarded(parser.end());
}

/** The hint for `hasUnquotedAddress`. */
export const unquotedAddressHint: string =
  'put an IPv6 address that ends with ":" in quotes, as "fe80::"; inside { } and [ ] quote every IPv6 address';

/** Whether the line holds an unquoted word that ends in a colon and reads as an IPv6 address: YAML takes it for a key. */
export function hasUnquotedAddress(line: string): boolean {
  const unquoted = line.replace(/"[^"]*"|'[^']*'/gu, '""').replace(/(^|\s)#.*$/u, "");
  return /(^|[\s[{,])[0-9a-fA-F:]*::(?=[\s,\]}]|$)/u.test(unquoted);
}

const hints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  BAD_INDENT: "check the indentation, and that every [ and { is closed",
  BLOCK_IN_FLOW: "inside { } put text that holds a colon in quotes",
  BLOCK_AS_IMPLICIT_KEY: "one key and its value a line; put text that holds a colon in quotes",
  MULTILINE_IMPLICIT_KEY: "one key and its value a line",
  MISSING_CHAR: "check that every quote, bracket and brace is closed, and that a comma stands between entries",
  BAD_SCALAR_START: "put text that begins with a special character in quotes",
};

interface SyntaxError {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

const syntaxProblem = (error: SyntaxError, lines: Lines, kind: FileKind): Problem => {
  const place = lines.placeAt(error.pos[0], error.pos[1]);
  const hint = hasUnquotedAddress(place.text ?? "") ? unquotedAddressHint : (hints[error.code] ?? `${kind.name} is YAML`);
  return { severity: "error", code: "yaml-syntax", message: `not YAML: ${error.message.replace(/\s+/gu, " ").slice(0, 200)}`, hint, place };
};

/** The first error, and of those after it the ones that do not follow from it: addresses that YAML takes for keys. */
function syntaxProblems(errors: readonly SyntaxError[], lines: Lines, kind: FileKind): readonly Problem[] {
  const perLine = new Map<number, Problem>();
  for (const error of errors.slice(0, 1000)) {
    const problem = syntaxProblem(error, lines, kind);
    const line = problem.place?.line ?? 0;
    if (perLine.size === 0 || (problem.hint === unquotedAddressHint && !perLine.has(line))) perLine.set(line, problem);
    if (perLine.size === syntaxErrorLimit) break;
  }
  return [...perLine.values()];
}

/** The one document of the text. Errors: `yaml-syntax`, `too-deep`, `too-complex`, `several-documents`. */
export function parseYaml(text: string, lines: Lines, kind: FileKind): Outcome<YamlDocument> {
  try {
    const schema = kind.scalars === "text" ? "failsafe" : "core";
    const composer = new Composer<ParsedNode, true>({ uniqueKeys: false, merge: false, schema, version: "1.2", strict: true });
    let document: YamlDocument | undefined;
    for (const found of composer.compose(boundedTokens(text, lines, kind), true, text.length)) {
      if (document !== undefined) {
        const place = lines.placeAt(found.range[0], found.range[0] + 3);
        const hint = "split it into files; --- may stand once, at the top";
        return failure({
          severity: "error",
          code: "several-documents",
          message: "the file holds more than one YAML document",
          hint,
          place,
        });
      }
      document = found;
      if (found.errors.length > 0) break;
    }
    if (document === undefined) throw new Error("the YAML composer gave no document");
    return document.errors.length > 0 ? failure(...syntaxProblems(document.errors, lines, kind)) : success(document);
  } catch (error) {
    if (error instanceof Refusal) return failure(error.problem);
    throw error;
  }
}
