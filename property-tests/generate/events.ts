/** What happens to a farm in time: events one after another, or beginning with the one before where no rule is against it. */
import type { TimelineEntry } from "../../core/farm/index.ts";
import { daemonsOf } from "./places.ts";
import type { NodeKind, PlaceKinds, Places } from "./places.ts";
import type { SettledNetwork } from "./networks.ts";
import { atMost } from "./sketch.ts";
import type { EventSketch } from "./sketch.ts";

export const eventKinds = [
  "change",
  "cut",
  "packets",
  "link-down",
  "node-reboot",
  "process-kill",
  "node-death",
  "node-pause",
  "partition",
  "agent-clock",
  "disk-full",
] as const;
export type EventKind = (typeof eventKinds)[number];

/** What faults of packets do. */
export const packetChoices: readonly Pick<
  TimelineEntry,
  "loss-percent" | "delay-ms" | "jitter-ms" | "reorder-percent" | "duplicate-percent" | "corrupt-percent" | "rate-kbit"
>[] = [
  { "loss-percent": 20 },
  { "delay-ms": 20, "jitter-ms": 20 },
  { "reorder-percent": 30 },
  { "duplicate-percent": 30 },
  { "corrupt-percent": 5 },
  { "rate-kbit": 500 },
];

export const lastsMsChoices = [500, 200, 2000] as const;
/** After the event before has ended; the last begins with it where it may. */
export const gapMsChoices = [300, 1000, -1] as const;
/** How much later than the event before an event begins that begins with it: never at once, as a thing cannot come and go at one moment. */
const togetherMs = 50;

export interface SettledEvent {
  readonly kind: EventKind;
  readonly atMs: number;
  /** -1 where it is over when it has happened. */
  readonly untilMs: number;
  /** Position among the links or the nodes; of a change the network's. */
  readonly place: number;
  /** Which variant of its kind. */
  readonly detail: number;
  /** Of a change: the position among the network's resources; -1 for the network itself. */
  readonly resource: number;
  readonly act: "fault" | "join" | "leave";
}

const onLinks: ReadonlySet<EventKind> = new Set(["cut", "packets", "link-down"]);
const momentary: ReadonlySet<EventKind> = new Set(["change", "node-reboot", "process-kill"]);
/** They hold nothing that another would have to let go first. */
const together: ReadonlySet<EventKind> = new Set(["change", "cut", "packets"]);

/** Internet hosts are nobody's to break, but for the daemons of the one that the farm's nodes use. */
function canHave(kind: EventKind, node: NodeKind): boolean {
  if (kind === "process-kill") return daemonsOf[node].length > 0;
  if (kind === "agent-clock" || kind === "disk-full") return ["hidden", "public", "standby", "exit-node"].includes(node);
  return node !== "store" && node !== "host";
}

/** Where an event of a kind can be, by position; for changes: networks, then resources that are no exit points. */
function candidates(kind: EventKind, places: PlaceKinds): number[] {
  if (onLinks.has(kind)) return places.links.map((_, position) => position);
  return places.nodes.flatMap((node, position) => (canHave(kind, node) ? [position] : []));
}

interface Thing {
  readonly network: number;
  readonly resource: number;
}

const thingsOf = (networks: readonly SettledNetwork[]): Thing[] => [
  ...networks.map((_, network) => ({ network, resource: -1 })),
  ...networks.flatMap(({ resources }, network) =>
    resources.flatMap(({ exitPoint }, resource) => (exitPoint ? [] : [{ network, resource }])),
  ),
];

/** Who is there; a thing whose first event says so is not there when the farm comes up. */
class Presence {
  readonly #things: readonly Thing[];
  readonly #away = new Set<number>();
  readonly #changed = new Set<number>();

