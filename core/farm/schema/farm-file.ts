/** The farm file's schema as a whole. It transforms nothing, so that a JSON Schema can be published from it. */
import { z } from "zod";
import type { AllocationEntry, FarmFile } from "../document.ts";
import { network } from "./networks.ts";
import { node } from "./nodes.ts";
import { homeRouter, internet, upstream } from "./surroundings.ts";
import { name, numberBetween, prefixText } from "./text.ts";

const allocation: z.ZodType<AllocationEntry> = z.strictObject({
  prefix: prefixText(6),
  number: numberBetween(0, 127, "the allocation's number, last part of every derived name"),
  ipv4: prefixText(4).exactOptional(),
});

export const farmFileSchema: z.ZodType<FarmFile> = z.strictObject({
  farm: name,
  about: z.string().meta({ description: "a sentence on what the farm shows" }).exactOptional(),
  allocations: z.array(allocation),
  segments: z.array(name).meta({ description: "the Ethernets, by name" }),
  internet,
  upstreams: z.record(name, upstream).exactOptional(),
  "home-routers": z.record(name, homeRouter).exactOptional(),
  nodes: z.record(name, node),
  networks: z.record(name, network).exactOptional(),
});

/** A JSON Schema, as far as this room walks it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
}

/** The farm file's JSON Schema (draft 2020-12), for editors and other tools. */
export function farmFileJsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(farmFileSchema) as JsonSchema;
  return { $schema, title: "farmlab farm file", ...rest };
}

/** The part of the schema that judges the value at a path; undefined where no schema does. */
export function schemaAt(path: readonly (string | number)[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = farmFileJsonSchema();
  for (const step of path) {
    const rest: JsonSchema | boolean | undefined = schema?.additionalProperties;
    const properties: JsonSchema["properties"] = schema?.properties ?? {};
    const named: JsonSchema | undefined = Object.hasOwn(properties, step) ? properties[step] : undefined;
    schema = typeof step === "number" ? schema?.items : (named ?? (typeof rest === "object" ? rest : undefined));
  }
  return schema;
}
