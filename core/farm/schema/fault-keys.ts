/** Which keys of a timeline's entry belong to which fault. */
import type { TimelineEntry } from "../document.ts";
import type { FaultKind } from "../faults/fault.ts";

export type TimelineKey = keyof TimelineEntry;

interface FaultKeys {
  readonly needed: readonly TimelineKey[];
  readonly optional: readonly TimelineKey[];
}

/** What a fault of packets does; without one of them it does nothing. */
export const effectKeys: readonly TimelineKey[] = [
  "loss-percent",
  "delay-ms",
  "jitter-ms",
  "reorder-percent",
  "duplicate-percent",
  "corrupt-percent",
  "rate-kbit",
  "edits",
];

/** Faults that are over when they have happened have no `until-ms`. */
export const faultKeys: Readonly<Record<FaultKind, FaultKeys>> = {
  packets: { needed: ["link"], optional: ["until-ms", "from", "only", ...effectKeys, "reorder-behind", "reorder-hold-ms", "queue-ms"] },
  cut: { needed: ["link"], optional: ["until-ms", "from"] },
  "link-down": { needed: ["link"], optional: ["until-ms"] },
  partition: { needed: ["nodes"], optional: ["until-ms"] },
  "node-death": { needed: ["node"], optional: ["until-ms", "carrier"] },
  "node-pause": { needed: ["node"], optional: ["until-ms"] },
  "node-reboot": { needed: ["node"], optional: [] },
  "process-kill": { needed: ["node", "service"], optional: ["signal"] },
  "agent-clock": { needed: ["node"], optional: ["until-ms", "ahead-ms", "rate"] },
  "disk-full": { needed: ["node", "folder"], optional: ["until-ms"] },
};
