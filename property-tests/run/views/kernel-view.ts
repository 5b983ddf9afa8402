/** What the kernel did with the packet: why it gave it up, which rules counted it, which of its own counters moved, what it keeps of the flow. */
import { formatAddress, sameAddress } from "../../../core/common/index.ts";
import type { Address } from "../../../core/common/index.ts";
import { dropText } from "../../../emulator/capture/index.ts";
import type { FlowTuple, TrackedFlow } from "../../../emulator/capture/index.ts";
import type { BrokenFlow } from "../../laws/law.ts";
import type { View } from "../evidence.ts";
import { endsText, type Found } from "./outcome.ts";
import type { SentAgain } from "./send-again.ts";
import type { PlaceTables } from "./tables/place-tables.ts";

/** Counters that say of a packet that it came to nothing (RFC 4293 and Linux's own). */
const telling =
  /(NoRoutes|Discards|AddrErrors|HdrErrors|NoPorts|InErrors|DestUnreachs|TimeExcds|InTruncatedPkts|FragFails|IPReversePathFilter)$/;
const counterLinesMax = 4;

export interface KernelFound {
  /** Where the kernel gave it up; undefined where it says nothing of it. */
  readonly at: string | undefined;
  readonly view: View;
}

/** What a place has counted while the flow was sent: rules that decide, and protocol counters. */
function movedAt(before: PlaceTables | undefined, after: PlaceTables): { readonly rules: string[]; readonly counters: string[] } {
  const former = new Map((before?.chains ?? []).flatMap(({ rules }) => rules.map((rule) => [rule.text, rule.packets ?? 0] as const)));
  const rules = after.chains
    .flatMap((chain) => chain.rules)
    .filter((rule) => rule.packets !== undefined && rule.packets > (former.get(rule.text) ?? 0))
    .map((rule) => `${rule.text} (+${(rule.packets ?? 0) - (former.get(rule.text) ?? 0)})`);
  const counters = [...after.counters]
    .filter(([name, value]) => telling.test(name) && value > (before?.counters.get(name) ?? 0))
    .map(([name, value]) => `${name} +${value - (before?.counters.get(name) ?? 0)}`);
  return { rules, counters };
}

/** With NAT, a flow's two directions are not each other's reverse. */
const isTranslated = ({ original, reply }: TrackedFlow): boolean =>
  !sameAddress(original.source, reply.destination) || !sameAddress(original.destination, reply.source);

const tupleText = ({ source, sourcePort, destination, destinationPort }: FlowTuple): string =>
  `${formatAddress(source)} port ${sourcePort} > ${formatAddress(destination)} port ${destinationPort}`;

const trackedText = ({ where, original, reply }: TrackedFlow): string =>
  `${where} has it on record as ${tupleText(original)}, answered as ${tupleText(reply)}`;

const isOf = (flow: TrackedFlow, to: Address, sourcePort: number, port: number): boolean =>
  sameAddress(flow.original.destination, to) &&
  (port === 0 || (flow.original.destinationPort === port && flow.original.sourcePort === sourcePort));

/** `path`: the places of interest, such as those of the other views. */
export function kernelView(
  broken: BrokenFlow,
  again: SentAgain,
  wire: Found | undefined,
  path: readonly string[],
  sourcePort: number,
): KernelFound {
  const drops = [...(again.request?.fate.drops ?? []), ...(again.reply?.fate.drops ?? [])];
  const { request } = broken;
  const places = [...new Set(path)].flatMap((where) => again.after.places.get(where) ?? []);
  const moved = places.map((place) => ({ where: place.where, ...movedAt(again.before.places.get(place.where), place) }));
  const counted = moved.flatMap(({ where, rules }) => rules.map((rule) => `${where} counted ${rule}`));
  const counters = moved.filter((one) => one.counters.length > 0).map(({ where, counters: all }) => `${where}: ${all.join(", ")}`);
  const tracked = places
    .flatMap((place) => place.tracked.filter((flow) => isTranslated(flow) && isOf(flow, request.to, sourcePort, request.port ?? 0)))
    .map(trackedText);
  const dropping = moved.find(({ rules }) => rules.some((rule) => / (drop|reject)\b.*\(\+\d+\)$/.test(rule)))?.where;
  const answered = wire?.outcome.kind === "answered" ? wire.outcome.by : undefined;
  // A rule that counted meanwhile may have counted another packet: it speaks of this one only where this one was seen last, coming in.
  const last = (again.reply ?? again.request)?.steps.at(-1)?.sighting;
  const endedThere = answered === undefined && last !== undefined && last.where === dropping && last.packet.direction === "in";
  const at = drops[0]?.where ?? (endedThere ? dropping : undefined);
  const silent =
    again.dropsUnavailable === undefined
      ? "it dropped nothing of this flow"
      : `why it drops is not given by this host: ${again.dropsUnavailable}`;
  return {
    at,
    view: {
      view: "kernel",
      says: [
        ...(drops.length === 0 ? [silent] : drops.map((drop) => `dropped in ${dropText(drop)}`)),
        ...counted,
        ...counters.slice(0, counterLinesMax),
        ...[...new Set(tracked)],
      ],
      ends: at ?? (answered === undefined ? null : endsText({ kind: "answered", by: answered })),
    },
  };
}
