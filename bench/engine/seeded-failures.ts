/** Failures that show on farms with certain features, each with the smallest farm that has them: what a reducer has to find. */
import type { FarmFile } from "../../core/farm/index.ts";
import type { Size } from "../../property-tests/reduce/index.ts";

export interface SeededFailure {
  readonly name: string;
  readonly shows: (document: FarmFile) => boolean;
  /** Counted by hand: no farm that shows it has less of any of these. */
  readonly least: Pick<Size, "nodes" | "networks" | "resources" | "flows" | "happenings" | "conditions">;
}

type Network = NonNullable<FarmFile["networks"]>[string];
type TimelineEntry = NonNullable<FarmFile["timeline"]>[number];

const networksOf = (document: FarmFile): Network[] => Object.values(document.networks ?? {});
const timelineOf = (document: FarmFile): readonly TimelineEntry[] => document.timeline ?? [];
const workloadsOf = (network: Network): NonNullable<Network["workloads"]>[string][] => Object.values(network.workloads ?? {});
const exitPointOf = (network: Network): string | undefined => network.resources.find((resource) => resource["exit-point"] === true)?.node;
const forwardsOf = (network: Network): NonNullable<Network["port-forwards"]> => network["port-forwards"] ?? [];

/** Plugged into LANs of home routers alone. */
function isHidden(document: FarmFile, node: string): boolean {
  const lans = Object.values(document["home-routers"] ?? {}).map(({ segment }) => segment);
  const nics = Object.values(document.nodes[node]?.nics ?? {});
  return nics.length > 0 && nics.every(({ segment }) => lans.includes(segment));
}

const hiddenOf = (document: FarmFile, network: Network): readonly string[] =>
  network.resources.map(({ node }) => node).filter((node) => isHidden(document, node));

const lanOf = (document: FarmFile, node: string): string | undefined => Object.values(document.nodes[node]?.nics ?? {})[0]?.segment;

const forwardsTo = (document: FarmFile, network: Network, protocol: string): readonly string[] =>
  forwardsOf(network)
    .filter(({ service }) => service.startsWith(protocol))
    .flatMap(({ workload }) => network.workloads?.[workload]?.node ?? [])
    .filter((node) => isHidden(document, node));

const pairs = <T>(list: readonly T[]): [T, T][] => list.flatMap((one, index) => list.slice(index + 1).map((other): [T, T] => [one, other]));

const fault = (document: FarmFile, ...kinds: readonly string[]): readonly TimelineEntry[] =>
  timelineOf(document).filter((entry) => entry.fault !== undefined && kinds.includes(entry.fault));

const endOf = (entry: TimelineEntry): number => entry["until-ms"] ?? Infinity;

const exitNodesOf = (document: FarmFile): string[] =>
  Object.entries(document.nodes).flatMap(([name, node]) => (node["exit-node"] === undefined ? [] : [name]));

/** Nodes, networks, resources, flows, and what happens: of a farm without conditions. */
const least = (
  nodes: number,
  networks: number,
  resources: number,
  flows: number,
  happenings = 0,
  conditions = 0,
): SeededFailure["least"] => ({
  ...{ nodes, networks, resources, flows, happenings, conditions },
});

const someNetwork =
  (test: (network: Network, document: FarmFile) => boolean) =>
  (document: FarmFile): boolean =>
    networksOf(document).some((network) => test(network, document));

