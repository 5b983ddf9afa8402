/** Reads a farm file's text: YAML, schema, rules; every fault with its place in the file. */
import { failure, sortProblems, success } from "../common/index.ts";
import type { Outcome, Problem } from "../common/index.ts";
import { readDocument, schemaProblems } from "../common/reading/index.ts";
import type { FileKind, Places } from "../common/reading/index.ts";
import type { FarmFile } from "./document.ts";
import type { Farm } from "./farm.ts";
import { normalise } from "./normalise.ts";
import type { Finding } from "./rules/rule.ts";
import { judge } from "./rules/rules.ts";
import { farmFileJsonSchema, farmFileSchema } from "./schema/farm-file.ts";

/** Farm files, for messages of who reads them. */
export const farmFileKind: FileKind = {
  name: "a farm file",
  advice: "`farmlab init` writes a farm file to start from",
  content: "farm",
  levels: 6,
  scalars: "values",
};

export interface LoadedFarm {
  readonly farm: Farm;
  /** The file as written, validated but not normalised: for those who must not share the normaliser's mistakes. */
  readonly document: FarmFile;
  readonly places: Places;
}

export interface JudgedDocument {
  readonly farm: Farm;
  /** The document as the schema reads it. */
  readonly document: FarmFile;
  /** By path, unsorted. */
  readonly findings: readonly Finding[];
}

/** The farm of a document and what the rules find in it; undefined where it does not even have the shape of a farm file. */
export function judgeDocument(document: unknown): JudgedDocument | undefined {
  const shaped = farmFileSchema.safeParse(document);
  if (!shaped.success) return undefined;
  const farm = normalise(shaped.data);
  return { farm, document: shaped.data, findings: judge(farm, shaped.data) };
}

/**
 * Loads a farm from a file's text, decoded by the caller with replacement of what is no UTF-8. Takes any text: never throws for it, and its
 * time is bounded. Stages: size and bytes, YAML, schema, rules; all problems of the first stage that fails are reported, sorted by place,
 * each with line, column and hint. A value may come with warnings.
 */
export function loadFarm(text: string, file: string): Outcome<LoadedFarm> {
  const read = readDocument(text, file, farmFileKind);
  if (!read.ok) return read;
  const { value, places } = read.value;
  const shaped = farmFileSchema.safeParse(value);
  if (!shaped.success) {
    return failure(...sortProblems(schemaProblems(shaped.error.issues, { data: value, schema: farmFileJsonSchema(), places })));
  }
  const document = shaped.data;
  const farm = normalise(document);
  const found = sortProblems(
    judge(farm, document).map(({ severity, code, path, atKey, message, hint }): Problem => {
      const place = atKey === true ? places.ofKey(path) : places.of(path);
      return { severity, code, message, hint, place };
    }),
  );
  return found.some(({ severity }) => severity === "error") ? failure(...found) : success({ farm, document, places }, found);
}
