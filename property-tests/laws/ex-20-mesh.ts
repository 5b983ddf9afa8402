/** EX-20: the WireGuard mesh of every network, as the nodes hold it. */
import { formatAddress, formatPrefix, networkOf, parsePrefix } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import { expectedMesh, keepaliveSeconds } from "../oracle/index.ts";
import type { ExpectedInterface, ExpectedPeer, NetworkWorld } from "../oracle/index.ts";
import type { Session } from "../run/session.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";

/** A peer line of `wg show all dump`. */
export interface HeldPeer {
  readonly publicKey: string;
  /** Empty where there is none. */
  readonly endpoint: string;
  readonly allowedIps: readonly string[];
  readonly keepalive: string;
}

export interface HeldInterface {
  readonly publicKey: string;
  readonly listenPort: number;
  readonly peers: readonly HeldPeer[];
}

/** One interface of `wg show all dump`; undefined where it is not there. Private keys are not kept. */
export function readDump(dump: string, name: string): HeldInterface | undefined {
  const lines = dump
    .split("\n")
    .map((line) => line.split("\t"))
    .filter((fields) => fields[0] === name);
  const own = lines.find((fields) => fields.length === 5);
  if (own === undefined) return undefined;
  const peers = lines
    .filter((fields) => fields.length === 9)
    .map((fields): HeldPeer => ({
      publicKey: fields[1] ?? "",
      endpoint: fields[3] === "(none)" ? "" : (fields[3] ?? ""),
      allowedIps: fields[4] === "(none)" ? [] : (fields[4] ?? "").split(","),
      keepalive: fields[8] ?? "",
    }));
  return { publicKey: own[2] ?? "", listenPort: Number(own[3]), peers };
}

interface Held {
  readonly expected: ExpectedInterface;
  readonly held: HeldInterface | undefined;
}

/** Interfaces with peers: an NR alone in its network needs no tunnel. */
function meshes(session: Session, networks: readonly NetworkWorld[] = session.world.networks): ExpectedInterface[] {
  return networks.flatMap((network) => expectedMesh(session.world, network)).filter((one) => one.peers.length > 0);
}

async function readMesh(session: Session, networks?: readonly NetworkWorld[]): Promise<Held[]> {
  return await Promise.all(
    meshes(session, networks)
      .filter(({ resource }) => resource.emulated)
      .map(async (expected) => {
        const position = { node: expected.resource.node, namespace: expected.namespace };
        const dump = await session.read(position, ["wg", "show", "all", "dump"]);
        return { expected, held: readDump(dump, expected.name) };
      }),
  );
}

const where = (one: ExpectedInterface): string => `${one.name} of network ${one.resource.network} on ${one.resource.node}`;
const sorted = (prefixes: readonly Prefix[]): string =>
  prefixes
    .map((prefix) => formatPrefix(networkOf(prefix)))
    .toSorted()
    .join(", ");

/** The public key that the peer's node publishes for its interface towards this network. */
function keyOf(session: Session, name: string, peer: ExpectedPeer): string {
  const key = session.facts.get(peer.resource.node)?.publicKeys[name];
  if (key === undefined) throw new HarnessError(`node ${peer.resource.node} published no key for ${name}`);
  return key;
}

const nameOf = (session: Session, peer: ExpectedPeer): string => {
  const name = meshes(session).find((one) => one.resource === peer.resource)?.name;
  if (name === undefined) throw new HarnessError(`no tunnel is expected at ${peer.resource.node}`);
  return name;
};

function judgePeers(session: Session, { expected, held }: Held): string[] {
  if (held === undefined) return [`${where(expected)} is not there; expected: a tunnel in ${expected.namespace} (EX-20)`];
  const rest = new Map(held.peers.map((peer) => [peer.publicKey, peer]));
  const stories = expected.peers.flatMap((peer) => {
    const key = keyOf(session, nameOf(session, peer), peer);
    const found = rest.get(key);
    rest.delete(key);
    if (found === undefined)
      return [`${where(expected)} has no peer ${peer.resource.node}; expected: one, as one of the two can reach the other (EX-20)`];
    const allowed = sorted(found.allowedIps.flatMap((text) => parsePrefix(text) ?? []));
    const wanted = sorted(peer.allowedIps);
    return allowed === wanted
      ? []
      : [
          `${where(expected)} allows its peer ${peer.resource.node} the addresses ${allowed}; expected: ${wanted} (EX-20: AllowedIPs as derived)`,
        ];
  });
  const known = new Map(
    [...session.facts.values()].flatMap((facts) => Object.entries(facts.publicKeys).map(([name, key]) => [key, `${facts.node}'s ${name}`])),
  );
  const strangers = [...rest.keys()].map(
    (key) =>
      `${where(expected)} has the peer ${known.get(key) ?? "of an unknown key"}; expected: none (EX-20: two hidden nodes are no peers of each other)`,
  );
  return [...stories, ...strangers];
}

/** What is wrong with the peers of one network's tunnels. */
export async function wrongPeers(session: Session, network: NetworkWorld): Promise<readonly string[]> {
  return (await readMesh(session, [network])).flatMap((one) => judgePeers(session, one));
}

async function peers(session: Session): Promise<PropertyOutcome> {
  const mesh = await readMesh(session);
  const runs = mesh.reduce((sum, { expected }) => sum + expected.peers.length, 0);
  return outcomeOf(
    runs,
    mesh.flatMap((one) => judgePeers(session, one)),
    { nothing: "no network of this farm has two NRs" },
  );
}

