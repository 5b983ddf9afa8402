/**
 * The result as it is read back and published: unknown keys are kept, for later versions add some. The types of `result.ts` say what each
 * key means. That nothing here is read as another type is checked where it is compiled, and that every key is named here by a test.
 */
import * as z from "zod";
import type { Counterexample, LawResult, RunResult, Verdict } from "../result.ts";

const count = z.int().min(0);
const texts = z.array(z.string());
export const verdictSchema: z.ZodType<Verdict> = z.enum(["passed", "failed", "flaky", "skipped", "unknown"]);

const figure = z.looseObject({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  bound: z.number().nullable(),
  better: z.enum(["lower", "higher"]).exactOptional(),
  spread: z.number().min(0).exactOptional(),
});

export const lawResultSchema: z.ZodType<LawResult> = z.looseObject({
  law: z.string(),
  property: z.string(),
  verdict: verdictSchema,
  runs: count,
  needs: texts,
  why: z.string().nullable(),
  figures: z.array(figure),
  repeats: z.looseObject({ broken: count, of: count }).exactOptional(),
  evidence: texts.exactOptional(),
  durationMs: z.number().min(0).exactOptional(),
});

const farmResult = z.looseObject({
  farm: z.string(),
  file: z.string().exactOptional(),
  backend: z.enum(["netns", "containerlab"]),
  laws: z.array(lawResultSchema),
  coverage: z.record(z.string(), z.number()),
});

export const counterexampleSchema: z.ZodType<Counterexample> = z.looseObject({
  law: z.string(),
  farm: z.string().exactOptional(),
  capsule: z.string().nullable(),
  reproduce: z.string(),
  size: count,
});

const search = z.looseObject({
  modelled: count,
  emulated: count,
  unguided: count,
  unguidedFailed: count,
  excludes: z.number().min(0).max(1).nullable(),
  covered: z.record(z.string(), z.looseObject({ count, known: count.nullable() })),
  keys: texts.exactOptional(),
  exhausted: texts,
});

const changes = z.array(z.looseObject({ what: z.string(), before: z.string(), now: z.string() }));

export const runResultSchema: z.ZodType<RunResult> = z.looseObject({
  schema: z.literal("farmlab.run/1"),
  seed: z.int(),
  begun: z.string().exactOptional(),
  farmlab: z.string(),
  commit: z.string().nullable(),
  host: z.looseObject({ choices: z.record(z.string(), z.string()) }),
  results: z.array(farmResult),
  counterexamples: z.array(counterexampleSchema),
  search: search.exactOptional(),
  baseline: z.looseObject({ worse: changes, better: changes }).exactOptional(),
  durationMs: z.number().min(0),
});
