/** A JSON Schema, as far as messages walk it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
}

/** The part of a schema that judges the value at a path; undefined where no schema does. */
export function schemaPart(whole: JsonSchema, path: readonly (string | number)[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = whole;
  for (const step of path) {
    const rest: JsonSchema | boolean | undefined = schema?.additionalProperties;
    const properties: JsonSchema["properties"] = schema?.properties ?? {};
    const named: JsonSchema | undefined = Object.hasOwn(properties, step) ? properties[step] : undefined;
    schema = typeof step === "number" ? schema?.items : (named ?? (typeof rest === "object" ? rest : undefined));
  }
  return schema;
}
