/** What is to be said of a farm without a lab, in words that hold for every farm that is the same but for names and addresses. */
import { contains, failure, sameAddress, success } from "../../core/common/index.ts";
import type { Address, Outcome } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { Intents } from "../../core/intents/index.ts";
import { expectedFacts, planNode } from "../../core/plan/index.ts";
import type { LinkPlan } from "../../core/plan/index.ts";
import { describeWorld, everyFlow, gatewayIpv4, predict, predictAt, resourceKey } from "../oracle/index.ts";
import type { Flow, Party, PathPart, Prediction, TimedPrediction, World } from "../oracle/index.ts";

/** Of each flow at each time what must happen, and of each node what it is to have. */
export type FarmVerdict = ReadonlyMap<string, string>;

export interface VerdictOptions {
  /** New names of the nodes, to compare with a farm in which they have them. */
  readonly renamed?: ReadonlyMap<string, string>;
  /** At which times of the timeline, in milliseconds; default: before it, between any two of its events, and after it. */
  readonly times?: readonly number[];
  /** A network of which nothing is to be said, as one that comes and goes. */
  readonly without?: string;
  /** What judges; default: the oracle. */
  readonly predictFlow?: (world: World, flow: Flow, atMs: number) => TimedPrediction | undefined;
}

/** Where hosts of the internet are asked. */
const internetPort = 7007;
const settleMs = 0;
const afterMs = 1000;

const byOracle = (world: World, flow: Flow, atMs: number): TimedPrediction | undefined => predictAt(world, flow, atMs, { settleMs });

/** Before everything, in the middle between two events, after everything. */
export function timesOf(world: World): number[] {
  const { faults, changes } = world.farm.timeline;
  const events = [
    ...faults.flatMap(({ atMs, healAtMs }) => (healAtMs === undefined ? [atMs] : [atMs, healAtMs])),
    ...changes.map(({ atMs }) => atMs),
  ];
  const distinct = [...new Set(events)].toSorted((one, other) => one - other);
  return [-1, ...distinct.map((atMs, index) => (atMs + (distinct[index + 1] ?? atMs + afterMs)) / 2)];
}

/** Whose an address is. */
function roleOf(world: World, address: Address): string {
  const isIt = (other: Address | undefined): boolean => other !== undefined && sameAddress(other, address);
  const workload = world.workloads.find(({ ipv4, ipv6 }) => isIt(ipv4) || isIt(ipv6));
  if (workload !== undefined) return `${workload.network}/${workload.name} on IPv${address.family}`;
  const host = world.internetHosts.find(({ ipv4, ipv6 }) => isIt(ipv4) || isIt(ipv6));
  if (host !== undefined) return `${host.name} on IPv${address.family}`;
  const owner = world.networks.find(({ network }) => network.ownedIpv4.some(isIt));
  // Which of several is not told by the order in which they stand.
  if (owner !== undefined) return `an address of ${owner.network.name}'s user ${address.value & 0xffn}`;
  const gateway = world.bars.find((bar) => isIt(gatewayIpv4(bar)));
  if (gateway !== undefined) return `the gateway of exit node ${gateway.config.number} of ${gateway.allocation.number}`;
  const bar = world.bars.find(({ part }) => contains(part, address));
  if (bar !== undefined) return `nobody in the part of exit node ${bar.config.number} of ${bar.allocation.number}`;
  const allocation = world.farm.allocations.find(({ prefix }) => contains(prefix, address));
  return allocation === undefined ? "somebody else" : `nobody in allocation ${allocation.number}`;
}

type Rename = (name: string) => string;

/** How things are called, and who is not spoken of. */
interface Telling {
  readonly rename: Rename;
  readonly without: string | undefined;
}

function partText({ kind, name }: PathPart, rename: Rename): string {
  if (kind === "resource") return `${kind} ${name.replace(/[^/]+$/, rename)}`;
  return `${kind} ${name.replace(/^[^:]+/, rename)}`;
}

function predictionText(world: World, prediction: Prediction): string {
  if (!prediction.delivered) return `not delivered, refusal ${prediction.refusal} (${prediction.law})`;
  const { answeredBy, sourceSeen, portSeen, hops } = prediction;
  const source = sourceSeen === undefined ? "anybody" : roleOf(world, sourceSeen);
  return `answered by ${answeredBy.name}, seen from ${source}, port ${portSeen ?? "any"}, hops ${hops ?? "any"} (${prediction.law})`;
}

function timedText(world: World, timed: TimedPrediction, { rename, without }: Telling): string {
  const { mode, prediction, path, chance } = timed;
  const parts = (some: readonly PathPart[]): string =>
    some
      .filter(({ kind, name }) => kind !== "resource" || without === undefined || !name.startsWith(`${without}/`))
      .map((part) => partText(part, rename))
      .toSorted()
      .join(", ");
  return `${mode}: ${predictionText(world, prediction)}; chance ${chance?.toFixed(6) ?? "none"}; by ${parts(path.mustPass)}; never by ${parts(path.mustNotPass)}`;
}

