/** What faults and conditions do to packets on a way. */
import type { Farm, Fault, PacketConditions } from "../../core/farm/index.ts";
import { linkHubs } from "./underlay.ts";
import type { PathPart, Way } from "./underlay.ts";

/** Of a round trip over one way, or over any of several. */
export interface Hindrance {
  /** `free`: it gets through; `blocked`: it does not; `uncertain`: either may happen. */
  readonly passage: "free" | "uncertain" | "blocked";
  /** Where nothing but chance decides: how probable it is at least that a round trip gets through. */
  readonly chance?: number;
  /** Added to the round trip, at most. */
  readonly delayMs: number;
  /** What hinders it, in words; empty where nothing does. */
  readonly because: string;
}

const free: Hindrance = { passage: "free", delayMs: 0, because: "" };
const blocked = (because: string): Hindrance => ({ passage: "blocked", delayMs: 0, because });
const uncertain = (because: string): Hindrance => ({ passage: "uncertain", delayMs: 0, because });

const has = (way: Way, kind: PathPart["kind"], name: string): boolean => way.some((part) => part.kind === kind && part.name === name);
const times = (way: Way, kind: PathPart["kind"], name: string): number =>
  way.filter((part) => part.kind === kind && part.name === name).length;

/** One after the other on a way. */
function both(one: Hindrance, other: Hindrance): Hindrance {
  if (one.because === "") return other;
  if (other.because === "") return one;
  if (one.passage === "blocked" || other.passage === "blocked") return one.passage === "blocked" ? one : other;
  const delayMs = one.delayMs + other.delayMs;
  const because = `${one.because}, ${other.because}`;
  if (one.passage === "free" && other.passage === "free") return { passage: "free", delayMs, because };
  const unknown = [one, other].some(({ passage, chance }) => passage === "uncertain" && chance === undefined);
  return { passage: "uncertain", delayMs, because, ...(unknown ? {} : { chance: (one.chance ?? 1) * (other.chance ?? 1) }) };
}

/** Nobody knows which of the ways a packet takes. */
function either(ways: readonly Hindrance[]): Hindrance {
  const [first = free] = ways;
  const delayMs = Math.max(0, ...ways.map((one) => one.delayMs));
  if (ways.every(({ passage }) => passage === "free")) return { ...(ways.find(({ because }) => because !== "") ?? first), delayMs };
  if (ways.every(({ passage }) => passage === "blocked")) return first;
  const worst = ways.find(({ because, passage }) => because !== "" && passage !== "free") ?? first;
  const chances = ways.map(({ passage, chance }) => (passage === "free" ? 1 : chance));
  const known = chances.every((chance) => chance !== undefined);
  return { passage: "uncertain", delayMs, because: worst.because, ...(known ? { chance: Math.min(...chances) } : {}) };
}

/**
 * What a direction of a link does to the packets of one passage. A packet that is held back for others to pass it comes all the same, as
 * does one of which there are two; of one with a wrong bit nobody says where it ends.
 */
function ofConditions(conditions: PacketConditions, because: string): Hindrance {
  const { loss = 0, corrupt = 0, delayMs = 0, jitterMs = 0, reorder = 0, reorderHoldMs = 100, rateKbit } = conditions;
  const late = delayMs + jitterMs + (reorder > 0 ? reorderHoldMs : 0);
  const chance = (1 - loss) * (1 - corrupt);
  if (loss >= 1) return blocked(because);
  if (rateKbit !== undefined && rateKbit < slowestCertainKbit) return { passage: "uncertain", delayMs: late, because };
  if (chance < 1) return { passage: "uncertain", chance, delayMs: late, because };
  return late === 0 && rateKbit === undefined ? free : { passage: "free", delayMs: late, because };
}

/** Single probes are small; below this several at once may find a queue full. */
const slowestCertainKbit = 256;

const repeated = (hindrance: Hindrance, count: number): Hindrance =>
  Array.from({ length: count }, () => hindrance).reduce((sum, one) => both(sum, one), free);