export const seededFailures: readonly SeededFailure[] = [
  {
    name: "two hidden nodes in one network",
    shows: someNetwork((network, document) => hiddenOf(document, network).length >= 2),
    least: least(3, 1, 3, 0),
  },
  {
    name: "two hidden nodes of one network, behind two routers, both with workloads",
    shows: someNetwork((network, document) =>
      pairs(hiddenOf(document, network)).some(
        ([one, other]) =>
          lanOf(document, one) !== lanOf(document, other) &&
          [one, other].every((node) => workloadsOf(network).some((workload) => workload.node === node)),
      ),
    ),
    least: least(3, 1, 3, 2),
  },
  {
    name: "two hidden nodes of one network behind one router",
    shows: someNetwork((network, document) =>
      pairs(hiddenOf(document, network)).some(([one, other]) => lanOf(document, one) === lanOf(document, other)),
    ),
    least: least(3, 1, 3, 0),
  },
  {
    name: "a udp forward to a hidden workload",
    shows: someNetwork((network, document) => forwardsTo(document, network, "udp").length > 0),
    least: least(2, 1, 2, 4),
  },
  {
    name: "a tcp forward to a hidden workload",
    shows: someNetwork((network, document) => forwardsTo(document, network, "tcp").length > 0),
    least: least(2, 1, 2, 4),
  },
  {
    name: "two networks with the same exit point and a third with another",
    shows: (document) =>
      pairs(networksOf(document)).some(
        ([one, other]) =>
          exitPointOf(one) === exitPointOf(other) && networksOf(document).some((third) => exitPointOf(third) !== exitPointOf(one)),
      ),
    least: least(2, 3, 3, 0),
  },
  {
    name: "two networks of one exit point that meet on a hidden node",
    shows: (document) =>
      pairs(networksOf(document)).some(
        ([one, other]) =>
          exitPointOf(one) === exitPointOf(other) && hiddenOf(document, one).some((node) => hiddenOf(document, other).includes(node)),
      ),
    least: least(2, 2, 4, 0),
  },
  {
    name: "an exit node with a number of two digits",
    shows: someNetwork((network, document) => (document.nodes[exitPointOf(network) ?? ""]?.["exit-node"]?.number ?? 0) >= 10),
    least: least(1, 1, 1, 0),
  },
  {
    name: "two workloads of one network at its exit point",
    shows: someNetwork((network) => workloadsOf(network).filter(({ node }) => node === exitPointOf(network)).length >= 2),
    least: least(1, 1, 1, 2),
  },
  {
    name: "the same host number in two networks on the exit node of both",
    shows: (document) =>
      pairs(networksOf(document)).some(([one, other]) =>
        workloadsOf(one).some((a) =>
          workloadsOf(other).some(
            (b) => a.node === b.node && a.host === b.host && a.node === exitPointOf(one) && a.node === exitPointOf(other),
          ),
        ),
      ),
    least: least(1, 2, 2, 2),
  },
  {
    name: "a hidden workload with a tcp service, and one at the exit point",
    shows: someNetwork(
      (network, document) =>
        workloadsOf(network).some(
          (one) => isHidden(document, one.node) && one.services?.some((service) => service.startsWith("tcp")) === true,
        ) && workloadsOf(network).some((other) => other.node === exitPointOf(network)),
    ),
    least: least(2, 1, 2, 3),
  },
  {
    name: "a node behind a carrier in a network",
    shows: someNetwork((network, document) =>
      network.resources.some(({ node }) =>
        Object.values(document["home-routers"] ?? {}).some(
          (router) => router.segment === lanOf(document, node) && router.behind !== undefined,
        ),
      ),
    ),
    least: least(2, 1, 2, 0),
  },
  {
    name: "two exit nodes that both have networks",
    shows: (document) => new Set(networksOf(document).map(exitPointOf)).size >= 2,
    least: least(2, 2, 2, 0),
  },
  {
    name: "networks of two allocations",
    shows: (document) => new Set(networksOf(document).map(({ allocation }) => allocation)).size >= 2,
    least: least(2, 2, 2, 0),
  },
  {
    name: "an exit node that is a plain member of another network",
    shows: someNetwork((network, document) =>
      network.resources.some(({ node }) => node !== exitPointOf(network) && exitNodesOf(document).includes(node)),
    ),
    least: least(2, 1, 2, 0),
  },
  {
    name: "a link that is cut while a network has a hidden node",
    shows: (document) =>
      fault(document, "cut").length > 0 && networksOf(document).some((network) => hiddenOf(document, network).length > 0),
    least: least(2, 1, 2, 0, 1),
  },
  {
    name: "a fault of packets during another fault",
    shows: (document) =>
      fault(document, "packets").some((one) =>
        timelineOf(document).some(
          (other) => other !== one && other.fault !== undefined && other["at-ms"] >= one["at-ms"] && other["at-ms"] < endOf(one),
        ),
      ),
    least: least(1, 0, 0, 0, 2),
  },
  {
    name: "a network that goes and comes back",
    shows: (document) =>
      timelineOf(document).some(
        (one) =>
          one.leave?.includes("/") === false && timelineOf(document).some((two) => two.join === one.leave && two["at-ms"] > one["at-ms"]),
      ),
    least: least(1, 1, 1, 0, 2),
  },
  {
    name: "a daemon killed on the exit node of two networks",
    shows: (document) =>
      fault(document, "process-kill").some(({ node }) =>
        pairs(networksOf(document)).some((both) => both.every((network) => exitPointOf(network) === node)),
      ),
    least: least(1, 2, 2, 0, 1),
  },
  {
    name: "a slow or lossy link of a hidden node in a network",
    shows: someNetwork((network, document) =>
      hiddenOf(document, network).some((node) =>
        (document.conditions ?? []).some(({ link, segment }) => link?.startsWith(`${node}:`) === true || segment === lanOf(document, node)),
      ),
    ),
    least: least(2, 1, 2, 0, 0, 1),
  },
];
