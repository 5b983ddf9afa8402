/** The file's timeline and expectations as a `Farm` has them. Needs entries that have passed the schema. */
import type { ExpectationEntry, TimelineEntry } from "./document.ts";
import type { Fault, FlowFilter, PacketConditions, PacketEdit } from "./faults/fault.ts";
import type { ScheduledFault } from "./faults/schedule.ts";
import { present, service } from "./normalise-values.ts";
import type { Change, ExpectedParty, Expectation, Timeline } from "./timeline.ts";

const shareOf = (percent: number | undefined): number | undefined => (percent === undefined ? undefined : percent / 100);

function conditionsOf(entry: TimelineEntry): PacketConditions {
  return present({
    loss: shareOf(entry["loss-percent"]),
    delayMs: entry["delay-ms"],
    jitterMs: entry["jitter-ms"],
    reorder: shareOf(entry["reorder-percent"]),
    reorderBehind: entry["reorder-behind"],
    reorderHoldMs: entry["reorder-hold-ms"],
    duplicate: shareOf(entry["duplicate-percent"]),
    corrupt: shareOf(entry["corrupt-percent"]),
    rateKbit: entry["rate-kbit"],
    queueMs: entry["queue-ms"],
  });
}

function filterOf(only: TimelineEntry["only"]): FlowFilter | undefined {
  if (only === undefined) return undefined;
  const { protocol, source, destination } = only;
  return present({ protocol, source, destination, sourcePort: only["source-port"], destinationPort: only["destination-port"] });
}

/** Decisions by hand, of a fault or a condition. */
export const editsOf = (edits: TimelineEntry["edits"]): readonly PacketEdit[] | undefined =>
  edits?.map(({ flow, index, action, "delay-ms": delayMs }) => present({ flow, index, action, delayMs }));

function faultOf(kind: Fault["kind"], entry: TimelineEntry): Fault {
  const { link = "", node = "", from, service: name = "", folder = "", carrier = "kept", signal = "SIGKILL" } = entry;
  switch (kind) {
    case "packets":
      return { kind, ...present({ link, from, only: filterOf(entry.only), edits: editsOf(entry.edits) }), ...conditionsOf(entry) };
    case "cut":
      return present({ kind, link, from });
    case "link-down":
      return { kind, link };
    case "partition":
      return { kind, nodes: entry.nodes ?? [] };
    case "node-death":
      return { kind, node, carrier };
    case "node-pause":
    case "node-reboot":
      return { kind, node };
    case "process-kill":
      return { kind, node, service: name, signal };
    case "agent-clock":
      return present({ kind, node, aheadMs: entry["ahead-ms"], rate: entry.rate });
    case "disk-full":
      return { kind, node, folder };
  }
}

/** `blue/node-3` taken apart. */
function changed(text: string): Pick<Change, "network" | "node"> {
  const [network = "", node] = text.split("/");
  return present({ network, node });
}

export function timelineOf(entries: readonly TimelineEntry[]): Timeline {
  const faults: ScheduledFault[] = [];
  const changes: Change[] = [];
  for (const entry of entries) {
    const { "at-ms": atMs, "until-ms": healAtMs, fault, join, leave } = entry;
    if (fault !== undefined) faults.push(present({ atMs, fault: faultOf(fault, entry), healAtMs }));
    if (join !== undefined) changes.push({ atMs, act: "join", ...changed(join) });
    if (leave !== undefined) changes.push({ atMs, act: "leave", ...changed(leave) });
  }
  return { faults, changes };
}

function partyOf(text: string): ExpectedParty {
  const [network = "", workload] = text.split("/");
  return workload === undefined ? { kind: "internet" } : { kind: "workload", network, workload };
}

export function expectationOf(entry: ExpectationEntry): Expectation {
  return {
    from: partyOf(entry.from),
    to: partyOf(entry.to),
    ...(entry.service === undefined ? {} : { service: service(entry.service) }),
    ...(entry.family === undefined ? {} : { family: entry.family === "ipv4" ? 4 : 6 }),
    reachable: entry.reachable ?? true,
    survives: entry.survives ?? [],
    withinMs: entry["within-ms"] ?? 0,
  };
}
