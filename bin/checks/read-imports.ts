import { posix } from "node:path";

export interface ImportLine {
  /** Counts from 1. */
  readonly line: number;
  readonly specifier: string;
  /** The imported file, relative to the project's root; undefined for packages and Node's own modules. */
  readonly target: string | undefined;
  /** `import type` and `export type`: nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
}

const statements =
  /^(?:import|export)\b(?<type>\s+type\b(?!\s*,|\s+from\b))?[^;"'`]*?(?:\bfrom\s*)?(?<quote>["'])(?<specifier>[^"'\n]+)\k<quote>/gm;
const calls = /\b(?:import|require)\(\s*(?<quote>["'])(?<specifier>[^"'\n]+)\k<quote>/g;

/** The imports and re-exports of a source file, read from its text: statements that begin a line, and calls of `import()` anywhere. */
export function readImports(file: string, text: string): ImportLine[] {
  const found: ImportLine[] = [];
  for (const pattern of [statements, calls]) {
    for (const match of text.matchAll(pattern)) {
      const specifier = match.groups?.["specifier"] ?? "";
      const isFrom = pattern === calls || /\bfrom\s*["']|^import\s*["']/.test(match[0]);
      if (!isFrom) continue;
      found.push({
        line: text.slice(0, match.index).split("\n").length,
        specifier,
        target: specifier.startsWith(".") ? posix.normalize(posix.join(posix.dirname(file), specifier)) : undefined,
        typeOnly: match.groups?.["type"] !== undefined,
      });
    }
  }
  return found;
}
