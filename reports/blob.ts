/** What one shard of a run leaves for `farmlab report merge`: its result, and which part of the whole it is. */
import type { Reporter } from "./reporter.ts";
import type { RunResult } from "./result.ts";
import type { Shard } from "./shard.ts";

export interface Blob {
  readonly schema: "farmlab.blob/1";
  readonly shard: Shard;
  readonly result: RunResult;
}

export const blobReporter = (shard: Shard): Reporter => ({
  name: "blob",
  report: (result) => `${JSON.stringify({ schema: "farmlab.blob/1", shard, result } satisfies Blob)}\n`,
});
