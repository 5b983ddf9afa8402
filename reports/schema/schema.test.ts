import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exampleResult } from "../example.ts";
import type { Blob } from "../index.ts";
import { blobSchema, eventSchema, publishedSchemas, runResultSchema } from "./index.ts";

const beside = (name: string): URL => new URL(name, import.meta.url);
const blob: Blob = { schema: "farmlab.blob/1", shard: { index: 1, count: 2 }, result: exampleResult };

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** Paths of what a value holds that its schema does not name. */
function unnamed(schema: JsonSchema, value: unknown, path = "$"): string[] {
  if (schema.anyOf !== undefined)
    return schema.anyOf.map((one) => unnamed(one, value, path)).toSorted((one, other) => one.length - other.length)[0] ?? [];
  if (Array.isArray(value)) return value.flatMap((one) => (schema.items === undefined ? [path] : unnamed(schema.items, one, `${path}[]`)));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = schema.properties?.[key] ?? (schema.properties === undefined ? schema.additionalProperties : undefined);
    return typeof own === "object" ? unnamed(own, inner, `${path}.${key}`) : [`${path}.${key}`];
  });
}

describe("the published JSON Schemas", () => {
  it.each(Object.entries(publishedSchemas()))("%s is what the code reads (-u writes it)", async (name, schema) => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(beside(`${name}.schema.json`).pathname);
  });

  it("name every key that a result can have", () => {
    expect(unnamed(publishedSchemas()["run"] as JsonSchema, exampleResult)).toEqual([]);
    expect(unnamed(publishedSchemas()["blob"] as JsonSchema, blob)).toEqual([]);
    expect(unnamed(publishedSchemas()["run"] as JsonSchema, { ...exampleResult, more: 1 })).toEqual(["$.more"]);
  });
});

describe("what was written is read back", () => {
  it("whole, with the keys that a later version adds", () => {
    const later = { ...exampleResult, more: { of: "it" } };
    expect(runResultSchema.parse(later)).toEqual(later);
    expect(blobSchema.parse(blob)).toEqual(blob);
    for (const line of readFileSync(beside("../golden/events.ndjson"), "utf8").split("\n").slice(0, -1)) {
      const event: unknown = JSON.parse(line);
      expect(eventSchema.parse(event)).toEqual(event);
    }
  });

  it("but nothing that lacks a key or holds another type", () => {
    const { seed: _, ...without } = exampleResult;
    expect(runResultSchema.safeParse(without).success).toBe(false);
    expect(runResultSchema.safeParse({ ...exampleResult, schema: "farmlab.run/2" }).success).toBe(false);
    const [farm] = exampleResult.results;
    const results = [{ ...farm, laws: [{ ...farm?.laws[0], verdict: "ok" }] }];
    expect(runResultSchema.safeParse({ ...exampleResult, results }).success).toBe(false);
  });
});
