/**
 * Files that people write, in YAML: bounded, and every fault with line, column and hint. Apart from the rest of `core/common`, so that
 * agents, who read no such files, do not carry a YAML parser.
 */
export { editDistance, nearestHint } from "./nearest.ts";
export { fileSizeLimit, tooLarge } from "./guard.ts";
export type { FileKind } from "./file-kind.ts";
export type { JsonSchema } from "./json-schema.ts";
export type { Lines } from "./lines.ts";
export type { Path, Places } from "./places.ts";
export { readDocument } from "./read-document.ts";
export type { Prepared, ReadDocument } from "./read-document.ts";
export { schemaProblems } from "./schema-problems.ts";
export { about, matching, shown, textOf } from "./text-kind.ts";
export type { TextKind } from "./text-kind.ts";
