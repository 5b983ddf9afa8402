/** The JSON Schemas of what reports write, made of the schemas that read it back. */
import * as z from "zod";
import { blobSchema } from "./blob.ts";
import { eventSchema } from "./event.ts";
import { runResultSchema } from "./result.ts";

export { blobSchema, eventSchema, runResultSchema };

/** By the name of the file beside this one: `NAME.schema.json`. */
export const publishedSchemas = (): Readonly<Record<string, object>> => ({
  run: z.toJSONSchema(runResultSchema),
  event: z.toJSONSchema(eventSchema),
  blob: z.toJSONSchema(blobSchema),
});
