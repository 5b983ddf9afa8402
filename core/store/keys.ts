/** Where intents, grants, facts, hosts of exit nodes and status stand in a store, and the allocator's own state. */

/** The prefix of the keys of all intents. */
export const intentsPrefix = "/farmlab/intents/";
/** The prefix of the keys of all that the allocator has granted. */
export const grantsPrefix = "/farmlab/grants/";
/** The prefix of the keys in which the allocator keeps its state: whose turn it is to write, and texts by allocation number and name. */
export const allocatorPrefix = "/farmlab/allocator/";
/** The prefix of the keys of all facts. */
export const factsPrefix = "/farmlab/facts/";
/** The prefix of the keys of who hosts an exit node; between those of facts and of status, so that one watch sees all that agents go by. */
export const hostsPrefix = "/farmlab/hosts/";
/** The prefix of the keys of which machine goes by which node's name: before all that is watched, as it concerns its own node alone. */
export const agentsPrefix = "/farmlab/agents/";
/** The prefix of the keys of all status. */
export const statusPrefix = "/farmlab/status/";

/** A name for an exit node, unique in the farm: `1-10` for number 10 of allocation 1. */
export const exitNodeKey = (allocationNumber: number, exitNode: number): string => `${allocationNumber}-${exitNode}`;

/** The key of one value; names are those of farm files, without slashes. */
export const intentKeys: {
  readonly allocation: (number: number) => string;
  readonly node: (name: string) => string;
  readonly network: (name: string) => string;
  readonly numberGrant: (allocationNumber: number) => string;
  readonly networkGrant: (network: string) => string;
  readonly facts: (node: string) => string;
  readonly host: (allocationNumber: number, exitNode: number) => string;
  readonly status: (node: string) => string;
} = {
  allocation: (number) => `${intentsPrefix}allocations/${number}`,
  node: (name) => `${intentsPrefix}nodes/${name}`,
  network: (name) => `${intentsPrefix}networks/${name}`,
  numberGrant: (allocationNumber) => `${grantsPrefix}allocations/${allocationNumber}`,
  networkGrant: (network) => `${grantsPrefix}networks/${network}`,
  facts: (node) => `${factsPrefix}${node}`,
  host: (allocationNumber, exitNode) => `${hostsPrefix}${exitNodeKey(allocationNumber, exitNode)}`,
  status: (node) => `${statusPrefix}${node}`,
};

/** The key of the machine that goes by a node's name. */
export const agentKey = (node: string): string => `${agentsPrefix}${node}`;

type KeyKind = keyof typeof intentKeys;

/** What a key stands for; an allocation's name is its number in decimal, an exit node's `1-10` for number 10 of allocation 1. */
export interface StoreKey {
  readonly kind: KeyKind;
  readonly name: string;
}

const kindsByFolder: Readonly<Record<string, KeyKind>> = {
  "intents/allocations": "allocation",
  "intents/nodes": "node",
  "intents/networks": "network",
  "grants/allocations": "numberGrant",
  "grants/networks": "networkGrant",
  facts: "facts",
  hosts: "host",
  status: "status",
};

/** The meaning of a key; undefined where it is none of ours. */
export function parseKey(key: string): StoreKey | undefined {
  const match = /^\/farmlab\/(intents\/[a-z]+|grants\/[a-z]+|facts|hosts|status)\/([a-z0-9-]+)$/.exec(key);
  const kind = kindsByFolder[match?.[1] ?? ""];
  const name = match?.[2];
  if (kind === undefined || name === undefined) return undefined;
  if ((kind === "allocation" || kind === "numberGrant") && !/^(0|[1-9][0-9]*)$/.test(name)) return undefined;
  if (kind === "host" && !/^[0-9]+-[0-9]+$/.test(name)) return undefined;
  return { kind, name };
}

/** Written by every transaction of an allocator, which is refused where another has written it meanwhile. */
export const allocatorTurnKey: string = `${allocatorPrefix}turn`;
/** What an allocator says of its own work. */
export const allocatorStatusKey: string = `${allocatorPrefix}status`;

export const allocatorTextKey = (allocationNumber: number, name: string): string => `${allocatorPrefix}${allocationNumber}/${name}`;

/** Of which allocation and which of its texts a key is; undefined where it is of none. */
export function parseAllocatorKey(key: string): { readonly allocationNumber: number; readonly name: string } | undefined {
  const match = key.startsWith(allocatorPrefix) ? /^(0|[1-9][0-9]*)\/([a-z0-9-]+)$/.exec(key.slice(allocatorPrefix.length)) : null;
  const [, number, name] = match ?? [];
  return number === undefined || name === undefined ? undefined : { allocationNumber: Number(number), name };
}
