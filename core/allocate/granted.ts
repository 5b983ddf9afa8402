/**
 * The list with what it was given: what nodes go by. A farm's changes are small and its list large: what nothing has changed of is the very
 * same object as before.
 */
import { sameValue } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import type { AllocationList, ListedNetwork, ListedNode, ListedResource, NetworkGrant, NumberGrant } from "./list.ts";
import type { Holder } from "./state.ts";

export interface Grants {
  readonly numbers: readonly NumberGrant[];
  readonly networks: readonly NetworkGrant[];
}

type GrantedNode<Node extends ListedNode> = Omit<Node, "exitNode"> & {
  readonly exitNode?: NonNullable<Node["exitNode"]> & { readonly number: number };
};
type GrantedNetwork<Network extends ListedNetwork> = Omit<Network, "resources"> & {
  readonly resources: readonly (ListedResource & { readonly prefix: Prefix })[];
};

export interface GrantedList<Node extends ListedNode, Network extends ListedNetwork> {
  readonly list: {
    readonly allocations: AllocationList["allocations"];
    readonly nodes: readonly GrantedNode<Node>[];
    readonly networks: readonly GrantedNetwork<Network>[];
  };
  /** Resources that have no prefix. */
  readonly missing: readonly Holder[];
}

/** A network with what it was given, in an object that is the same for as long as nothing of it changes. */
interface GrantedEntry {
  /** The grant, and the number of the exit node that hosts the exit point: all that it was made of besides the network, by identity. */
  readonly grant: NetworkGrant | undefined;
  readonly number: number | undefined;
  readonly prefixes: readonly (Prefix | undefined)[];
  readonly network: GrantedNetwork<ListedNetwork>;
  readonly missing: readonly Holder[];
}

const grantedNetworks = new WeakMap<ListedNetwork, GrantedEntry>();
const grantedNodes = new WeakMap<ListedNode, { readonly number: number | undefined; readonly node: object }>();

/** Of a network some of whose resources have no prefix yet: who lives on nodes where it has one, and what is forwarded to those. */
function behindResources(
  { workloads = [], portForwards = [] }: ListedNetwork,
  resources: readonly ListedResource[],
): Required<Pick<ListedNetwork, "workloads" | "portForwards">> {
  const nodes = new Set(resources.map(({ node }) => node));
  const living = workloads.filter(({ node }) => nodes.has(node));
  const names = new Set(living.map(({ name }) => name));
  return { workloads: living, portForwards: portForwards.filter(({ workload }) => names.has(workload)) };
}

/**
 * The network with these prefixes of its resources. Those without are left out with all that is behind them: what is not granted yet is
 * nothing new for nodes that have no part in it.
 */
function withPrefixes(network: ListedNetwork, prefixes: readonly (Prefix | undefined)[]): GrantedNetwork<ListedNetwork> {
  const resources = network.resources.flatMap((resource, index) => {
    const prefix = prefixes[index];
    return prefix === undefined ? [] : [{ ...resource, prefix }];
  });
  const isWhole = resources.length === network.resources.length;
  return { ...network, resources, ...(isWhole ? {} : behindResources(network, resources)) };
}

function withNumber<Node extends ListedNode>(node: Node, number: number | undefined): GrantedNode<Node> {
  const known = grantedNodes.get(node);
  if (known !== undefined && known.number === number) return known.node as GrantedNode<Node>;
  const { exitNode, ...rest } = node;
  const granted: GrantedNode<Node> = exitNode === undefined || number === undefined ? rest : { ...rest, exitNode: { ...exitNode, number } };
  grantedNodes.set(node, { number, node: granted });
  return granted;
}

/** These items, or those of before where they say the same; the very same list where all do. */
function keptOf<Item extends { readonly name: string }>(before: readonly Item[], items: readonly Item[]): readonly Item[] {
  if (before === items) return before;
  const byName = new Map(before.map((item) => [item.name, item]));
  const kept = items.map((item) => {
    const known = byName.get(item.name);
    return known !== undefined && sameValue(known, item) ? known : item;
  });
  return kept.length === before.length && kept.every((item, index) => item === before[index]) ? before : kept;
}

/** The second list, as far as possible by the objects of the first: what nobody was granted yet changes nothing for whom goes by it. */
export function keepGranted<Node extends ListedNode, Network extends ListedNetwork>(
  before: GrantedList<Node, Network>["list"],
  list: GrantedList<Node, Network>["list"],
): GrantedList<Node, Network>["list"] {
  const allocations = sameValue(before.allocations, list.allocations) ? before.allocations : list.allocations;
  const [nodes, networks] = [keptOf(before.nodes, list.nodes), keptOf(before.networks, list.networks)];
  const isSame = allocations === before.allocations && nodes === before.nodes && networks === before.networks;
  return isSame ? before : { allocations, nodes, networks };
}

function entryOf(network: ListedNetwork, number: number | undefined, grant: NetworkGrant | undefined): GrantedEntry {
  const known = grantedNetworks.get(network);
  if (known !== undefined && known.grant === grant && known.number === number) return known;
  const isInForce = grant?.allocationNumber === network.allocationNumber && grant.exitNode === number && number !== undefined;
  const granted = new Map(isInForce ? grant.resources.map(({ node, prefix }) => [node, prefix]) : []);
  const isWhole = network.resources.some(({ exitPoint, node }) => exitPoint && granted.has(node));
  const prefixes = network.resources.map(({ node }) => (isWhole ? granted.get(node) : undefined));
  const entry = {
    ...{ grant, number, prefixes },
    network: known !== undefined && sameValue(known.prefixes, prefixes) ? known.network : withPrefixes(network, prefixes),
    missing: network.resources.flatMap(({ node }, index) => (prefixes[index] === undefined ? [{ network: network.name, node }] : [])),
  };
  grantedNetworks.set(network, entry);
  return entry;
}

/**
 * What of the list can be made: exit nodes with their numbers, resources with their prefixes. A grant counts where it is of the part of the
 * exit node that hosts the network's exit point now; without its exit point a network has no resource.
 */
export function grantedList<Node extends ListedNode, Network extends ListedNetwork>(
  { allocations, nodes, networks }: AllocationList<Node, Network>,
  grants: Grants,
): GrantedList<Node, Network> {
  const numbers = new Map(
    grants.numbers.flatMap(({ allocationNumber, exitNodes }) =>
      exitNodes.map(({ node, number }) => [`${allocationNumber} ${node}`, number]),
    ),
  );
  const grantOf = new Map(grants.networks.map((grant) => [grant.network, grant]));
  const entries = networks.map((network) => {
    const exitPoint = network.resources.find((resource) => resource.exitPoint)?.node;
    return entryOf(network, numbers.get(`${network.allocationNumber} ${exitPoint}`), grantOf.get(network.name));
  });
  const numbered = nodes.map((node) => withNumber(node, numbers.get(`${node.exitNode?.allocationNumber} ${node.name}`)));
  return {
    list: { allocations, nodes: numbered, networks: entries.map((one) => one.network as GrantedNetwork<Network>) },
    missing: entries.flatMap((one) => one.missing),
  };
}
