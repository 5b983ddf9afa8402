/**
 * What a run says and how: the shape of the result (`result.ts`) and one file per reporter. It judges nothing and knows no laws.
 */
export * from "./result.ts";
export * from "./verdict.ts";
export * from "./reporter.ts";
export * from "./console.ts";
export * from "./json.ts";
export * from "./junit.ts";
export * from "./statistics.ts";
export * from "./event.ts";
export * from "./shard.ts";
export * from "./blob.ts";
export * from "./baseline.ts";
export * from "./merge.ts";
export { excludedBy } from "./search-text.ts";
export * from "./ndjson.ts";
export * from "./github.ts";
export * from "./job-summary.ts";
export * from "./html.ts";
export { blobSchema, runResultSchema } from "./schema/index.ts";
