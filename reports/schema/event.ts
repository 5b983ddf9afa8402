/** The events as they are published. */
import * as z from "zod";
import type { ReportEvent } from "../event.ts";
import { counterexampleSchema, lawResultSchema, runResultSchema, verdictSchema } from "./result.ts";

const every = { schema: z.literal("farmlab.event/1"), id: z.int().min(1), atMs: z.number().min(0) };
const milliseconds = z.number().min(0);

export const eventSchema: z.ZodType<ReportEvent> = z.discriminatedUnion("kind", [
  z.looseObject({ ...every, kind: z.literal("run-started"), seed: z.int(), farmlab: z.string(), farms: z.array(z.string()) }),
  z.looseObject({ ...every, kind: z.literal("farm-started"), farm: z.string(), properties: z.int().min(0) }),
  z.looseObject({ ...every, kind: z.literal("farm-step"), farm: z.string(), step: z.string() }),
  z.looseObject({ ...every, kind: z.literal("farm-ready"), farm: z.string(), readyMs: milliseconds }),
  z.looseObject({ ...every, kind: z.literal("law-judged"), farm: z.string(), result: lawResultSchema }),
  z.looseObject({ ...every, kind: z.literal("farm-ended"), farm: z.string(), durationMs: milliseconds }),
  z.looseObject({
    ...{ ...every, kind: z.literal("scenario-judged"), farm: z.string(), seed: z.int(), durationMs: milliseconds },
    verdict: verdictSchema,
    count: z.int().min(0),
    troubles: z.array(z.string()),
    reproduce: z.nullable(z.string()),
    coverage: z.array(z.string()),
  }),
  z.looseObject({ ...every, kind: z.literal("counterexample"), counterexample: counterexampleSchema }),
  z.looseObject({ ...every, kind: z.literal("run-ended"), result: runResultSchema }),
]);
