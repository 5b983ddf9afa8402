/**
 * Every shape of a small farm: all connected graphs of up to five nodes, each with settings in which any two values occur together.
 *
 * Vertices are nodes. The vertices of a smallest cover are exit nodes, and each of them has a network: the exit node is its exit point, and
 * its neighbours have a resource each. So an edge means that two nodes share a network that leaves the farm at one of them, and every graph
 * is another set of meshes.
 */
import { seededRandom } from "../../core/common/index.ts";
import type { FarmFile, NatPresetName } from "../../core/farm/index.ts";
import { natChoices } from "../generate/edges.ts";
import { documentOf } from "../generate/index.ts";
import type { ForwardSketch, NetworkSketch, NodeSketch, Sketch, WorkloadSketch } from "../generate/index.ts";
import { coveringArray } from "./covering-array.ts";
import type { Row } from "./covering-array.ts";
import { connectedGraphs, vertexCover } from "./graphs.ts";
import type { Graph } from "./graphs.ts";

export const mostNodes = 5;

/** What differs between farms of one shape, the plainest value first. */
export const settings = {
  /** The nodes that are no exit nodes. */
  others: ["each behind a router", "all behind one router", "public", "hidden and public by turns"],
  /** Translation of home routers, the last with a carrier above. */
  nat: ["home", "symmetric", "full-cone", "carrier"],
  /** Where prefixes come from: the allocator, the edges of a part, and one of each by turns. */
  prefixes: ["allocated", "edges", "mixed"],
  /** Number of the first exit node; the next ones follow. */
  numbers: [1, 9, 14],
  workloads: ["one on each resource", "at the upper edge, tcp and udp by the same port", "two on each resource"],
  forwards: ["none", "tcp to the first", "udp to the last"],
  gateways: ["with IPv4", "the last without"],
  allocations: ["one", "two by turns"],
  families: ["both", "IPv4"],
  pool: ["/24", "full", "/23"],
  nextHop: ["link-local", "global"],
  /** What carries the networks. */
  overlays: ["WireGuard", "a segment of their own", "VXLAN, or a segment where some are hidden"],
  /** What keeps them apart in a gateway. */
  isolation: ["rules", "tables"],
} as const;

type Setting = { readonly [factor in keyof typeof settings]: number };

const factorNames = Object.keys(settings) as (keyof typeof settings)[];
const settingOf = (row: Row): Setting => Object.fromEntries(factorNames.map((name, position) => [name, row[position] ?? 0])) as Setting;

const presetNumber = (preset: NatPresetName): number =>
  natChoices.findIndex(({ nat, overrides }) => nat === preset && overrides === undefined);
/** Of `natChoices`. Behind a carrier home routers are usual ones. */
const natNumbers = [0, presetNumber("symmetric"), presetNumber("full-cone"), 0];
/** Of `edgeSubnets`, from 1 on as a sketch counts them: both ends, an IPv4 network's ends, ffXX, look-alikes. */
const subnetNumbers = [2, 4, 5, 7, 8, 3];
/** Bits of `serviceChoices`. */
const services = { tcp80udp53: 0b11, both53and80: 0b1111 };

function nodesOf(order: readonly number[], exits: number, setting: Setting): NodeSketch[] {
  return order.map((_, position): NodeSketch => {
    const plain = {
      number: 1,
      withoutIpv4: 0,
      nics: 0,
      families: setting.families,
      isolation: setting.isolation,
      standsInFor: 0,
      absent: 0,
      cable: 1,
    };
    if (position < exits) {
      const place = setting.allocations === 0 ? 0 : position % 2;
      const withoutIpv4 = setting.gateways === 1 && position === exits - 1 ? 1 : 0;
      return { ...plain, role: 1, place, number: (((settings.numbers[setting.numbers] ?? 1) + position - 1) % 15) + 1, withoutIpv4 };
    }
    const isPublic = setting.others === 2 || (setting.others === 3 && (position - exits) % 2 === 1);
    return { ...plain, role: isPublic ? 0 : 2, place: isPublic || setting.others === 1 ? 0 : position - exits };
  });
}

const hostOf = (setting: Setting): number => (setting.workloads === 1 ? 1 : 0);

/** Of `NetworkSketch`; a VXLAN would leave hidden members out, and so the graph's edges. */
const overlayOf = ({ overlays, others }: Setting): number =>
  overlays === 0 ? 0 : overlays === 2 && settings.others[others] === "public" ? 1 : 2;

