/** A shard's blob as it is read back and published. */
import * as z from "zod";
import type { Blob } from "../blob.ts";
import { runResultSchema } from "./result.ts";

export const blobSchema: z.ZodType<Blob> = z.looseObject({
  schema: z.literal("farmlab.blob/1"),
  shard: z.looseObject({ index: z.int().min(1), count: z.int().min(1) }),
  result: runResultSchema,
});
