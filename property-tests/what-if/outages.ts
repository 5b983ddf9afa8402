/** From the probes of one flow to its outages. */

export interface Probe {
  /** When it was sent, monotonic milliseconds. */
  readonly sentMs: number;
  /** When its answer came; absent: it was lost. */
  readonly answeredMs?: number;
  /** The mark in its packets. */
  readonly token?: string;
}

export interface Outage {
  /** When the first probe that was lost was sent, and when the first answer after it came; null: none came any more. */
  readonly fromMs: number;
  readonly untilMs: number | null;
}

/** Every row of at least so many lost probes, of probes in the order in which they were sent. */
export function outagesOf(probes: readonly Probe[], leastLost = 1): readonly Outage[] {
  const outages: Outage[] = [];
  let row: Probe[] = [];
  const end = (untilMs: number | null): void => {
    const [first] = row;
    if (first !== undefined && row.length >= leastLost) outages.push({ fromMs: first.sentMs, untilMs });
    row = [];
  };
  for (const probe of probes) {
    if (probe.answeredMs === undefined) row.push(probe);
    else end(probe.answeredMs);
  }
  end(null);
  return outages;
}

/** How long it was; null where it had no end. */
export const lengthOf = ({ fromMs, untilMs }: Outage): number | null => (untilMs === null ? null : untilMs - fromMs);

/** The longest; one without an end is longer than all others. */
export function longestOf(outages: readonly Outage[]): Outage | undefined {
  const measure = (outage: Outage): number => lengthOf(outage) ?? Number.POSITIVE_INFINITY;
  return outages.reduce<Outage | undefined>(
    (longest, one) => (longest === undefined || measure(one) > measure(longest) ? one : longest),
    undefined,
  );
}

/** How a flow came back from its outages; `repairedMs`: when its repair began, absent where nobody has to repair it. */
export function returnOf(outages: readonly Outage[], repairedMs: number | undefined): "alone" | "repaired" | "never" {
  if (outages.some(({ untilMs }) => untilMs === null)) return "never";
  if (repairedMs === undefined) return "alone";
  return outages.some(({ fromMs, untilMs }) => fromMs < repairedMs && untilMs !== null && untilMs >= repairedMs) ? "repaired" : "alone";
}
