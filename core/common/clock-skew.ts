/** How an agent's clock is put wrong while it runs: the kernel's is one for all nodes of a lab. A file in the node says by how much. */

export interface ClockSkew {
  /** How far the time of day is ahead of the right one, in milliseconds; negative: behind. */
  readonly aheadMs: number;
  /** How many seconds the clock counts in one. */
  readonly rate: number;
}

/** In memory: after a reboot the clock is right. No file, right time. */
export const clockSkewPath = "/run/farmlab/clock.json";

/** A hundred years: what is further away is hardly a date. */
const aheadMaxMs = 100 * 365.25 * 86_400_000;
const rateMax = 1000;

export function isClockSkew({ aheadMs, rate }: ClockSkew): boolean {
  return Math.abs(aheadMs) <= aheadMaxMs && rate >= 1 / rateMax && rate <= rateMax;
}

export function encodeClockSkew({ aheadMs, rate }: ClockSkew): string {
  return `${JSON.stringify({ aheadMs, rate })}\n`;
}

/** Undefined for what is no skew: half a file, another one's. */
export function decodeClockSkew(text: string): ClockSkew | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { aheadMs, rate } = value as Partial<Record<keyof ClockSkew, unknown>>;
  if (typeof aheadMs !== "number" || typeof rate !== "number") return undefined;
  return isClockSkew({ aheadMs, rate }) ? { aheadMs, rate } : undefined;
}