/** Addresses, ports, keys and derived names without their values; how long a prefix is, and what is the kernel's, stays. */
const withoutValues = (line: string): string =>
  line
    .replace(/<public key of [^>]*>/g, "<key>")
    .replace(/"mac":"[^"]*"/g, '"mac":"#"')
    .replace(/\b([a-z]+)-[0-9a-f]{4}-\d+/g, "$1-#")
    .replace(/\b0x[0-9a-f]+/g, "#")
    .replace(/\[?[0-9a-f]*(?::[0-9a-f]*){2,}\]?/gi, "#")
    .replace(/\b\d+\.\d+\.\d+\.\d+/g, "#")
    .replace(/(?<!\/)\b\d{3,}\b/g, "#")
    .replace(/#:#/g, "#");

/** Peers stand in the order of their keys, which are the values of names. */
function linkText(link: LinkPlan): string {
  if (link.kind !== "wireguard") return JSON.stringify(link);
  const peers = link.wireguard.peers.map((peer) => withoutValues(JSON.stringify(peer))).toSorted();
  return JSON.stringify({ ...link, wireguard: { ...link.wireguard, peers } });
}

/** A node's plan without the values of addresses, ports and derived names: how much there is of what, and how it hangs together. */
function planShape(node: string, intents: Intents): string {
  const plan = planNode(node, intents, expectedFacts(intents));
  const lines = plan.namespaces.flatMap(({ name, links, addresses, routes, sysctls, tables }) => [
    ...[...links.map(linkText), ...[...addresses, ...routes].map((one) => JSON.stringify(one))].map((text) => `${name}: ${text}`),
    ...Object.entries(sysctls).map(([path, value]) => `${name}: ${path} = ${value}`),
    ...tables.flatMap((table) => table.body.map((line) => `${name}: ${table.name}: ${line}`)),
  ]);
  return lines.map(withoutValues).toSorted().join("\n");
}

const isOf = (party: Party | undefined, network: string): boolean => party?.kind === "workload" && party.network === network;

/** Whether a flow is to somebody of the network: to an address of its user, to one of its workloads, or to one of them by a forward. */
function leadsTo(world: World, flow: Flow, network: string): boolean {
  const prediction = predict(world, flow);
  if (prediction?.delivered === true) return isOf(prediction.answeredBy, network);
  const owner = world.networks.find(({ network: { ownedIpv4 } }) => ownedIpv4.some((owned) => sameAddress(owned, flow.to)));
  if (owner !== undefined) return owner.network.name === network;
  return world.workloads.some((one) => one.network === network && [one.ipv4, one.ipv6].some((own) => sameAddress(own, flow.to)));
}

/** The problems where the document is no farm. */
export function farmVerdict(document: FarmFile, options: VerdictOptions = {}): Outcome<FarmVerdict> {
  const loaded = loadFarm(farmText(document), document.farm);
  if (!loaded.ok) return loaded;
  const { farm } = loaded.value;
  const intents = intentsOf(farm);
  if (!intents.ok) return failure(...intents.problems);
  const { renamed = new Map<string, string>(), without, predictFlow = byOracle } = options;
  const rename: Rename = (name) => renamed.get(name) ?? name;
  const prefixes = new Map(
    intents.value.networks.flatMap(({ name, resources }) => resources.map(({ node, prefix }) => [resourceKey(name, node), prefix])),
  );
  const world = describeWorld(farm, prefixes);
  const verdict = new Map<string, string>();
  for (const flow of everyFlow(world, internetPort)) {
    const sender = flow.from.kind === "workload" ? `${flow.from.network}/${flow.from.name}` : flow.from.name;
    if (without !== undefined && (isOf(flow.from, without) || leadsTo(world, flow, without))) continue;
    const key = `${flow.protocol} from ${sender} to ${roleOf(world, flow.to)}${flow.port === undefined ? "" : ` port ${flow.port}`}`;
    for (const atMs of options.times ?? timesOf(world)) {
      const timed = predictFlow(world, flow, atMs);
      verdict.set(`${key} at ${atMs} ms`, timed === undefined ? "no law" : timedText(world, timed, { rename, without }));
    }
  }
  // What a node has is for all who are ever there.
  for (const { name } of without === undefined ? farm.nodes : [])
    verdict.set(`the plan of ${rename(name)}`, planShape(name, intents.value));
  return success(verdict);
}

/** The lines of the one that the other has not, each as often as it has it more. */
function surplus(one: string, other: string): string {
  const rest = other.split("\n");
  const more = one.split("\n").filter((line) => {
    const place = rest.indexOf(line);
    if (place >= 0) rest.splice(place, 1);
    return place < 0;
  });
  return more.length === 0 ? "nothing else" : more.join("; ");
}

/** What is said of one and not, or otherwise, of the other; a line each. */
export function compareVerdicts(one: FarmVerdict, other: FarmVerdict): string[] {
  const keys = [...new Set([...one.keys(), ...other.keys()])];
  return keys.flatMap((key) => {
    const [before, after] = [one.get(key) ?? "nothing is said", other.get(key) ?? "nothing is said"];
    return before === after ? [] : [`${key}: ${surplus(before, after)}; changed: ${surplus(after, before)}`];
  });
}
