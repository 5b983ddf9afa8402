/** What can be changed in a source file, one line at a time, so that it does something else. */
import { tokensOf } from "./tokens.ts";
import type { Token } from "./tokens.ts";

export type Operator =
  | "comparison swapped"
  | "bound moved"
  | "and for or"
  | "sign changed"
  | "number plus one"
  | "boolean negated"
  | "negation dropped"
  | "text changed"
  | "statement dropped"
  | "element dropped"
  | "early return dropped";

export interface Change {
  readonly operator: Operator;
  /** Counted from 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

const swaps: Readonly<Record<string, readonly [Operator, string]>> = {
  "===": ["comparison swapped", "!=="],
  "!==": ["comparison swapped", "==="],
  "<": ["bound moved", "<="],
  "<=": ["bound moved", "<"],
  ">": ["bound moved", ">="],
  ">=": ["bound moved", ">"],
  "&&": ["and for or", "||"],
  "||": ["and for or", "&&"],
};
const negated: ReadonlyMap<string, string> = new Map([
  ["true", "false"],
  ["false", "true"],
]);

const numberPlusOne = (text: string): string => {
  const isBig = text.endsWith("n");
  const value = BigInt(text.replaceAll("_", "").replace(/n$/, "")) + 1n;
  return `${/^0[xX]/.test(text) ? `0x${value.toString(16)}` : String(value)}${isBig ? "n" : ""}`;
};

const operand = /^(?:word|number|string|template)$/;
const endsOperand = (token: Token | undefined): boolean =>
  token !== undefined &&
  ((operand.test(token.kind) && !/^(?:return|case|typeof|await|of|in)$/.test(token.text)) || token.text === ")" || token.text === "]");

/** A token that is changed where it stands. */
function ofToken(token: Token, before: Token | undefined): readonly [Operator, string] | undefined {
  if (token.kind === "mark") {
    const swap = swaps[token.text];
    if (swap !== undefined) return swap;
    if (token.text === "!") return ["negation dropped", ""];
    if ((token.text === "+" || token.text === "-") && endsOperand(before)) return ["sign changed", token.text === "+" ? "-" : "+"];
  }
  if (token.kind === "number" && /^(?:0[xX][\da-fA-F_]+|[\d_]+)n?$/.test(token.text)) return ["number plus one", numberPlusOne(token.text)];
  const opposite = token.kind === "word" && before?.text !== "." ? negated.get(token.text) : undefined;
  if (opposite !== undefined) return ["boolean negated", opposite];
  if (token.kind === "string" && token.text.length > 2) return ["text changed", `${token.text.slice(0, -1)}x${token.text.at(-1)}`];
  if (token.kind === "template" && /\w/.test(token.text)) return ["text changed", `${token.text}x`];
  return undefined;
}

const balanced = (tokens: readonly Token[]): boolean => {
  const open: string[] = [];
  for (const { kind, text } of tokens) {
    if (kind !== "mark") continue;
    if ("([{".includes(text)) open.push(text);
    else if (")]}".includes(text) && open.pop() !== { ")": "(", "]": "[", "}": "{" }[text]) return false;
  }
  return open.length === 0;
};

const declaring =
  /^(?:const|let|import|export|return|type|interface|class|function|async|readonly|static|private|public|case|default|throw|break|continue|else|for|while|try|switch|if)$/;

/** A line that is a whole statement or a whole element of a list is left out. */
function ofLine(tokens: readonly Token[], source: string): readonly [Operator, string] | undefined {
  const [first] = tokens;
  const last = tokens.at(-1);
  if (first === undefined || last === undefined || !balanced(tokens)) return undefined;
  const lineStart = source.lastIndexOf("\n", first.start) + 1;
  const lineEnd = source.indexOf("\n", last.end);
  // Types are blanks while tokens are read: a line that has some is no plain statement.
  if (source.slice(lineStart, first.start).trim() !== "" || source.slice(last.end, lineEnd < 0 ? undefined : lineEnd).trim() !== "")
    return undefined;
  if (last.text === ";") {
    if (first.text === "if") return ["early return dropped", ""];
    return first.kind === "word" && !declaring.test(first.text) && tokens.some(({ text }) => text === "(" || text === "=")
      ? ["statement dropped", ";"]
      : undefined;
  }
  const isElement = first.text === "{" || first.text === "..." || first.kind === "string" || first.kind === "template";
  return last.text === "," && isElement && tokens.length > 1 ? ["element dropped", ""] : undefined;
}

const isImport = (line: string): boolean =>
  /^(?:import|export \*|export type \*|\} from |export \{)/.test(line.trimStart()) || / from ".*";$/.test(line);

/** Every change that this file allows, in the order of its lines. */
export function changesOf(source: string): Change[] {
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const lines = source.split("\n");
  let at = 0;
  /** Offsets are asked for in their order. */
  const lineAt = (offset: number): number => {
    while ((starts[at + 1] ?? Infinity) <= offset) at += 1;
    return at;
  };
  const byLine = new Map<number, Token[]>();
  const tokens = tokensOf(source);
  const changes: Change[] = [];
  for (const [index, token] of tokens.entries()) {
    const line = lineAt(token.start);
    if (isImport(lines[line] ?? "")) continue;
    byLine.set(line, [...(byLine.get(line) ?? []), token]);
    const change = ofToken(token, tokens[index - 1]);
    if (change === undefined) continue;
    const [operator, replacement] = change;
    changes.push({ operator, replacement, line: line + 1, start: token.start, end: token.end });
  }
  for (const [line, own] of byLine) {
    const change = ofLine(own, source);
    const first = own[0];
    if (change === undefined || first === undefined) continue;
    const [operator, replacement] = change;
    changes.push({ operator, replacement, line: line + 1, start: first.start, end: own.at(-1)?.end ?? first.end });
  }
  return changes.toSorted((one, other) => one.start - other.start || one.end - other.end);
}
