/** What a farm's lab has nodes for, by the names by which faults call them: everything that the file names, and the internet in their middle. */
import type { Farm, FarmNode } from "./farm.ts";
import type { Plug } from "./plugs.ts";

export interface LabNode {
  readonly name: string;
  /** Daemons that the node runs from its start; besides them a farm node may run one for each tunnel, called like its interface. */
  readonly services: readonly string[];
  /** Whether an agent runs there. */
  readonly isFarmNode: boolean;
}

const namesIn = (farm: Farm): readonly string[] => [
  ...farm.segments.map(({ name }) => name),
  ...[...farm.upstreams, ...farm.homeRouters, ...farm.carriers, ...farm.internet.hosts, ...farm.nodes].map(({ name }) => name),
];

/** `internet`, with a hyphen after it where the farm has a part of that name. */
export function internetName(farm: Farm): string {
  return namesIn(farm).includes("internet") ? "internet-" : "internet";
}

/** The farm's own nodes that a lab has. */
export const emulatedNodes = (farm: Farm): readonly FarmNode[] => farm.nodes.filter(({ emulate }) => emulate);

/** All of them, in the order of a lab's topology. */
export function labNodesOf(farm: Farm): readonly LabNode[] {
  const plain = (name: string, services: readonly string[] = []): LabNode => ({ name, services, isFarmNode: false });
  return [
    plain(internetName(farm)),
    ...farm.segments.map(({ name }) => plain(name)),
    ...farm.upstreams.map(({ name }) => plain(name, ["mgmtd", "zebra", "staticd"])),
    ...farm.homeRouters.map(({ name }) => plain(name)),
    ...farm.carriers.map(({ name }) => plain(name)),
    ...farm.internet.hosts.map(({ name, store }) => plain(name, store ? ["reflector", "store", "allocator"] : [])),
    ...emulatedNodes(farm).map(({ name }): LabNode => ({ name, services: ["agent"], isFarmNode: true })),
  ];
}

/** The two nodes that a link joins, its plug's own first. */
export function endsOf(farm: Farm, { node, segment }: Plug): readonly [string, string] {
  if (segment !== undefined) return [node, segment];
  return [node, farm.homeRouters.find(({ name }) => name === node)?.behind ?? internetName(farm)];
}
