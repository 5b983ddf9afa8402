/** A YAML document as plain values, each with where it stands. Keys are text; what such files have no use for is refused. */
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Problem } from "../problem.ts";
import type { FileKind } from "./file-kind.ts";
import type { Lines } from "./lines.ts";
import { nestingLimit } from "./parse.ts";
import type { YamlDocument } from "./parse.ts";

/** Start and end offset. */
export type Span = readonly [number, number];

/** A plain value and the spans of it and its parts. */
export interface Located {
  readonly value: unknown;
  /** Absent where the file has nothing there (`key:`). */
  readonly span?: Span;
  /** Present for entries of a map. */
  readonly keySpan?: Span;
  /** By key or index. */
  readonly children: ReadonlyMap<string | number, Located>;
}

const aliasLimit = 100;
const valueLimit = 200_000;
const problemLimit = 50;
const none: ReadonlyMap<string | number, Located> = new Map();

const nullWords: ReadonlySet<string> = new Set(["", "~", "null", "Null", "NULL"]);

interface Node {
  readonly range?: readonly [number, number, number] | null;
  readonly anchor?: string;
  readonly tag?: string;
}

/** Errors: `duplicate-key`, `yaml-alias`, `yaml-tag`, `bad-key`, `too-complex`. */
export function locate(
  document: YamlDocument,
  lines: Lines,
  kind: FileKind,
): { readonly root: Located; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const anchors = new Map<string, unknown>();
  const asText = kind.scalars === "text";
  let aliases = 0;
  let values = 0;

  const report = (code: string, message: string, hint: string, span: Span | undefined): void => {
    if (problems.length < problemLimit)
      problems.push({ severity: "error", code, message, hint, place: lines.placeAt(...(span ?? [0, 1])) });
  };

  const spanOf = (node: unknown): Span | undefined => {
    const range = (node as Node | null | undefined)?.range;
    return range === null || range === undefined ? undefined : [range[0], range[1]];
  };

  const isMapping = ({ value }: Located): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

  const mergeSources = (source: Located): readonly Located[] => {
    const sources = Array.isArray(source.value) ? [...source.children.values()] : [source];
    if (sources.every(isMapping)) return sources;
    report("bad-merge", "<< takes a map or a list of maps", "write << : *anchor, with the anchor at a map", source.keySpan ?? source.span);
    return [];
  };

  const keyOf = (key: unknown): string | undefined => {
    if (!isScalar(key)) return undefined;
    const source = (key as { source?: unknown }).source;
    return typeof source === "string" ? source : String(key.value);
  };

  const convert = (node: unknown, keySpan: Span | undefined, depth: number): Located => {
    const span = spanOf(node);
    const spans = { ...(span === undefined || span[0] === span[1] ? {} : { span }), ...(keySpan === undefined ? {} : { keySpan }) };
    const nothing: Located = { value: null, ...spans, children: none };
    values += 1;
    if (values > valueLimit || depth > nestingLimit) {
      if (values <= valueLimit + 1)
        report("too-complex", `the file unfolds to more values than ${kind.name} may have`, "write it without aliases", span);
      values = Math.max(values, valueLimit + 1);
      return nothing;
    }
    if (isAlias(node)) {
      aliases += 1;
      const target = anchors.get(node.source);
      if (target === undefined || aliases > aliasLimit) {
        if (aliases > aliasLimit + 1) return nothing;
        const why = target === undefined ? `there is no anchor &${node.source} before it` : `there are more than ${aliasLimit} aliases`;
        report("yaml-alias", `alias *${node.source} leads nowhere: ${why}`, "write the value out", span);
        return nothing;
      }
      // Its parts lie where the anchor is; the value itself lies here.
      return { ...convert(target, undefined, depth + 1), ...spans };
    }
    const { anchor, tag } = (node ?? {}) as Node;
    if (anchor !== undefined) anchors.set(anchor, node);
    if (tag !== undefined) {
      report("yaml-tag", `${kind.name} has no YAML tags`, "leave the tag out", span);
    }
    if (isMap(node)) {
      const children = new Map<string | number, Located>();
      const merged: Located[] = [];
      for (const pair of node.items) {
        const pairKeySpan = spanOf(pair.key);
        const key = keyOf(pair.key);
        if (key === undefined || key === "__proto__") {
          report("bad-key", "a key must be plain text", "write key: value; put text that holds a colon in quotes", pairKeySpan ?? span);
          continue;
        }
        if (children.has(key)) {
          report("duplicate-key", `"${key.slice(0, 50)}" stands here twice`, "keep one of them", pairKeySpan);
          continue;
        }
        const child = convert(pair.value, pairKeySpan, depth + 1);
        if (key === "<<" && asText && isScalar(pair.key) && pair.key.type === "PLAIN") merged.push(...mergeSources(child));
        else children.set(key, child);
      }
      // What a map says itself goes before what is merged into it, and of two merged ones the first.
      for (const [key, child] of merged.flatMap((source) => [...source.children])) if (!children.has(key)) children.set(key, child);
      return { value: Object.fromEntries([...children].map(([key, child]) => [key, child.value])), ...spans, children };
    }
    if (isSeq(node)) {
      const children = new Map<string | number, Located>();
      const value = node.items.map((item, index) => {
        const child = convert(item, undefined, depth + 1);
        children.set(index, child);
        return child.value;
      });
      return { value, ...spans, children };
    }
    if (!isScalar(node)) return nothing;
    const value = asText && node.type === "PLAIN" && nullWords.has(String(node.value)) ? null : node.value;
    return { value, ...spans, children: none };
  };

  return { root: convert(document.contents, undefined, 0), problems };
}
