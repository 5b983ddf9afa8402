/** What can fail in a farm: every link, node and daemon on which it depends; one by one, or two by two. */
import { labNodesOf, plugName, plugsOf } from "../../core/farm/index.ts";
import type { FailureKind, Farm, Fault } from "../../core/farm/index.ts";

export interface Part {
  readonly kind: FailureKind;
  /** `home-a:wan`, `home-a`, `node-1/agent`. */
  readonly name: string;
  readonly fault: Fault;
  /** The node that does not run while it stands. */
  readonly offNode?: string;
}

export interface Failure {
  readonly name: string;
  readonly parts: readonly Part[];
}

/** A daemon that only a running lab has, as one for each tunnel where the kernel has no WireGuard. */
export interface Daemon {
  readonly node: string;
  readonly service: string;
}

const partName = ({ kind, name }: Part): string => `${kind} ${name}`;

/** Between the parts of a pair. */
const between = " + ";

const failureOf = (...parts: readonly Part[]): Failure => ({ name: parts.map(partName).join(between), parts });

/** Whether a farm depends on it: hosts of the internet stand for everybody there, and do so only while they run; the store's host is needed. */
function matters(farm: Farm, node: string): boolean {
  const host = farm.internet.hosts.find(({ name }) => name === node);
  return host === undefined || host.store;
}

/** A cable is pulled: both ends lose the carrier. */
const linkPart = (link: string): Part => ({ kind: "link", name: link, fault: { kind: "link-down", link } });

/** The power fails: its neighbours lose the carrier. */
const nodePart = (node: string): Part => ({
  kind: "node",
  name: node,
  offNode: node,
  fault: { kind: "node-death", node, carrier: "lost" },
});

const processPart = ({ node, service }: Daemon): Part => ({
  kind: "process",
  name: `${node}/${service}`,
  fault: { kind: "process-kill", node, service, signal: "SIGKILL" },
});

/** Each part of the farm: links, nodes, daemons, in the order of the file. The internet itself is nobody's part. */
export function partsOf(farm: Farm, tunnelDaemons: readonly Daemon[] = []): readonly Part[] {
  // The first is the internet.
  const nodes = labNodesOf(farm)
    .slice(1)
    .filter(({ name }) => matters(farm, name));
  return [
    ...plugsOf(farm)
      .filter(({ node }) => matters(farm, node))
      .map((plug) => linkPart(plugName(plug))),
    ...nodes.map(({ name }) => nodePart(name)),
    ...nodes.flatMap(({ name, services }) => services.map((service) => processPart({ node: name, service }))),
    ...tunnelDaemons.map(processPart),
  ];
}

export const singleFailures = (parts: readonly Part[]): readonly Failure[] => parts.map((part) => failureOf(part));

/** Whether the one's failing is part of the other's: a link at a node that has no power, a daemon that runs there. */
function isWithin(one: Part, other: Part, farm: Farm): boolean {
  if (other.offNode === undefined) return false;
  if (one.kind === "process") return one.name.startsWith(`${other.offNode}/`);
  if (one.kind === "node") return one.name === other.name;
  const plug = plugsOf(farm).find((each) => plugName(each) === one.name);
  return plug?.node === other.offNode || plug?.segment === other.offNode;
}

/** Every two that are not part of each other, both at once. */
export function failurePairs(farm: Farm, parts: readonly Part[]): readonly Failure[] {
  return parts.flatMap((one, position) =>
    parts
      .slice(position + 1)
      .filter((other) => !isWithin(one, other, farm) && !isWithin(other, one, farm))
      .map((other) => failureOf(one, other)),
  );
}

const kinds: readonly FailureKind[] = ["link", "node", "process"];

/** Whether a word names these parts and no others, in whatever order. */
export function isCalled({ name }: Failure, word: string): boolean {
  const inOrder = (text: string): string => partsNamed(text).toSorted().join(between);
  return inOrder(name) === inOrder(word);
}

/** The failures that words of a user name: of a kind, or by the name; all of them where there are no words. */
export function chosenFailures(all: readonly Failure[], words: readonly string[]): readonly Failure[] {
  const isChosen = (failure: Failure, word: string): boolean => isCalled(failure, word) || failure.parts.every(({ kind }) => kind === word);
  return words.length === 0 ? all : all.filter((failure) => words.some((word) => isChosen(failure, word)));
}

/** What a user may choose by: kinds, and the failures of single parts. Daemons of tunnels are known only in a lab. */
export const failureWords = (farm: Farm): readonly string[] => [...kinds, ...partsOf(farm).map(partName)];

/** The parts that a word names: of a pair two. */
export const partsNamed = (word: string): readonly string[] => word.split(between);

/** Whether a word may name the daemon of a tunnel. */
export const isTunnelDaemon = (farm: Farm, word: string): boolean => farm.nodes.some(({ name }) => word.startsWith(`process ${name}/wg-`));
