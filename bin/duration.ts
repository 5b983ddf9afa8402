/** Durations as options: `90s`, `10m`, `2h`. */
import { InvalidArgumentError } from "commander";

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const longestMs = 24 * 3_600_000;

/** Milliseconds; a duration is longer than nothing, and a day at most. */
export function duration(text: string): number {
  const [, count, unit = ""] = /^([0-9]+(?:\.[0-9]+)?)([smh])$/.exec(text) ?? [];
  const milliseconds = Number(count) * (unitMs[unit] ?? Number.NaN);
  if (!(milliseconds > 0) || milliseconds > longestMs) {
    throw new InvalidArgumentError("It must be a duration such as 90s, 10m or 2h, a day at most");
  }
  return milliseconds;
}
