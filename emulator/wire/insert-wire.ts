/**
 * Puts the wire into links of a topology. A link A -- B becomes A -- wire and wire -- B, where `wire` is one node more in which one
 * program passes frames between the two: A's side shows what was sent, B's what arrived. Pure, so it is the same on every backend.
 */
import { encodeLine } from "../../core/common/index.ts";
import { nativeInLab, type Endpoint, type Topology, type TopologyLink, type TopologyNode } from "../topology/index.ts";
import { ruleFields, type WireRule } from "./rule.ts";

/** 0: from a link's first end to its second. */
export type Direction = 0 | 1;

export const wireRole = "wire";
export const wireSocket = "/run/farmlab/wire.sock";

const wireFile = "/etc/farmlab/wire";
/** As in emulator/native/wire.h. */
const linksMax = 256;
const linkNameBytesMax = 64;

export interface WiredLink {
  readonly name: string;
  readonly ends: readonly [Endpoint, Endpoint];
}

/** The wire of a topology: the node in which it runs, and its links as they were before it was put in. */
export interface WirePlan {
  readonly node: string;
  readonly links: readonly WiredLink[];
}

/** A rule that holds from the first frame on. */
export interface FirstRule {
  readonly link: string;
  readonly direction: Direction;
  readonly name: string;
  readonly rule: WireRule;
}

const interfaces = (position: number): readonly [string, string] => [`a${position + 1}`, `b${position + 1}`];

function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted;
  while (taken.includes(name)) name += "-";
  return name;
}

function wireNode(name: string, links: readonly TopologyLink[], rules: readonly FirstRule[]): TopologyNode {
  const lines = [
    ...links.map((link, position) => encodeLine(["link", link.name, ...interfaces(position)])),
    ...rules.map(({ link, direction, name: ruleName, rule }) =>
      encodeLine(["set", link, String(direction), ruleName, ...ruleFields(rule)]),
    ),
  ];
  return {
    name,
    init: true,
    role: wireRole,
    config: {
      // Its ports have no addresses and no IPv6: nothing but what it passes leaves them.
      sysctls: { "net/ipv6/conf/all/disable_ipv6": "1", "net/ipv6/conf/default/disable_ipv6": "1" },
      files: { [wireFile]: lines.join("") },
      // Never started anew: it would pass frames without the faults that had been put in since, and nobody would know.
      services: [{ name: "wire", argv: [nativeInLab, "wire", wireFile], restart: "never", readyPath: wireSocket }],
    },
  };
}

/** The half at the first end keeps the link's name; the other is called after its end, as links are. */
function halves(link: TopologyLink, position: number, node: string, taken: readonly string[]): TopologyLink[] {
  const [near, far] = interfaces(position);
  const [one, other] = link.endpoints;
  return [
    { ...link, endpoints: [one, { node, interface: near }] },
    { ...link, name: freeName(`${other.node}:${other.interface}`, taken), endpoints: [other, { node, interface: far }] },
  ];
}

function refuseUnfit(topology: Topology, names: ReadonlySet<string>, rules: readonly FirstRule[]): void {
  if (wireOf(topology) !== undefined) throw new Error("the topology has a wire already");
  if (names.size > linksMax) throw new Error(`a wire takes ${linksMax} links at most, not ${names.size}`);
  const known = topology.links.map((link) => link.name);
  for (const name of names) {
    if (!known.includes(name)) throw new Error(`there is no link ${name} to put a wire in`);
    if (Buffer.byteLength(name) > linkNameBytesMax)
      throw new Error(`the name of a wired link is ${linkNameBytesMax} bytes at most: ${name}`);
  }
  const stray = rules.find(({ link }) => !names.has(link));
  if (stray !== undefined) throw new Error(`a rule for link ${stray.link}, which is not wired`);
}

/**
 * The topology with a wire in the links named, and rules that hold from the first frame on. No link: the topology as it is. The half
 * at a link's first end keeps its name, the other is called after its end. Throws for a link that is not there or a topology that has a wire.
 */
export function withWire(topology: Topology, linkNames: Iterable<string>, rules: readonly FirstRule[] = []): Topology {
  const names = new Set(linkNames);
  refuseUnfit(topology, names, rules);
  if (names.size === 0) return topology;
  const node = freeName(
    "wire",
    topology.nodes.map(({ name }) => name),
  );
  const wired = topology.links.filter((link) => names.has(link.name));
  const taken = topology.links.map(({ name }) => name);
  return {
    ...topology,
    nodes: [...topology.nodes, wireNode(node, wired, rules)],
    links: topology.links.flatMap((link) => (names.has(link.name) ? halves(link, wired.indexOf(link), node, taken) : [link])),
  };
}

/** The wire in a topology of `withWire`; undefined where there is none. */
export function wireOf(topology: Topology): WirePlan | undefined {
  const node = topology.nodes.find(({ role }) => role === wireRole)?.name;
  if (node === undefined) return undefined;
  const halfAt = new Map(
    topology.links.flatMap((link) => link.endpoints.filter((end) => end.node === node).map((end) => [end.interface, link])),
  );
  const links: WiredLink[] = [];
  for (let position = 0; ; position += 1) {
    const [near, far] = interfaces(position).map((name) => halfAt.get(name));
    if (near === undefined || far === undefined) return { node, links };
    const ends = [near, far].map((half) => half.endpoints.find((end) => end.node !== node));
    if (ends[0] !== undefined && ends[1] !== undefined) links.push({ name: near.name, ends: [ends[0], ends[1]] });
  }
}
