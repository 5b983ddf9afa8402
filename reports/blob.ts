/** What one shard of a run leaves for `farmlab report merge`: its result, and which part of the whole it is. */
import type { Reporter } from "./reporter.ts";
import type { RunResult } from "./result.ts";

export interface Blob {
  readonly schema: "farmlab.blob/1";
  /** Part `index` of `count`, from 1. */
  readonly shard: Shard;
  readonly result: RunResult;
}

export interface Shard {
  readonly index: number;
  readonly count: number;
}

export const blobReporter = (shard: Shard): Reporter => ({
  name: "blob",
  report: (result) => `${JSON.stringify({ schema: "farmlab.blob/1", shard, result } satisfies Blob)}\n`,
});
