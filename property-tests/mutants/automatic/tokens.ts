/** The tokens of a source file, types left out: enough to change one of them. */
import { stripTypeScriptTypes } from "node:module";

export interface Token {
  readonly kind: "word" | "number" | "string" | "template" | "expression" | "mark";
  readonly text: string;
  /** Offset in the source; types are blanks of the same length while tokens are read. */
  readonly start: number;
  readonly end: number;
}

const word = /[A-Za-z_$#][\w$]*/y;
const number = /(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?)n?/y;
const text = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;
const blank = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const expression = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** The constant part of a template up to its end or to an expression in it. */
const template = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const mark = /===|!==|=>|\.\.\.|\?\?=?|\?\.|&&=?|\|\|=?|<=|>=|<<|>>>?|\*\*|\+\+|--|[-+*/%&|^]=|==|!=|[{}()[\];,<>+\-*/%&|^!~?:=.@]/y;

/** After these a slash begins a regular expression; after anything else it divides. */
const beforeExpression = /^(?:[=(,:[!&|?{};+<>]|=>|&&|\|\||\?\?|===|!==|return|typeof)$/;

/** Throws where the source is not TypeScript that Node could strip. */
export function tokensOf(source: string): Token[] {
  const code = stripTypeScriptTypes(source, { mode: "strip" });
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(code)?.[0];
  };
  const add = (kind: Token["kind"], found: string): void => {
    tokens.push({ kind, text: found, start: at, end: at + found.length });
    at += found.length;
  };
  /** Braces that are open within each template's expression, the innermost last. */
  const templates: number[] = [];
  const constantPart = (): void => {
    add("template", take(template) ?? "");
    if (code.startsWith("${", at)) {
      at += 2;
      templates.push(0);
    } else at += 1;
  };
  while (at < code.length) {
    const skipped = take(blank);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    const depth = templates.at(-1);
    if (code[at] === "`") {
      at += 1;
      constantPart();
      continue;
    }
    if (code[at] === "}" && depth === 0) {
      templates.pop();
      at += 1;
      constantPart();
      continue;
    }
    const last = tokens.at(-1);
    if (code[at] === "/" && (last === undefined || beforeExpression.test(last.text))) {
      const found = take(expression);
      if (found !== undefined) {
        add("expression", found);
        continue;
      }
    }
    const kinds: readonly (readonly [Token["kind"], RegExp])[] = [
      ["word", word],
      ["number", number],
      ["string", text],
      ["mark", mark],
    ];
    const [kind, found] = kinds.map(([name, pattern]) => [name, take(pattern)] as const).find(([, taken]) => taken !== undefined) ?? [];
    if (kind === undefined || found === undefined) throw new Error(`no token at offset ${at}: ${code.slice(at, at + 20)}`);
    if (depth !== undefined && found === "{") templates[templates.length - 1] = depth + 1;
    if (depth !== undefined && found === "}") templates[templates.length - 1] = depth - 1;
    add(kind, found);
  }
  return tokens;
}
