/** What can be taken out of a farm file's document one by one: read from the schema, so that a new key is a part as soon as there is one. */
import { farmFileJsonSchema } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import type { JsonSchema, Path } from "../../core/common/reading/index.ts";

/** A list's entry, a map's entry, or a key that may be left out. Paths are of the document that was asked, for list positions shift. */
export type Part = Path;

/** `networks.blue.resources.1`. */
export const partName = (part: Part): string => part.join(".");

const isMap = (schema: JsonSchema | undefined): boolean => typeof schema?.additionalProperties === "object";
const isCollection = (schema: JsonSchema | undefined): boolean => schema?.items !== undefined || isMap(schema);

function childSchema(schema: JsonSchema | undefined, step: string | number): JsonSchema | undefined {
  if (typeof step === "number") return schema?.items;
  if (Object.hasOwn(schema?.properties ?? {}, step)) return schema?.properties?.[step];
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

const isRequired = (schema: JsonSchema | undefined, key: string): boolean => ((schema?.["required"] ?? []) as string[]).includes(key);

const entriesOf = (value: unknown): [string | number, unknown][] =>
  Array.isArray(value) ? [...value.entries()] : typeof value === "object" && value !== null ? Object.entries(value) : [];

/** Text that no lab shows, and a router's outer addresses, without which everything behind it fails for a reason of its own. */
const staying: readonly unknown[] = ["about", "wan4", "wan6"];

/** Whether what stands at a step of something with this schema can go alone. A whole collection cannot: it goes with its last entry. */
function isPart(schema: JsonSchema | undefined, step: string | number): boolean {
  if (staying.includes(step)) return false;
  if (typeof step === "number" || isMap(schema)) return true;
  return !isRequired(schema, step) && !isCollection(childSchema(schema, step));
}

function* within(value: unknown, schema: JsonSchema | undefined, path: Path): Generator<Part> {
  for (const [step, child] of entriesOf(value)) {
    if (isPart(schema, step)) yield [...path, step];
    yield* within(child, childSchema(schema, step), [...path, step]);
  }
}

/** Every part, in the order of the document; a part comes before those within it. */
export function partsOf(document: FarmFile): readonly Part[] {
  return [...within(document, farmFileJsonSchema(), [])];
}

/** The value at a path; undefined where there is none. */
export function valueAt(document: unknown, path: Path): unknown {
  let value = document;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function removeFrom(value: unknown, schema: JsonSchema | undefined, parts: readonly Part[]): unknown {
  const bySteps = Map.groupBy(parts, ([step]) => step);
  const kept = entriesOf(value).flatMap(([step, child]): [string | number, unknown][] => {
    const own = bySteps.get(step);
    if (own === undefined) return [[step, child]];
    if (own.some((part) => part.length === 1)) return [];
    const schemaOfChild = childSchema(schema, step);
    const rest = removeFrom(
      child,
      schemaOfChild,
      own.map((part) => part.slice(1)),
    );
    const isNeeded = typeof step === "number" || isMap(schema) || isRequired(schema, step) || !isCollection(schemaOfChild);
    return isNeeded || entriesOf(rest).length > 0 ? [[step, rest]] : [];
  });
  return Array.isArray(value) ? kept.map(([, child]) => child) : Object.fromEntries(kept);
}

/** The document without these parts and what is in them; a collection that may be left out goes with its last entry. */
export function removeParts(document: FarmFile, parts: readonly Part[]): FarmFile {
  return removeFrom(document, farmFileJsonSchema(), parts) as FarmFile;
}

/** The smallest part that a path lies in or is; undefined where it lies in none. */
export function partAround(path: Path): Part | undefined {
  let schema: JsonSchema | undefined = farmFileJsonSchema();
  let found: Part | undefined;
  for (const [index, step] of path.entries()) {
    if (isPart(schema, step)) found = path.slice(0, index + 1);
    schema = childSchema(schema, step);
  }
  return found;
}
