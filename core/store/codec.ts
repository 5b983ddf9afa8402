/**
 * Intents, facts and status as JSON texts. Encoding is canonical (keys sorted, addresses in RFC 5952 text): equal values give equal
 * texts. Decoding takes nothing on trust: whatever a store holds gives a value or a Problem.
 */
import type { NetworkGrant, NumberGrant } from "../allocate/index.ts";
import type { PortForward, PublicConfig, Service, StandbyConfig } from "../farm/index.ts";
import { formatAddress, formatPrefix, remembered } from "../common/index.ts";
import type { Address, Outcome, Prefix, Problem } from "../common/index.ts";
import {
  address,
  anyText,
  decodeText,
  interfaceAddress,
  interfaceName,
  list,
  name,
  object,
  oneOf,
  prefix6,
  table,
  textLike,
  truth,
  whole,
} from "./decode.ts";
import type { Decoder } from "./decode.ts";
import type {
  AllocationIntent,
  AllocatorStatus,
  ExitNodeHost,
  NodeAgent,
  ExitNodeWish,
  NetworkWish,
  NodeFacts,
  NodeStatus,
  NodeWish,
  OverlayIntent,
  ResourceWish,
  WorkloadIntent,
} from "../intents/index.ts";

const isAddress = (value: object): value is Address => "family" in value && "value" in value && typeof value.value === "bigint";
const isPrefix = (value: object): value is Prefix => "length" in value && "address" in value && typeof value.address === "object";

const plain = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (isAddress(value)) return formatAddress(value);
  if (isPrefix(value)) return formatPrefix(value);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([key, field]) => [key, plain(field)]));
};

const encode = (value: object): string => JSON.stringify(plain(value));

const allocationNumber = whole(0, 127);
const port = whole(1, 65535);
const protocol = oneOf("tcp", "udp");

const allocationIntent: Decoder<AllocationIntent> = object<AllocationIntent>({ prefix: prefix6(48), number: allocationNumber });

const publicConfig = object<PublicConfig>(
  { nic: interfaceName, ipv4: interfaceAddress(4), gateway4: address(4), ipv6: interfaceAddress(6), gateway6: address(6) },
  "ipv4",
  "gateway4",
  "ipv6",
  "gateway6",
);

const standby = object<StandbyConfig>({ node: name, nic: interfaceName });

const exitNodeNumber = whole(1, 15);
const exitNodeWish = object<ExitNodeWish>(
  {
    number: exitNodeNumber,
    allocationNumber,
    nic: interfaceName,
    isolation: oneOf("vrf"),
    ipv4: interfaceAddress(4),
    gateway4: address(4),
    standbys: list(standby),
    partner: name,
  },
  "number",
  "isolation",
  "ipv4",
  "gateway4",
  "standbys",
  "partner",
);

const nodeWish = object<NodeWish>(
  { name, public: publicConfig, exitNode: exitNodeWish, heldPorts: list(port) },
  "public",
  "exitNode",
  "heldPorts",
);

const service = object<Service>({ protocol, port });
const resource = object<ResourceWish>({ node: name, nic: interfaceName, exitPoint: truth, prefix: prefix6(64) }, "nic", "prefix");
const overlayKind = object<Pick<OverlayIntent, "kind">>({ kind: oneOf("vxlan", "segment") });
const vxlan = object<Extract<OverlayIntent, { kind: "vxlan" }>>({ kind: oneOf("vxlan"), underlay: oneOf("ipv4", "ipv6") });
const overlay: Decoder<OverlayIntent> = (value, path) =>
  overlayKind(value, path).kind === "vxlan" ? vxlan(value, path) : { kind: "segment" };
const workload = object<WorkloadIntent>({ name, node: name, host: whole(2, 254), services: list(service) });
const portForward = object<PortForward>({ address: address(4), protocol, port, workload: name, workloadPort: port });

const networkWish = object<NetworkWish>(
  {
    name,
    kind: oneOf("exit-node"),
    overlay,
    allocationNumber,
    ownedIpv4: list(address(4)),
    resources: list(resource),
    workloads: list(workload),
    portForwards: list(portForward),
  },
  "overlay",
);

const problem = object<Pick<Problem, "severity" | "code" | "message" | "hint">>(
  { severity: oneOf("error", "warning", "advice"), code: anyText, message: anyText, hint: anyText },
  "hint",
);

const numberGrant = object<NumberGrant>({
  allocationNumber,
  exitNodes: list(object<NumberGrant["exitNodes"][number]>({ node: name, number: exitNodeNumber })),
  refused: list(problem),
});

const networkGrant = object<NetworkGrant>(
  {
    network: name,
    allocationNumber,
    exitNode: exitNodeNumber,
    resources: list(object<NetworkGrant["resources"][number]>({ node: name, prefix: prefix6(64) })),
    refused: list(problem),
  },
  "exitNode",
);

