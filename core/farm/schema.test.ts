import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { farmFileJsonSchema } from "./index.ts";
import type { JsonSchema } from "../common/reading/index.ts";

/** Every schema within a schema, with its path. */
function* within(schema: JsonSchema, path = "$"): Generator<[string, JsonSchema]> {
  yield [path, schema];
  for (const [key, inner] of Object.entries(schema.properties ?? {})) yield* within(inner, `${path}.${key}`);
  if (schema.items !== undefined) yield* within(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === "object") yield* within(schema.additionalProperties, `${path}.*`);
}

describe("the published JSON Schema", () => {
  // Written by: node -e 'import("./core/farm/index.ts").then((farm) => console.log(JSON.stringify(farm.farmFileJsonSchema(), null, 2)))'
  it("is the one of farm.schema.json", () => {
    const published: unknown = JSON.parse(readFileSync(new URL("farm.schema.json", import.meta.url), "utf8"));
    expect(farmFileJsonSchema()).toEqual(published);
  });

  it("refuses unknown keys in every map", () => {
    const open = [...within(farmFileJsonSchema())].filter(
      ([, schema]) => schema["type"] === "object" && schema.additionalProperties === undefined,
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });

  it("names the patterns and ranges that editors can check", () => {
    const schemas = new Map(within(farmFileJsonSchema()));
    expect(schemas.get("$.farm")).toMatchObject({ type: "string", pattern: "^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$" });
    expect(schemas.get("$.nodes.*.exit-node.number")).toMatchObject({ type: "integer", minimum: 1, maximum: 15 });
    expect(schemas.get("$.networks.*.workloads.*.host")).toMatchObject({ type: "integer", minimum: 2, maximum: 254 });
  });
});
