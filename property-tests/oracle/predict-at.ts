/** What must happen to a flow at a time of the farm's timeline: before, during and after what the timeline does. */
import { sameAddress } from "../../core/common/address.ts";
import type { Fault, Timeline } from "../../core/farm/index.ts";
import { hindranceOf } from "./hindrance.ts";
import type { Hindrance, PossibleFault } from "./hindrance.ts";
import { hostsIn, partnersUnsettled, passesLeased, passesPartnered, unhosted, worldHosted } from "./hosting.ts";
import type { Hosts } from "./hosting.ts";
import { constraintOf, waysOf } from "./paths.ts";
import type { PathConstraint } from "./paths.ts";
import type { Way } from "./underlay.ts";
import { predict } from "./predict.ts";
import type { Flow, Prediction } from "./predict.ts";
import { awayAfter, worldWithout } from "./world-at.ts";
import type { World } from "./world.ts";

export interface TimedPrediction {
  /** Whether the flow must be delivered and answered, may be, or must not be. */
  readonly mode: "must" | "may" | "must not";
  /** How it looks where it is delivered; where it must not be, how it is refused. In mode `may` it is this or nothing at all. */
  readonly prediction: Prediction;
  /** Of `may` where chance alone decides: how probable an answer to one probe is, at least. */
  readonly chance?: number;
  /** What each of its packets passes; of times at which it changes nothing is known. */
  readonly path: PathConstraint;
  /** What of the timeline makes the mode; empty where nothing does. */
  readonly because: string;
}

export interface Patience {
  /** What happens when; default: the farm's own timeline. Who has carried it out knows the times better. */
  readonly timeline?: Timeline;
  /** How long the farm may take after a momentary fault or the healing of a lasting one, until it is settled. */
  readonly settleMs: number;
  /** How long after somebody has come or gone; default `settleMs`. */
  readonly changeMs?: number;
  /** How long after a lasting fault has begun packets may still pass; default `settleMs`. */
  readonly onsetMs?: number;
  /** How late an answer may be that must come; default 2500. */
  readonly answerMs?: number;
}

const usualAnswerMs = 2500;

/** From the beginning to the end of looking, in milliseconds of the timeline. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const isMomentary = ({ kind }: Fault): boolean => kind === "node-reboot" || kind === "process-kill";

/** The faults that may be felt in the span, and of each whether it is for certain. */
function faultsIn({ faults }: Timeline, { fromMs, toMs }: Span, { settleMs, onsetMs = settleMs }: Patience): readonly PossibleFault[] {
  return faults.flatMap(({ atMs, healAtMs, fault }): PossibleFault[] => {
    const overMs = isMomentary(fault) ? atMs : (healAtMs ?? Number.POSITIVE_INFINITY);
    if (toMs < atMs || fromMs >= overMs + settleMs) return [];
    return [{ fault, certain: fromMs >= atMs + onsetMs && toMs < overMs }];
  });
}

/** Who may be away together in the span. */
function awayIn(
  { changes }: Timeline,
  { fromMs, toMs }: Span,
  { settleMs, changeMs = settleMs }: Patience,
): readonly ReadonlySet<string>[] {
  const recent = changes.map(({ atMs }) => atMs).filter((atMs) => atMs <= toMs && atMs + changeMs > fromMs);
  const first = Math.min(...recent);
  const times = [...new Set(recent)].toSorted((one, other) => one - other);
  if (times.length === 0) return [awayAfter(changes, (change) => change.atMs <= toMs)];
  return [awayAfter(changes, ({ atMs }) => atMs < first), ...times.map((time) => awayAfter(changes, ({ atMs }) => atMs <= time))];
}

/** Nobody answers for who is away, where no law says how that is refused. */
function predictWith(world: World, reduced: World, flow: Flow): Prediction | undefined {
  const prediction = predict(reduced, flow);
  if (prediction !== undefined || world === reduced) return prediction;
  if (predict(world, flow) === undefined) return undefined;
  return { delivered: false, refusal: "any", law: "EX-11", because: "who would answer is away, and nobody does in its place" };
}

const isHere = (world: World, { from }: Flow): boolean => from.kind === "internet-host" || world.workloads.includes(from);

interface State {
  readonly away: ReadonlySet<string>;
  readonly hosts: Hosts;
  /** Whether somebody else may host an exit node within the span, too. */
  readonly changesOver: boolean;
  /** Whether an exit node may be its partner's within the span. */
  readonly unsettled: boolean;
  readonly faults: readonly PossibleFault[];
}

/** What would happen without faults. */
interface Calm {
  readonly prediction: Prediction;
  readonly ways: readonly Way[];
  readonly path: PathConstraint;
}

const known = new WeakMap<World, WeakMap<Flow, Calm | undefined>>();

/** Looked for once: a flow is asked about at many times. */
function calmOf(world: World, reduced: World, flow: Flow): Calm | undefined {
  const flows = known.get(reduced) ?? new WeakMap<Flow, Calm | undefined>();
  known.set(reduced, flows);
  if (flows.has(flow)) return flows.get(flow);
  const prediction = isHere(reduced, flow) ? predictWith(world, reduced, flow) : undefined;
  const ways = prediction === undefined ? [] : waysOf(reduced, flow, prediction);
  const calm = prediction === undefined ? undefined : { prediction, ways, path: constraintOf(reduced, ways) };
  flows.set(flow, calm);
  return calm;
}