function ofPackets(fault: Extract<Fault, { readonly kind: "packets" }>, way: Way, because: string): Hindrance {
  const passed = times(way, "link", fault.link);
  if (passed === 0) return free;
  const directions = fault.from === undefined ? 2 : 1;
  const all = repeated(ofConditions(fault, because), passed * directions);
  // Which packets a filter or an edit by hand is about is not known here.
  const some = fault.only !== undefined || (fault.edits ?? []).length > 0;
  return some ? { passage: "uncertain", delayMs: all.delayMs, because } : all;
}

/** `cut at home-a:wan`. */
export const faultText = (fault: Fault): string => {
  if ("link" in fault) return `${fault.kind} at ${fault.link}`;
  if ("nodes" in fault) return `partition of ${fault.nodes.join(", ")}`;
  return fault.kind === "process-kill" ? `kill of ${fault.service} on ${fault.node}` : `${fault.kind} of ${fault.node}`;
};

function crosses(farm: Farm, nodes: readonly string[], way: Way): boolean {
  const hubs = linkHubs(farm);
  return way.some(({ kind, name }) => {
    const hub = hubs.get(name);
    if (kind !== "link" || hub === undefined) return false;
    return nodes.includes(name.slice(0, name.lastIndexOf(":"))) !== nodes.includes(hub);
  });
}

/** What a fault does to round trips over one way while it lasts, or at the moment at which it happens. */
function ofFault(farm: Farm, fault: Fault, way: Way): Hindrance {
  const because = faultText(fault);
  switch (fault.kind) {
    case "packets":
      return ofPackets(fault, way, because);
    case "cut":
    case "link-down":
      return has(way, "link", fault.link) ? blocked(because) : free;
    case "partition":
      return crosses(farm, fault.nodes, way) ? blocked(because) : free;
    case "node-death":
      return has(way, "node", fault.node) ? blocked(because) : free;
    case "node-pause":
      // Its links are cut and its processes stand still; what kernels pass on within it is nobody's to stop.
      if (!has(way, "node", fault.node)) return free;
      return way.some(({ kind }) => kind === "link") ? blocked(because) : uncertain(because);
    case "node-reboot":
      return has(way, "node", fault.node) ? uncertain(because) : free;
    case "process-kill":
      // EX-18: a restart of the agent alone loses no packet. Of other processes no law says anything.
      return has(way, "node", fault.node) && fault.service !== "agent" ? uncertain(because) : free;
    case "agent-clock":
      // No packet passes an agent.
      return free;
    case "disk-full":
      return has(way, "node", fault.node) ? uncertain(because) : free;
  }
}

function ofFarmConditions(farm: Farm, way: Way): Hindrance {
  const hubs = linkHubs(farm);
  return farm.conditions
    .flatMap(({ on, up = {}, down = {}, edits = [] }) => {
      const links = way.filter(
        ({ kind, name }) => kind === "link" && (on.kind === "link" ? name === on.link : hubs.get(name) === on.segment),
      );
      return links.flatMap(({ name }) => {
        const because = `the conditions of ${name}`;
        const drawn = [up, down].map((conditions) => ofConditions(conditions, because));
        // Which packets an edit by hand is about is not known here.
        return edits.length === 0 ? drawn : [...drawn, uncertain(because)];
      });
    })
    .reduce((sum, one) => both(sum, one), free);
}

/** A fault that is there, or (not `certain`) may be there no longer or not yet. */
export interface PossibleFault {
  readonly fault: Fault;
  readonly certain: boolean;
}

const perhaps = (hindrance: Hindrance): Hindrance => (hindrance.passage === "blocked" ? { ...hindrance, passage: "uncertain" } : hindrance);

/** What stands in the way of round trips that take one of these ways, each way there and back; `free` where no way is known. */
export function hindranceOf(farm: Farm, ways: readonly Way[], faults: readonly PossibleFault[]): Hindrance {
  const along = (way: Way): Hindrance[] =>
    faults.map(({ fault, certain }) => (certain ? ofFault(farm, fault, way) : perhaps(ofFault(farm, fault, way))));
  return either(ways.map((way) => along(way).reduce((sum, one) => both(sum, one), ofFarmConditions(farm, way))));
}
