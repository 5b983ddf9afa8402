/** What deriving one NR takes. */
import { expectValue, parsePrefix } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import { deriveExitNode, prefixesPerPart, subnetOf } from "../../core/derive/index.ts";
import { processorMs } from "../processor-times.ts";
import { median, type BenchFigure } from "../figures.ts";

const rounds = 25;
/** Microseconds. */
const target = 20;

const known = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return prefix;
};

/** All of a part, again and again, in processor time: what else the machine does would be measured with it. */
export async function derivationFigures(say: (line: string) => void): Promise<readonly BenchFigure[]> {
  say(`a part of ${prefixesPerPart} NRs, ${rounds} times`);
  const allocation = known("2a02:1802:5e::/48");
  const exitPoint = subnetOf(allocation, 0x1abc);
  const prefixes = Array.from({ length: prefixesPerPart }, (_, index) => subnetOf(allocation, 0x1000 + index));
  const times = Array.from({ length: rounds }, () =>
    processorMs(() => {
      for (const prefix of prefixes) expectValue(deriveExitNode({ prefix, exitNode: 1, allocation: 1, exitPoint }));
    }),
  );
  const value = (median(times) * 1000) / prefixesPerPart;
  return await Promise.resolve([{ name: "deriving one NR, of processor time", value, unit: "us", target }]);
}