/** What faults do on the ways, and that nobody answers for a gateway which nobody hosts. */
function hindranceIn(world: World, ways: readonly Way[], { hosts, changesOver, unsettled, faults }: State): Hindrance {
  const hindrance = hindranceOf(world.farm, ways, faults);
  // Its own node may be dead, and its partner answer for it.
  if (unsettled && ways.some((way) => passesPartnered(world, way)))
    return { ...hindrance, passage: "uncertain", because: "its exit node may be its partner's" };
  if (changesOver && hindrance.passage === "free" && ways.some((way) => passesLeased(world, way)))
    return { ...hindrance, passage: "uncertain", because: "its exit node may be between two hosts" };
  const closed = unhosted(hosts);
  const shut = ways.filter((way) => way.some(({ kind, name }) => kind === "gateway" && closed.has(name)));
  if (shut.length === 0) return hindrance;
  const because = "no node can be sure to be the only one that hosts its exit node";
  return { passage: shut.length === ways.length ? "blocked" : "uncertain", delayMs: hindrance.delayMs, because };
}

const anyPath: PathConstraint = { mustPass: [], mustNotPass: [] };

/** While nobody comes or goes. */
function predictIn(given: World, flow: Flow, state: State, answerMs: number): TimedPrediction | undefined {
  const { away, hosts, faults } = state;
  const world = worldHosted(given, hosts);
  const calm = calmOf(given, worldWithout(world, away), flow);
  if (calm === undefined) return undefined;
  const { prediction, ways } = calm;
  // By their nodes two NRs of a network may be called alike, where one is there for another node.
  const path = world === given ? calm.path : anyPath;
  const hindrance = hindranceIn(world, ways, state);
  const { because } = hindrance;
  const late = hindrance.delayMs > answerMs / 2;
  if (!prediction.delivered) {
    const spoilt = hindrance.passage !== "free" || late || (ways.length === 0 && faults.length > 0);
    return { mode: "must not", prediction: spoilt ? { ...prediction, refusal: "any" } : prediction, path, because };
  }
  // Of a flow whose way the document does not show, no fault is known to spare it.
  if (ways.length === 0 && faults.length > 0) return { mode: "may", prediction, path, because: "its way is not known" };
  if (hindrance.passage === "blocked") {
    const refused = { delivered: false, refusal: "any", law: prediction.law, because: `its way is blocked: ${because}` } as const;
    return { mode: "must not", prediction: refused, path, because };
  }
  if (hindrance.passage === "free" && !late) return { mode: "must", prediction, path, because };
  const { chance } = hindrance;
  return { mode: "may", prediction, path, because, ...(chance === undefined || late ? {} : { chance }) };
}

const sameOrAbsent = <T>(one: T | undefined, other: T | undefined, same: (one: T, other: T) => boolean): boolean =>
  one === undefined || other === undefined ? one === other : same(one, other);

function looksAlike(one: Prediction, other: Prediction): boolean {
  if (one.delivered && other.delivered) {
    return one.answeredBy === other.answeredBy && one.hops === other.hops && sameOrAbsent(one.sourceSeen, other.sourceSeen, sameAddress);
  }
  if (one.delivered || other.delivered) return false;
  return one.refusal === other.refusal && one.refusedBy?.who === other.refusedBy?.who && one.mayEcho === other.mayEcho;
}

/** What holds in both states. */
function joined(one: TimedPrediction, other: TimedPrediction): TimedPrediction {
  const because = [...new Set([one.because, other.because].filter((text) => text !== ""))].join(", ") || "the farm changes";
  const isSame = looksAlike(one.prediction, other.prediction);
  if (isSame && one.mode === other.mode && one.mode !== "may")
    return { ...one, because: one.because === other.because ? one.because : because };
  const path = isSame ? one.path : anyPath;
  if (one.mode === "must not" && other.mode === "must not") {
    const mayEcho = [one, other].some(({ prediction }) => !prediction.delivered && prediction.mayEcho === true);
    const { law, because: reason } = one.prediction;
    return {
      ...one,
      prediction: { delivered: false, refusal: "any", law, because: reason, ...(mayEcho ? { mayEcho } : {}) },
      path,
      because,
    };
  }
  const { prediction } = one.prediction.delivered ? one : other;
  const chances = [one, other].map(({ mode, chance }) => (mode === "must" ? 1 : chance));
  const known = chances.every((chance) => chance !== undefined);
  return { mode: "may", prediction, path, because, ...(known ? { chance: Math.min(...chances) } : {}) };
}

/**
 * What the laws say of a flow that is sent at the span's beginning and whose answer is waited for until its end; undefined where they say
 * nothing, or the sender is away. The world is that of the whole farm, with all that ever joins.
 */
export function predictDuring(world: World, flow: Flow, span: Span, patience: Patience): TimedPrediction | undefined {
  const { answerMs = usualAnswerMs, timeline = world.farm.timeline } = patience;
  const faults = faultsIn(timeline, span, patience);
  const hosting = hostsIn(world, timeline, span, patience.settleMs);
  const shared = { changesOver: hosting.length > 1, unsettled: partnersUnsettled(world, timeline, span, patience.settleMs) };
  const predictions = awayIn(timeline, span, patience).flatMap((away) =>
    hosting.map((hosts) => predictIn(world, flow, { away, hosts, ...shared, faults }, answerMs)),
  );
  const defined = predictions.flatMap((one) => one ?? []);
  return defined.length < predictions.length || defined.length === 0 ? undefined : defined.reduce(joined);
}

/** What the laws say of a flow while nothing happens: by what links do all the time alone. */
export const predictAtRest = (world: World, flow: Flow): TimedPrediction | undefined =>
  predictAt(world, flow, 0, { settleMs: 0, timeline: { faults: [], changes: [] } });

/** What the laws say of a flow at a moment. */
export const predictAt = (world: World, flow: Flow, atMs: number, patience: Patience): TimedPrediction | undefined =>
  predictDuring(world, flow, { fromMs: atMs, toMs: atMs }, patience);
