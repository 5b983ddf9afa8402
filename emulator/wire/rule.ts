/** Rules of the wire as fields of its requests (emulator/native/wire_rule.c reads them). */
import { parsePrefix, formatPrefix } from "../../core/common/index.ts";
import type { FlowFilter, PacketConditions, PacketEdit } from "../../core/farm/index.ts";
import { microseconds } from "./decide.ts";

/** What one direction of a link does to packets: rules of a direction apply in the order in which they were first set. */
export interface WireRule extends PacketConditions {
  /** A whole number from 0; every decision follows from it. */
  readonly seed: number;
  readonly only?: FlowFilter;
  readonly edits?: readonly PacketEdit[];
  /** Every packet ends here; nothing is decided about single ones. */
  readonly cut?: boolean;
}

type Field = readonly [key: string, value: string | number | undefined];

const protocolNumbers = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 } as const;
const arpEthertype = 0x0806;

function prefixText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return formatPrefix(prefix);
}

function filterFields({ protocol, source, destination, sourcePort, destinationPort }: FlowFilter): Field[] {
  return [
    protocol === "arp" ? ["ethertype", arpEthertype] : ["protocol", protocol === undefined ? undefined : protocolNumbers[protocol]],
    ["source", prefixText(source)],
    ["destination", prefixText(destination)],
    ["source_port", sourcePort],
    ["destination_port", destinationPort],
  ];
}

const micro = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : microseconds(milliseconds);

function conditionFields(conditions: PacketConditions): Field[] {
  return [
    ["loss", conditions.loss],
    ["delay_us", micro(conditions.delayMs)],
    ["jitter_us", micro(conditions.jitterMs)],
    ["reorder", conditions.reorder],
    ["reorder_behind", conditions.reorderBehind],
    ["reorder_hold_us", micro(conditions.reorderHoldMs)],
    ["duplicate", conditions.duplicate],
    ["corrupt", conditions.corrupt],
    ["rate_kbit", conditions.rateKbit],
    ["queue_us", micro(conditions.queueMs)],
  ];
}

/** `key=value` fields. Throws for a filter whose prefix is none; what numbers are allowed the wire itself says. */
export function ruleFields(rule: WireRule): string[] {
  const fields: Field[] = [
    ["seed", rule.seed],
    ...conditionFields(rule),
    ...filterFields(rule.only ?? {}),
    ["cut", rule.cut === true ? 1 : undefined],
    ...(rule.edits ?? []).map(({ flow, index, action, delayMs }): Field => ["edit", `${index} ${action} ${micro(delayMs) ?? 0} ${flow}`]),
  ];
  return fields.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
}
