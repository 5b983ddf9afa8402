/**
 * From chance to single packets: a farm in which links lose some of all packets becomes one in which they lose those that they lost when the
 * failure showed. Which of them it takes is then for the reducer to find out.
 */
import { namedConditions } from "../../core/farm/index.ts";
import type { ConditionEntry, FarmFile, PacketEditEntry, TimelineEntry } from "../../core/farm/index.ts";

/** What an entry of the farm file did to one packet. */
export interface DecidedPacket {
  readonly list: "timeline" | "conditions";
  /** Of the entry in its list. */
  readonly position: number;
  readonly flow: string;
  /** Within the flow, from 1. */
  readonly index: number;
  readonly action: "drop" | "duplicate" | "corrupt";
}

/** Shares of packets that edits can say one by one. Which packets are held back or late they cannot. */
const shares = ["loss-percent", "duplicate-percent", "corrupt-percent"] as const;

type Entry = Pick<TimelineEntry, (typeof shares)[number] | "edits">;

const drawsAny = (entry: Entry): boolean => shares.some((key) => (entry[key] ?? 0) > 0);

/** Each packet once: of several decisions about one the first. What edits only delay stays. */
function editsOf(entry: Entry, decided: readonly DecidedPacket[]): PacketEditEntry[] {
  const edits = new Map<string, PacketEditEntry>();
  for (const { flow, index, action } of decided) {
    const packet = `${index} ${flow}`;
    if (!edits.has(packet)) edits.set(packet, { flow, index, action });
  }
  return [...edits.values(), ...(entry.edits ?? []).filter(({ action }) => action === "delay")];
}

function withoutShares<T extends Entry>(entry: T): T {
  const { "loss-percent": _loss, "duplicate-percent": _duplicate, "corrupt-percent": _corrupt, ...rest } = entry;
  return rest as T;
}

function explicitCondition(entry: ConditionEntry, decided: readonly DecidedPacket[]): ConditionEntry {
  const named = entry.like === undefined ? undefined : namedConditions[entry.like];
  const ofName = Math.max(named?.up.loss ?? 0, named?.down.loss ?? 0);
  const draws = (entry["loss-percent"] ?? 100 * ofName) > 0;
  if (!draws || decided.length === 0) return entry;
  return { ...withoutShares(entry), ...(ofName > 0 ? { "loss-percent": 0 } : {}), edits: editsOf(entry, decided) };
}

const explicitFault = (entry: TimelineEntry, decided: readonly DecidedPacket[]): TimelineEntry =>
  drawsAny(entry) && decided.length > 0 ? { ...withoutShares(entry), edits: editsOf(entry, decided) } : entry;

/** The farm with these decisions in place of the shares that they were drawn from; undefined where nothing was drawn. */
export function withDecisions(document: FarmFile, decided: readonly DecidedPacket[]): FarmFile | undefined {
  const { conditions = [], timeline = [] } = document;
  const of = (list: DecidedPacket["list"], position: number): DecidedPacket[] =>
    decided.filter((one) => one.list === list && one.position === position);
  const explicit = {
    conditions: conditions.map((entry, position) => explicitCondition(entry, of("conditions", position))),
    timeline: timeline.map((entry, position) => explicitFault(entry, of("timeline", position))),
  };
  const isSame =
    explicit.conditions.every((entry, at) => entry === conditions[at]) && explicit.timeline.every((entry, at) => entry === timeline[at]);
  if (isSame) return undefined;
  return {
    ...document,
    ...(document.conditions === undefined ? {} : { conditions: explicit.conditions }),
    ...(document.timeline === undefined ? {} : { timeline: explicit.timeline }),
  };
}
