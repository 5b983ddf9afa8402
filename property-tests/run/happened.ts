/** What really happened to a farm while it was judged: its timeline as it was carried out, and what links decided about single packets. */
import type { Change, PacketEdit, Timeline } from "../../core/farm/index.ts";
import { wireOfLab } from "../../emulator/wire/index.ts";
import type { WireDecision, WirePlan } from "../../emulator/wire/index.ts";
import { faultText } from "../oracle/index.ts";
import { agentNotes } from "./agent-notes.ts";
import type { Session } from "./session.ts";
import { timelineRunIn } from "./timeline/index.ts";
import type { TimelineRun } from "./timeline/index.ts";

export interface Occurrence {
  /** Milliseconds from the moment at which the farm was settled; null where nobody noted the time. */
  readonly atMs: number | null;
  readonly what: string;
}

/** What a fault or a condition of the farm did to one packet. */
export interface PacketDecision {
  readonly by: "fault" | "condition";
  /** In the farm's list of faults or of conditions, from 0. */
  readonly position: number;
  readonly link: string;
  /** The node at that end of the link which had sent the packet. */
  readonly from: string;
  /** As edits name it. */
  readonly flow: string;
  /** Within the flow, from 1. */
  readonly index: number;
  readonly action: Exclude<PacketEdit["action"], "pass" | "delay"> | "reorder";
}

export interface WhatHappened {
  /** In the order of time. */
  readonly timeline: readonly Occurrence[];
  /** Apart from those about how late a packet is: with jitter there is one about every packet. Bounded. */
  readonly decisions: readonly PacketDecision[];
  /** How many more decisions there were. */
  readonly more: number;
  /** What agents noted shortly before the timeline, during and after it. In the order of time, bounded. */
  readonly notes: readonly Occurrence[];
}

/** As many as one fault may have by hand. */
const decisionsMax = 4000;

/** Faults and conditions give the wire's rules their names, counted from 1. */
const ruleName = /^(fault|condition)-([1-9]\d*)$/;

function decisionOf({ links }: WirePlan, { link, direction, rule, flow, index, what }: WireDecision): PacketDecision[] {
  const [, by, number] = ruleName.exec(rule) ?? [];
  if (by === undefined || what === "delay") return [];
  const from = links.find(({ name }) => name === link)?.ends[direction].node ?? "";
  return [{ by: by as PacketDecision["by"], position: Number(number) - 1, link, from, flow, index, action: what }];
}

const changeText = ({ act, network, node }: Change): string => `${network}${node === undefined ? "" : `/${node}`} ${act}s`;

function happeningsOf({ faults, changes }: Timeline): Occurrence[] {
  const all = [
    ...faults.flatMap(({ fault, atMs, healAtMs }): Occurrence[] => [
      { atMs, what: `${faultText(fault)}${healAtMs === undefined ? "" : " begins"}` },
      ...(healAtMs === undefined ? [] : [{ atMs: healAtMs, what: `${faultText(fault)} is over` }]),
    ]),
    ...changes.map((change): Occurrence => ({ atMs: change.atMs, what: changeText(change) })),
  ];
  return all.toSorted((one, other) => (one.atMs ?? 0) - (other.atMs ?? 0));
}

/** What an agent did so long before the zero point may still be felt after it. */
const notesBeforeMs = 5000;
const notesMax = 500;

async function notesOf(session: Session, { zeroAt, observations }: TimelineRun): Promise<Occurrence[]> {
  const lastMs = observations.reduce((last, { toMs }) => Math.max(last, toMs), 0);
  const notes = await agentNotes(session, zeroAt - notesBeforeMs, zeroAt + lastMs);
  const told = notes.slice(0, notesMax).map(({ at, node, text }): Occurrence => ({ atMs: at - zeroAt, what: `${node}'s agent: ${text}` }));
  return notes.length === told.length ? told : [...told, { atMs: null, what: `and ${notes.length - told.length} more notes of agents` }];
}

/** Of a session whose laws have been judged; rejects where the lab does not answer any more. */
export async function whatHappened(session: Session): Promise<WhatHappened> {
  const run = await timelineRunIn(session);
  const wire = wireOfLab(session.lab);
  const seen = await wire?.decisions();
  const decisions = wire === undefined ? [] : (seen?.decisions ?? []).flatMap((decision) => decisionOf(wire.plan, decision));
  return {
    timeline: run === undefined ? [] : happeningsOf(run.happened),
    decisions: decisions.slice(0, decisionsMax),
    more: Math.max(0, decisions.length - decisionsMax) + (seen?.cut ?? 0),
    notes: run === undefined ? [] : await notesOf(session, run),
  };
}

const did = { drop: "drops", duplicate: "duplicates", corrupt: "corrupts", reorder: "holds back" } as const;

const decisionText = ({ by, position, link, from, flow, index, action }: PacketDecision): string =>
  `${by} ${position + 1} ${did[action]} packet ${index} of ${flow}, from ${from} at ${link}`;

/** All of it in words, at most so many: the timeline first, then packets, and what agents noted where there is room for it. */
export function happeningsIn({ timeline, decisions, more, notes }: WhatHappened, most: number): readonly Occurrence[] {
  const all = [...timeline, ...decisions.map((decision): Occurrence => ({ atMs: null, what: decisionText(decision) }))];
  if (all.length <= most && more === 0) return [...all, ...notes.slice(0, most - all.length)];
  const shown = all.slice(0, most - 1);
  return [...shown, { atMs: null, what: `and ${all.length + more - shown.length} more decisions about packets` }];
}
