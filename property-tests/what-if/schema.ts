/** The result as it is published: unknown keys are kept, for later versions add some. The types of `result.ts` say what each key means. */
import * as z from "zod";
import type { ExpectationResult, FailureResult, LostFlow, WhatIfResult } from "./result.ts";

const count = z.int().min(0);
const milliseconds = z.number().min(0);
const texts = z.array(z.string());

const lostFlow: z.ZodType<LostFlow> = z.looseObject({
  ...{ flow: z.string(), from: z.string(), to: z.string(), family: z.literal([4, 6]), service: z.string() },
  comesBack: z.enum(["alone", "repaired", "never"]),
  outageMs: milliseconds.nullable(),
  afterRepairMs: milliseconds.nullable(),
});

const failure: z.ZodType<FailureResult> = z.looseObject({
  failure: z.string(),
  parts: z.array(z.looseObject({ kind: z.enum(["link", "node", "process"]), name: z.string() })).min(1),
  verdict: z.enum(["harmless", "passing", "standing", "lasting", "unknown"]),
  stoodMs: milliseconds.nullable(),
  ...{ lost: z.array(lostFlow), cutOff: texts, onlyTogether: texts.nullable() },
  why: z.string().nullable(),
});

const expectation: z.ZodType<ExpectationResult> = z.looseObject({
  expectation: z.string(),
  verdict: z.enum(["passed", "failed", "unknown"]),
  failures: count,
  why: texts,
});

export const whatIfResultSchema: z.ZodType<WhatIfResult> = z.looseObject({
  schema: z.literal("farmlab.what-if/1"),
  ...{ farm: z.string(), seed: z.int(), farmlab: z.string() },
  backend: z.enum(["netns", "containerlab"]),
  host: z.looseObject({ choices: z.record(z.string(), z.string()) }),
  ...{ probeEveryMs: milliseconds, probeWaitMs: milliseconds },
  flows: z.looseObject({ watched: count, known: count }),
  silent: texts,
  failures: z.array(failure),
  expectations: z.array(expectation),
  notTried: texts,
  durationMs: milliseconds,
});