async function interfaces(session: Session): Promise<PropertyOutcome> {
  const mesh = await readMesh(session);
  const stories = await Promise.all(
    mesh.map(async ({ expected, held }) => {
      if (held === undefined) return [`${where(expected)} is not there; expected: a tunnel in ${expected.namespace} (EX-20)`];
      const port =
        held.listenPort === expected.listenPort
          ? []
          : [`${where(expected)} listens on port ${held.listenPort}; expected: ${expected.listenPort}, bytes 6 and 7 of its /64`];
      const lazy = held.peers
        .filter((peer) => peer.keepalive !== String(keepaliveSeconds))
        .map(
          (peer) =>
            `${where(expected)} has keepalive ${peer.keepalive} towards ${peer.endpoint || "a peer"}; expected: ${keepaliveSeconds} s`,
        );
      const text = await session.read({ node: expected.resource.node, namespace: expected.namespace }, [
        "ip",
        "-j",
        "address",
        "show",
        "dev",
        expected.name,
      ]);
      const [link] = JSON.parse(text) as { addr_info?: { local: string; prefixlen: number }[] }[];
      const addresses = (link?.addr_info ?? [])
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
        .toSorted()
        .join(", ");
      const wanted = expected.addresses.map(formatPrefix).toSorted().join(", ");
      const wrong = addresses === wanted ? [] : [`${where(expected)} has the addresses ${addresses}; expected: ${wanted}`];
      return [...port, ...lazy, ...wrong];
    }),
  );
  return outcomeOf(mesh.length, stories.flat(), { nothing: "no network of this farm has two NRs" });
}

const endpointText = (address: Parameters<typeof formatAddress>[0], port: number): string =>
  address.family === 4 ? `${formatAddress(address)}:${port}` : `[${formatAddress(address)}]:${port}`;

/** Public addresses behind which a hidden node appears: its home router's, or that of the carrier above. */
function learntFrom(session: Session, node: string): string[] {
  const segments = session.farm.nodes.find((candidate) => candidate.name === node)?.nics.map((nic) => nic.segment) ?? [];
  return session.farm.homeRouters
    .filter((router) => segments.includes(router.segment))
    .map((router) => session.farm.carriers.find(({ name }) => name === router.behind)?.wan4 ?? router.wan4)
    .map(formatAddress);
}

function judgeEndpoint(session: Session, expected: ExpectedInterface, peer: ExpectedPeer, endpoint: string): string[] {
  if (peer.endpoints.length > 0) {
    const wanted = peer.endpoints.map((address) => endpointText(address, peer.port));
    return wanted.includes(endpoint)
      ? []
      : [
          `${where(expected)} reaches its public peer ${peer.resource.node} at ${endpoint || "no endpoint"}; expected: ${wanted.join(" or ")}`,
        ];
  }
  const learnt = learntFrom(session, peer.resource.node);
  if (endpoint === "" || learnt.some((address) => endpoint.startsWith(`${address}:`))) return [];
  return [
    `${where(expected)} has the endpoint ${endpoint} for its hidden peer ${peer.resource.node}; expected: none but what it learns, ${learnt.map((address) => `${address}:*`).join(" or ")} (EX-20)`,
  ];
}

/** Endpoints now, and again after every agent has been started anew and has looked at its node: what was learnt must have stayed. */
async function endpoints(session: Session): Promise<PropertyOutcome> {
  const read = async (): Promise<Map<string, string>> => {
    const mesh = await readMesh(session);
    return new Map(
      mesh.flatMap(({ expected, held }) =>
        expected.peers.map((peer) => {
          const key = keyOf(session, nameOf(session, peer), peer);
          return [`${expected.name} ${key}`, held?.peers.find((one) => one.publicKey === key)?.endpoint ?? ""];
        }),
      ),
    );
  };
  const before = await read();
  const inLab = meshes(session).filter(({ resource }) => resource.emulated);
  const all = inLab.flatMap((expected) =>
    expected.peers.map((peer) => ({ expected, peer, key: `${expected.name} ${keyOf(session, nameOf(session, peer), peer)}` })),
  );
  const hidden = all.filter(({ peer }) => peer.endpoints.length === 0 && peer.resource.emulated);
  if (hidden.length > 0 && hidden.every(({ key }) => (before.get(key) ?? "") === "")) {
    const wrong = all.flatMap(({ expected, peer, key }) => judgeEndpoint(session, expected, peer, before.get(key) ?? ""));
    if (wrong.length > 0) return outcomeOf(all.length, wrong);
    throw new HarnessError("no endpoint was learnt at any hidden peer, so that none could be overwritten");
  }
  await session.restartAgents();
  const after = await read();
  const stories = all.flatMap(({ expected, peer, key }) => {
    const was = before.get(key) ?? "";
    const is = after.get(key) ?? "";
    const lost = peer.endpoints.length === 0 && was !== "" && was !== is;
    return [
      ...judgeEndpoint(session, expected, peer, is),
      ...(lost
        ? [
            `${where(expected)} had learnt ${was} for its hidden peer ${peer.resource.node} and holds ${is || "nothing"} after its agent was started anew; expected: never overwritten`,
          ]
        : []),
    ];
  });
  return outcomeOf(all.length, stories, { nothing: "no network of this farm has two NRs" });
}

export const meshProperties: readonly Property[] = [
  { law: "EX-20", name: "EX-20 peers and AllowedIPs are as derived, and two hidden nodes are no peers", needs: needsTunnels, run: peers },
  { law: "EX-20", name: "EX-20 tunnels have the derived port and addresses, and keepalive", needs: needsTunnels, run: interfaces },
  {
    law: "EX-20",
    name: "EX-20 endpoints of hidden nodes are learnt, never configured and never overwritten",
    needs: needsTunnels,
    alone: true,
    run: endpoints,
  },
];