const reachability = oneOf("public", "hidden", "none");

/** 32 bytes in base64: 43 digits, the last of which has two zero bits, and one `=`. */
const publicKey = textLike(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, "WireGuard public key");

const publicKeyStart = textLike(/^[A-Za-z0-9+/]{8}$/, "start of a WireGuard public key");

const tunnelLife = textLike(/^[0-9a-f]{8}$/, "eight hexadecimal digits");

const nodeFacts = object<NodeFacts>(
  {
    node: name,
    publicKeys: table(interfaceName, publicKey),
    endpoints: object<NodeFacts["endpoints"]>({ ipv4: address(4), ipv6: address(6) }, "ipv4", "ipv6"),
    reachability: object<NodeFacts["reachability"]>({ ipv4: reachability, ipv6: reachability }),
    acceptedKeys: table(interfaceName, list(publicKeyStart)),
    tunnelLives: table(interfaceName, tunnelLife),
    networks: table(interfaceName, name),
    standsInFor: table(interfaceName, name),
  },
  "acceptedKeys",
  "tunnelLives",
  "networks",
  "standsInFor",
);

/** A lease's number is 64 bits long, more than a number of JSON can be trusted with. */
const lease = textLike(/^[1-9][0-9]{0,19}$/, "lease");

const hexadecimal = textLike(/^[0-9a-f]{8,64}$/, "hexadecimal number");
const nodeAgent = object<NodeAgent>({ node: name, identity: hexadecimal, life: hexadecimal, lease });

const exitNodeHost = object<ExitNodeHost>(
  {
    allocationNumber,
    exitNode: exitNodeNumber,
    node: name,
    lease,
    claim: object<NonNullable<ExitNodeHost["claim"]>>({ node: name, lease }),
  },
  "claim",
);

const nodeStatus = object<NodeStatus>({
  node: name,
  phase: oneOf("starting", "waiting", "applying", "ready", "failing"),
  revision: whole(0, Number.MAX_SAFE_INTEGER),
  changes: whole(0, Number.MAX_SAFE_INTEGER),
  messages: list(anyText),
});

const allocatorStatus = object<AllocatorStatus>({ phase: oneOf("waiting", "failing", "ready"), messages: list(anyText) });

export function encodeAllocationIntent(intent: AllocationIntent): string {
  return encode(intent);
}

export function decodeAllocationIntent(text: string): Outcome<AllocationIntent> {
  return decodeText(text, "allocation intent", allocationIntent);
}

export function encodeNodeIntent(intent: NodeWish): string {
  return encode(intent);
}

export function decodeNodeIntent(text: string): Outcome<NodeWish> {
  return decodeText(text, "node intent", nodeWish);
}

export function encodeNetworkIntent(intent: NetworkWish): string {
  return encode(intent);
}

export function decodeNetworkIntent(text: string): Outcome<NetworkWish> {
  return decodeText(text, "network intent", networkWish);
}

export function encodeNumberGrant(grant: NumberGrant): string {
  return encode(grant);
}

export function decodeNumberGrant(text: string): Outcome<NumberGrant> {
  return decodeText(text, "grant of exit node numbers", numberGrant);
}

export function encodeNetworkGrant(grant: NetworkGrant): string {
  return encode(grant);
}

export function decodeNetworkGrant(text: string): Outcome<NetworkGrant> {
  return decodeText(text, "grant of prefixes", networkGrant);
}

/** Made once for facts that stay the same: those of a large exit node are 100 kB. */
export const encodeNodeFacts: (facts: NodeFacts) => string = remembered(encode);

export function decodeNodeFacts(text: string): Outcome<NodeFacts> {
  return decodeText(text, "node facts", nodeFacts);
}

export function encodeExitNodeHost(host: ExitNodeHost): string {
  return encode(host);
}

export function decodeExitNodeHost(text: string): Outcome<ExitNodeHost> {
  return decodeText(text, "exit node's host", exitNodeHost);
}

export function encodeNodeAgent(agent: NodeAgent): string {
  return encode(agent);
}

export function decodeNodeAgent(text: string): Outcome<NodeAgent> {
  return decodeText(text, "node's agent", nodeAgent);
}

export function encodeNodeStatus(status: NodeStatus): string {
  return encode(status);
}

export function decodeNodeStatus(text: string): Outcome<NodeStatus> {
  return decodeText(text, "node status", nodeStatus);
}

export function encodeAllocatorStatus(status: AllocatorStatus): string {
  return encode(status);
}

export function decodeAllocatorStatus(text: string): Outcome<AllocatorStatus> {
  return decodeText(text, "allocator status", allocatorStatus);
}
