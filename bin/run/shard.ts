/** `--shard INDEX/COUNT`: a part of a run, so that several machines share it; together the parts are the whole, and none has what another has. */
import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import type { Problem } from "../../core/common/index.ts";
import type { Shard } from "../../reports/index.ts";

export interface ShardOptions {
  readonly shard?: Shard;
}

export function readShard(text: string): Shard {
  const [, index = "0", count = "0"] = /^([1-9][0-9]{0,3})\/([1-9][0-9]{0,3})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index < 1 || shard.index > shard.count) throw new InvalidArgumentError("It must be like 2/7: the second of seven parts");
  return shard;
}

export const addShardOption = (command: Command): Command =>
  command.option("--shard <index/count>", "only this part of the whole, e.g. 2/7; farmlab report merge joins the parts", readShard);

/** What parts of one run need: the same seed, and the whole to be judged only when it is together. */
export function shardProblems(
  { shard }: ShardOptions,
  { seed, baseline }: { readonly seed?: number; readonly baseline?: string },
): Problem[] {
  const refuse = (code: string, message: string, hint: string): Problem => ({ severity: "error", code, message, hint });
  if (shard === undefined) return [];
  return [
    ...(seed === undefined
      ? [refuse("shard-without-seed", "a part of a run needs the seed of the whole", "give every part the same --seed")]
      : []),
    ...(baseline === undefined
      ? []
      : [
          refuse(
            "shard-with-baseline",
            "a part of a run is not the whole that the baseline is of",
            "give --baseline to farmlab report merge",
          ),
        ]),
  ];
}