  constructor(things: readonly Thing[], events: readonly EventSketch[]) {
    this.#things = things;
    for (const event of events) {
      const thing = atMost(event.place, things.length);
      // Only whole networks come late: of a resource one would have to know when its network is there.
      if (eventKinds[event.kind] !== "change" || things[thing]?.resource !== -1 || this.#changed.has(thing)) continue;
      this.#changed.add(thing);
      if (event.detail % 2 === 1) this.#away.add(thing);
    }
  }

  /** Changes the thing, or the network where that is away. */
  change(position: number): (Thing & { readonly act: "join" | "leave" }) | undefined {
    const wanted = this.#things[position];
    if (wanted === undefined) return undefined;
    const changed = wanted.resource >= 0 && this.#away.has(wanted.network) ? wanted.network : position;
    const thing = this.#things[changed] ?? wanted;
    const act = this.#away.delete(changed) ? "join" : "leave";
    if (act === "leave") this.#away.add(changed);
    return { ...thing, act };
  }
}

/** Resolves events in time. Those that have nowhere to be are left out. */
export function settleEvents(places: PlaceKinds, networks: readonly SettledNetwork[], sketches: readonly EventSketch[]): SettledEvent[] {
  const things = thingsOf(networks);
  const presence = new Presence(things, sketches);
  const settled: SettledEvent[] = [];
  let beganMs = 0;
  let endsMs = 0;
  for (const sketch of sketches) {
    const kind = eventKinds[sketch.kind] ?? "change";
    const gapMs = gapMsChoices[atMost(sketch.gap, gapMsChoices.length)] ?? 0;
    const atMs = gapMs < 0 && together.has(kind) ? beganMs + togetherMs : endsMs + Math.abs(gapMs);
    const untilMs = momentary.has(kind) ? -1 : atMs + (lastsMsChoices[atMost(sketch.lasts, lastsMsChoices.length)] ?? 0);
    const common = { kind, atMs, untilMs, detail: sketch.detail };
    if (kind === "change") {
      const changed = presence.change(atMost(sketch.place, things.length));
      if (changed === undefined) continue;
      settled.push({ ...common, place: changed.network, resource: changed.resource, act: changed.act });
    } else {
      const list = candidates(kind, places);
      const place = list[atMost(sketch.place, list.length)];
      if (place === undefined) continue;
      settled.push({ ...common, place, resource: -1, act: "fault" });
    }
    beganMs = atMs;
    endsMs = Math.max(endsMs, untilMs, atMs);
  }
  return settled;
}

const pick = <T>(list: readonly T[], position: number): T => {
  const found = list[position % list.length];
  if (found === undefined) throw new Error("nothing to choose from");
  return found;
};

function faultEntry(event: SettledEvent, places: Places): TimelineEntry {
  const node = (): string => pick(places.nodeNames, event.place);
  const link = pick(places.linkNames, event.place);
  const begin = { "at-ms": event.atMs, ...(event.untilMs < 0 ? {} : { "until-ms": event.untilMs }) };
  switch (event.kind) {
    case "cut":
      return { ...begin, fault: "cut", link, ...(event.detail % 2 === 0 ? {} : { from: link.replace(/:.*$/u, "") }) };
    case "packets":
      return { ...begin, fault: "packets", link, ...pick(packetChoices, event.detail) };
    case "link-down":
      return { ...begin, fault: "link-down", link };
    case "node-death":
      return { ...begin, fault: "node-death", node: node(), ...(event.detail % 2 === 0 ? {} : { carrier: "lost" }) };
    case "partition":
      return { ...begin, fault: "partition", nodes: [node()] };
    case "process-kill":
      return { ...begin, fault: "process-kill", node: node(), service: pick(daemonsOf[pick(places.nodes, event.place)], event.detail) };
    case "agent-clock":
      return { ...begin, fault: "agent-clock", node: node(), ...(event.detail % 2 === 0 ? { "ahead-ms": 3_600_000 } : { rate: 10 }) };
    case "disk-full":
      return { ...begin, fault: "disk-full", node: node(), folder: "/run" };
    case "node-pause":
    case "node-reboot":
      return { ...begin, fault: event.kind, node: node() };
    case "change":
      throw new Error("a change is no fault");
  }
}

/** The events as a farm file's timeline has them. Things are called `network` and `network/node`. */
export function timelineEntries(
  events: readonly SettledEvent[],
  places: Places,
  thing: (network: number, resource: number) => string,
): TimelineEntry[] {
  return events.map((event) =>
    event.act === "fault" ? faultEntry(event, places) : { "at-ms": event.atMs, [event.act]: thing(event.place, event.resource) },
  );
}