function networkOf(exit: number, members: readonly number[], setting: Setting): NetworkSketch {
  const bits = setting.workloads === 1 ? services.both53and80 : services.tcp80udp53;
  const workload = (resource: number, host: number): WorkloadSketch => ({ resource, host, services: bits });
  const workloads = members.flatMap((_, resource) => [
    workload(resource, hostOf(setting)),
    ...(setting.workloads === 2 ? [workload(resource, 1)] : []),
  ]);
  const forwards: ForwardSketch[][] = [
    [],
    [{ address: 0, port: 0, workload: 0, service: 0 }],
    [{ address: 0, port: 1, workload: workloads.length - 1, service: 1 }],
  ];
  return {
    exit,
    members: members.reduce((mask, node) => mask | (1 << node), 0),
    overlay: overlayOf(setting),
    subnets: members.map((_, order) =>
      setting.prefixes === 1 || (setting.prefixes === 2 && order % 2 === 0)
        ? (subnetNumbers[(order + exit) % subnetNumbers.length] ?? 0)
        : 0,
    ),
    workloads,
    owned: setting.forwards === 0 ? 0 : 1,
    forwards: forwards[setting.forwards] ?? [],
  };
}

function sketchOf(graph: Graph, setting: Setting): Sketch {
  const cover = vertexCover(graph);
  const order = [...cover, ...Array.from({ length: graph.vertices }, (_, vertex) => vertex).filter((vertex) => !cover.includes(vertex))];
  const edges = graph.edges.map(([one, other]) => [order.indexOf(one), order.indexOf(other)] as const);
  const neighbours = (position: number): number[] =>
    edges.flatMap(([one, other]) => (one === position ? [other] : other === position ? [one] : []));
  const nat = natNumbers[setting.nat] ?? 0;
  const allocation = { pool: setting.pool, nextHop: setting.nextHop };
  return {
    surroundings: {
      names: 0,
      hosts: 3,
      allocations: [
        { ...allocation, prefix: 0, number: 0 },
        { ...allocation, prefix: 2, number: 5 },
      ],
      routers: Array.from({ length: mostNodes }, () => ({ lan: 0, nat, carrier: setting.nat === 3 ? 1 : 0, forwards: 0 })),
      carriers: [0],
      nodes: nodesOf(order, cover.length, setting),
      conditions: [],
    },
    networks: cover.map((_, exit) =>
      networkOf(
        exit,
        [exit, ...neighbours(exit)].toSorted((one, other) => one - other),
        setting,
      ),
    ),
    events: [],
  };
}

const graphText = ({ vertices, edges }: Graph): string =>
  `${vertices} ${vertices === 1 ? "node" : "nodes"}${edges.length === 0 ? "" : `, edges ${edges.map(([one, other]) => `${one + 1}-${other + 1}`).join(" ")}`}`;

const settingText = (setting: Setting): string => factorNames.map((name) => `${name} ${settings[name][setting[name]] ?? ""}`).join("; ");

interface Space {
  readonly graphs: readonly Graph[];
  readonly rows: readonly Row[];
}

let drawn: Space | undefined;

/** What there is to combine. Drawn when first asked for: it takes longer than most commands run. */
export function space(): Space {
  drawn ??= {
    graphs: Array.from({ length: mostNodes }, (_, index) => connectedGraphs(index + 1)).flat(),
    rows: coveringArray(
      factorNames.map((name) => settings[name].length),
      seededRandom(1, "small scope"),
    ),
  };
  return drawn;
}

/** How many farms there are. */
export const smallScopeSize = (): number => space().graphs.length * space().rows.length;

/** All of them, the smallest first: for each graph every row of settings. Always the same. */
export function* smallScope(): Generator<FarmFile> {
  const { graphs, rows } = space();
  for (const [shape, graph] of graphs.entries()) {
    for (const [position, row] of rows.entries()) {
      const setting = settingOf(row);
      const { farm: _, ...rest } = documentOf(sketchOf(graph, setting));
      yield { farm: `small-${shape + 1}-${position + 1}`, about: `${graphText(graph)}. ${settingText(setting)}.`, ...rest };
    }
  }
}

/** What it means that every one of them passed; for a result's `exhausted`. */
export const smallScopeStatement = (): string =>
  `no counterexample among all ${space().graphs.length} connected graphs of up to ${mostNodes} nodes, each with ${space().rows.length} settings in which any two values occur together (${smallScopeSize()} farms)`;
