/**
 * Who hosts an exit node that has standbys (EX-14): of its own node and then its standbys the first that lives and reaches the store; whoever
 * cannot be sure of that has nobody answer for it. Everything of it moves along: its gateway, and the exit points of its networks.
 */
import type { Fault, FarmNode, StandbyConfig, Timeline } from "../../core/farm/index.ts";
import { hindranceOf } from "./hindrance.ts";
import type { PossibleFault } from "./hindrance.ts";
import { nodePart, waysToHost } from "./underlay.ts";
import type { Way } from "./underlay.ts";
import { resourceKey } from "./world.ts";
import type { Bar, NetworkWorld, Resource, World } from "./world.ts";

/** By the exit node's own node: who hosts it; undefined: nobody. Those that are at home, and those without standbys, are not in it. */
export type Hosts = ReadonlyMap<string, string | undefined>;

/**
 * From when something happens until the exit node is where it belongs then: a lease's time (5 s, and up to half a second until the store
 * looks), three seconds for making it, and as long as a tunnel may take to try once more.
 */
export const changeoverMs = 15_000;
/** Later answers of the store may cost a lease. */
const mostDelayMs = 200;

const home: Hosts = new Map();

const standbysOf = (node: FarmNode): readonly StandbyConfig[] => node.exitNode?.standbys ?? [];
const candidatesOf = (node: FarmNode): readonly string[] => [node.name, ...standbysOf(node).map((standby) => standby.node)];

function waysToStore({ farm }: World, name: string): readonly Way[] {
  const node = farm.nodes.find((candidate) => candidate.name === name);
  const store = farm.internet.hosts.find((host) => host.store)?.name;
  if (node === undefined || store === undefined) return [];
  return waysToHost(farm, node, store).map((way) => [nodePart(name), ...way]);
}

const hasWrongPace = (node: string, { fault }: PossibleFault): boolean =>
  fault.kind === "agent-clock" && fault.node === node && fault.rate !== undefined;

/** Whether a node keeps a lease; undefined: it may or may not. */
function keepsLease(world: World, node: string, faults: readonly PossibleFault[]): boolean | undefined {
  const ways = waysToStore(world, node);
  if (ways.length === 0 || faults.some((one) => hasWrongPace(node, one))) return undefined;
  const { passage, delayMs } = hindranceOf(world.farm, ways, faults);
  if (passage === "blocked") return false;
  return passage === "free" && delayMs <= mostDelayMs ? true : undefined;
}

/** Who may be its host while these faults last. */
function hostsUnder(world: World, node: FarmNode, faults: readonly PossibleFault[]): (string | undefined)[] {
  const possible: (string | undefined)[] = [];
  for (const candidate of candidatesOf(node)) {
    const keeps = keepsLease(world, candidate, faults);
    if (keeps !== false) possible.push(candidate);
    if (keeps === true) return possible;
  }
  return [...possible, undefined];
}

interface Lasting {
  readonly fault: Fault;
  readonly fromMs: number;
  readonly toMs: number;
  readonly certain: boolean;
}

const isMomentary = ({ kind }: Fault): boolean => kind === "node-reboot" || kind === "process-kill";

/** What is momentary may be felt for a while. */
const lastingOf = ({ faults }: Timeline, settleMs: number): readonly Lasting[] =>
  faults.map(({ fault, atMs, healAtMs }) =>
    isMomentary(fault)
      ? { fault, fromMs: atMs, toMs: atMs + settleMs, certain: false }
      : { fault, fromMs: atMs, toMs: healAtMs ?? Number.POSITIVE_INFINITY, certain: true },
  );

/** The sets of faults that there were at some time from the one moment to the other. */
function faultsBetween(lasting: readonly Lasting[], fromMs: number, toMs: number): readonly (readonly PossibleFault[])[] {
  const changes = lasting.flatMap((one) => [one.fromMs, one.toMs]).filter((atMs) => atMs > fromMs && atMs <= toMs);
  const moments = [fromMs, ...new Set(changes)];
  return moments.map((atMs) =>
    lasting.filter((one) => one.fromMs <= atMs && atMs < one.toMs).map(({ fault, certain }) => ({ fault, certain })),
  );
}

/** Every way of who may host what in the span, `settleMs` being how long after a fault its node may need. One alone: it is known. */
export function hostsIn(
  world: World,
  timeline: Timeline,
  span: { readonly fromMs: number; readonly toMs: number },
  settleMs: number,
): readonly Hosts[] {
  const leased = world.farm.nodes.filter((node) => standbysOf(node).length > 0);
  if (leased.length === 0 || timeline.faults.length === 0) return [home];
  const waitMs = Math.max(changeoverMs, settleMs);
  const times = faultsBetween(lastingOf(timeline, waitMs), span.fromMs - waitMs, span.toMs);
  return leased.reduce<readonly Hosts[]>(
    (known, node) => {
      const possible = [...new Set(times.flatMap((faults) => hostsUnder(world, node, faults)))];
      return known.flatMap((hosts) => possible.map((host) => (host === node.name ? hosts : new Map([...hosts, [node.name, host]]))));
    },
    [home],
  );
}

