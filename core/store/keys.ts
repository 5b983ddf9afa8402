/** Where intents, facts, hosts of exit nodes and status stand in a store. */

/** The prefix of the keys of all intents. */
export const intentsPrefix = "/farmlab/intents/";
/** The prefix of the keys of all facts. */
export const factsPrefix = "/farmlab/facts/";
/** The prefix of the keys of who hosts an exit node; between those of facts and of status, so that one watch sees all that agents go by. */
export const hostsPrefix = "/farmlab/hosts/";
/** The prefix of the keys of all status. */
export const statusPrefix = "/farmlab/status/";

/** A name for an exit node, unique in the farm: `1-10` for number 10 of allocation 1. */
export const exitNodeKey = (allocationNumber: number, exitNode: number): string => `${allocationNumber}-${exitNode}`;

/** The key of one value; names are those of farm files, without slashes. */
export const intentKeys: {
  readonly allocation: (number: number) => string;
  readonly node: (name: string) => string;
  readonly network: (name: string) => string;
  readonly facts: (node: string) => string;
  readonly host: (allocationNumber: number, exitNode: number) => string;
  readonly status: (node: string) => string;
} = {
  allocation: (number) => `${intentsPrefix}allocations/${number}`,
  node: (name) => `${intentsPrefix}nodes/${name}`,
  network: (name) => `${intentsPrefix}networks/${name}`,
  facts: (node) => `${factsPrefix}${node}`,
  host: (allocationNumber, exitNode) => `${hostsPrefix}${exitNodeKey(allocationNumber, exitNode)}`,
  status: (node) => `${statusPrefix}${node}`,
};

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
  facts: "facts",
  hosts: "host",
  status: "status",
};

/** The meaning of a key; undefined where it is none of ours. */
export function parseKey(key: string): StoreKey | undefined {
  const match = /^\/farmlab\/(intents\/[a-z]+|facts|hosts|status)\/([a-z0-9-]+)$/.exec(key);
  const kind = kindsByFolder[match?.[1] ?? ""];
  const name = match?.[2];
  if (kind === undefined || name === undefined) return undefined;
  if (kind === "allocation" && !/^(0|[1-9][0-9]*)$/.test(name)) return undefined;
  if (kind === "host" && !/^[0-9]+-[0-9]+$/.test(name)) return undefined;
  return { kind, name };
}