function movedNode(node: FarmNode, world: World, hosts: Hosts): FarmNode {
  const { exitNode, ...rest } = node;
  const taken = world.farm.nodes.find((other) => hosts.get(other.name) === node.name);
  const nic = taken === undefined ? undefined : standbysOf(taken).find((standby) => standby.node === node.name)?.nic;
  if (taken?.exitNode !== undefined && nic !== undefined) return { ...rest, exitNode: { ...taken.exitNode, nic } };
  if (hosts.get(node.name) !== undefined || exitNode === undefined) return rest;
  return node;
}

function movedBar(bar: Bar, nodes: readonly FarmNode[], hosts: Hosts): Bar {
  const host = hosts.get(bar.node);
  const config = nodes.find(({ name }) => name === host)?.exitNode;
  return host === undefined || config === undefined ? bar : { ...bar, node: host, config };
}

function movedNetwork(one: NetworkWorld, bars: ReadonlyMap<Bar, Bar>, nodes: readonly FarmNode[]): NetworkWorld {
  const bar = bars.get(one.bar) ?? one.bar;
  if (bar === one.bar) return one;
  const publicNode = nodes.find(({ name }) => name === bar.node)?.public !== undefined;
  const exitPoint: Resource = { ...one.exitPoint, node: bar.node, publicNode };
  return { ...one, bar, exitPoint, resources: one.resources.map((resource) => (resource === one.exitPoint ? exitPoint : resource)) };
}

const made = new WeakMap<World, Map<string, World>>();

/** The same world with exit nodes on other nodes; what ran behind an exit point on its own node is cut off there, and so not in it. */
export function worldHosted(world: World, hosts: Hosts): World {
  const moved: Hosts = new Map([...hosts].filter(([, host]) => host !== undefined));
  if (moved.size === 0) return world;
  const key = [...moved]
    .map((pair) => pair.join(" "))
    .toSorted()
    .join(", ");
  const known = made.get(world)?.get(key);
  if (known !== undefined) return known;
  const nodes = world.farm.nodes.map((node) => movedNode(node, world, moved));
  const bars = new Map(world.bars.map((bar) => [bar, movedBar(bar, nodes, moved)]));
  const networks = world.networks.map((one) => movedNetwork(one, bars, nodes));
  const left = new Set(world.networks.filter((one, index) => networks[index] !== one).map(({ exitPoint }) => exitPoint));
  const result: World = {
    ...world,
    farm: { ...world.farm, nodes },
    bars: [...bars.values()],
    networks,
    workloads: world.workloads.filter(({ resource }) => !left.has(resource)),
  };
  made.set(world, (made.get(world) ?? new Map<string, World>()).set(key, result));
  return result;
}

/**
 * From when something happens until every exit node with a partner is on its own node again: a node has to start, and is left alone for 20 s
 * before it takes its number back (EX-15).
 */
const partnersSettleMs = 60_000;

/** Whether the number of an exit node that has a partner may be its partner's in the span: whatever happens may have made it so. */
export function partnersUnsettled(
  { farm }: World,
  timeline: Timeline,
  span: { readonly fromMs: number; readonly toMs: number },
  settleMs: number,
): boolean {
  if (farm.nodes.every(({ exitNode }) => exitNode?.partner === undefined)) return false;
  return lastingOf(timeline, settleMs).some(({ fromMs, toMs }) => fromMs <= span.toMs && span.fromMs < toMs + settleMs + partnersSettleMs);
}

/** Whether a way leads through one of these gateways, by the networks behind them, or through an exit point there. */
const passes = (way: Way, behind: readonly NetworkWorld[]): boolean =>
  way.some(({ kind, name }) =>
    behind.some(({ network, exitPoint, bar }) =>
      kind === "gateway" ? name === bar.node : kind === "resource" && name === resourceKey(network.name, exitPoint.node),
    ),
  );

/** Whether a way leads through the gateway of an exit node that has standbys, or through an exit point on it. */
export function passesLeased(world: World, way: Way): boolean {
  return passes(
    way,
    world.networks.filter(({ bar }) => bar.config.standbys !== undefined),
  );
}

/** The same of an exit node that has a partner. */
export function passesPartnered(world: World, way: Way): boolean {
  return passes(
    way,
    world.networks.filter(({ bar }) => bar.config.partner !== undefined),
  );
}

/** The gateways that nobody hosts, by their own nodes. */
export const unhosted = (hosts: Hosts): ReadonlySet<string> =>
  new Set([...hosts].flatMap(([name, host]) => (host === undefined ? [name] : [])));
