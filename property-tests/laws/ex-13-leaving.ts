/**
 * EX-13: a network, or one NR of it, that leaves takes everything along that came with it, and nothing of anybody else's; coming back it is as before. Looked
 * at with the kernel's own tools in every node, and in the store.
 */
import { formatAddress, sameAddress, seededRandom } from "../../core/common/index.ts";
import type { Address, Family, Prefix } from "../../core/common/index.ts";
import type { Wishes } from "../../core/intents/index.ts";
import { addressOf, expectedOverlay, hexOf, portOf } from "../oracle/index.ts";
import type { NetworkWorld, Resource } from "../oracle/index.ts";
import { lastingCount, notAsBefore } from "../run/farm-state.ts";
import type { FarmState } from "../run/farm-state.ts";
import { lineText, passing, stateDifference } from "../run/node-state.ts";
import type { StateLine } from "../run/node-state.ts";
import { overlayName } from "../run/places.ts";
import type { Session } from "../run/session.ts";
import { stateAtRest } from "./at-home.ts";
import { silenceWaitMs } from "./flows.ts";
import { needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { storeHostOf } from "./services.ts";
import { withoutNetwork, withoutResource } from "./without.ts";

const families: readonly Family[] = [4, 6];

/** The text with which every address of a prefix begins, where it ends at whole groups. */
const addressStart = ({ address, length }: Prefix): string => {
  const text = formatAddress(address);
  return address.family === 6
    ? text.replace(/::$/, ":")
    : text
        .split(".")
        .slice(0, length / 8)
        .join(".") + (length < 32 ? "." : "");
};

const quoted = (text: string): string => text.replaceAll(/[.+*?^${}()|[\]\\/]/g, "\\$&");

/** Recognises whatever names an NR or its workloads: their names, addresses, port and key. */
function traceOf({ network }: NetworkWorld, resource: Resource, publicKey: string | undefined): string {
  const hex = hexOf(resource);
  const hosts = network.workloads.filter(({ node }) => node === resource.node).map(({ host }) => host);
  // The first /64 of a part begins as the part itself does, whose unreachable route is the gateway's own.
  const starts = [`${quoted(addressStart(resource.prefix6))}(?!:/52)`, quoted(addressStart(resource.prefix4))];
  const whole = [resource.transit4, ...resource.linkLocals].map((address) => `${quoted(formatAddress(address))}(?![0-9a-f:.])`);
  return [
    `(?<![0-9a-f])${hex}-(?:${[network.allocationNumber, ...hosts].join("|")})(?![0-9])`,
    `(?<![0-9a-f:.])(?:${[...starts, ...whole].join("|")})`,
    `reserved port ${portOf(resource)}$`,
    // Of a second tunnel, where exit nodes are partners: of the ports below those that are derived.
    `reserved port ${1024 + (portOf(resource) % 3072)}$`,
    ...(publicKey === undefined ? [] : [quoted(publicKey)]),
  ].join("|");
}

/** Of a network without anything that another one could be taken for: two allocations may give the same bytes to two nodes. */
function isUnmistakable(session: Session, world: NetworkWorld): boolean {
  const others = session.world.networks.filter((other) => other !== world).flatMap(({ resources }) => resources.map(hexOf));
  return world.resources.every((resource) => !others.includes(hexOf(resource)));
}

/** Facts, and whatever else the store holds, as `key value` lines. */
async function storeLines(session: Session): Promise<readonly string[]> {
  const etcdctl = ["etcdctl", "--endpoints", "http://127.0.0.1:2379", "get", "--prefix", "/farmlab/"];
  return (await session.read({ node: storeHostOf(session) }, etcdctl)).split("\n");
}

const nothing = "this farm has no network that could be told from the others";
const expected = "(EX-13: removing a network leaves the farm as if it had never been there)";

/** The rules that a host has as soon as it has any NR. */
const isOfAnyResource = ({ kind, namespace }: StateLine): boolean => kind === "nft" && namespace === "host";

/** Somebody asked for an address while nobody had it, as any router does: says nothing of a network to which it belonged before or came later. */
const isUnanswered = ({ kind, text }: StateLine): boolean => kind === "neighbour" && !/ lladdr /.test(text);

/**
 * What packets leave behind counts at the gateway that the network was behind, which translated them: what another network's namespaces
 * remember of packets that it sent there itself is that one's.
 */
const counts = (line: StateLine, node: string, { bar }: NetworkWorld): boolean =>
  !passing.has(line.kind) || (line.namespace === "gateway" && node === bar.node && !isUnanswered(line));

/** The NICs of a network on a segment of its own: they are as promiscuous as what is on them asks for. */
function carriersOf(session: Session, network: NetworkWorld): (node: string, line: StateLine) => boolean {
  const nics = expectedOverlay(session.world, network).flatMap((one) =>
    one.kind === "segment" ? [`${one.resource.node} ifname ${one.nic} `] : [],
  );
  return (node, { kind, namespace, text }) =>
    kind === "link" && namespace === "host" && nics.some((nic) => `${node} ${text}`.startsWith(nic));
}

/** What is still there of the network, and what went or came that was not its own. */
function leftBehind(
  network: NetworkWorld,
  before: FarmState,
  after: FarmState,
  trace: RegExp,
  hasOthers: (node: string) => boolean,
  isCarrier: (node: string, line: StateLine) => boolean,
): string[] {
  const isOwn = (line: StateLine): boolean => trace.test(lineText(line));
  return [...after].flatMap(([node, lines]) => {
    const { gone, added } = stateDifference(before.get(node) ?? [], lines);
    const lost = gone.filter((line) => !isOwn(line) && !isCarrier(node, line) && (hasOthers(node) || !isOfAnyResource(line)));
    return [
      ...lines.filter((line) => counts(line, node, network) && isOwn(line)).map((line) => `${node} still has ${lineText(line)}`),
      ...added.filter((line) => !isOwn(line) && !isCarrier(node, line)).map((line) => `${node} has something new, ${lineText(line)}`),
      ...lost.map((line) => `${node} has lost something of others, ${lineText(line)}`),
    ];
  });
}

/** So that gateways have something to remember: every workload to every internet host that it has a family in common with, and one of these to every port forward. */
async function passPackets(session: Session, { network }: NetworkWorld): Promise<void> {
  const workloads = session.world.workloads.filter((party) => party.network === network.name);
  const targets = session.world.internetHosts.flatMap((host) => families.flatMap((family) => addressOf(host, family) ?? []));
  const request = { protocol: "udp", port: session.internetPort, timeoutMs: silenceWaitMs } as const;
  const [outside] = session.world.internetHosts.filter((host) => addressOf(host, 4) !== undefined);
  const inwards =
    outside === undefined
      ? []
      : network.portForwards.map(({ address, protocol, port }) => ({ from: outside, to: address, protocol, port }));
  await Promise.all([
    ...workloads.flatMap((from) => targets.map(async (to) => await session.send({ ...request, from, to }))),
    ...inwards.map(async (flow) => await session.send({ ...flow, timeoutMs: silenceWaitMs })),
  ]);
}

const addressTrace = (address: Address): string => `(?<![0-9.])${quoted(formatAddress(address))}(?![0-9.])`;

/** A network of the session's gives one of its addresses back and stays: what is still there of that address. */
async function addressGivenBack(session: Session, candidates: readonly NetworkWorld[]): Promise<string[]> {
  const [giver] = seededRandom(session.seed, "EX-13 address").shuffle(candidates.filter(({ network }) => network.ownedIpv4.length > 0));
  const [address] = giver?.network.ownedIpv4 ?? [];
  if (giver === undefined || address === undefined) return [];
  await passPackets(session, giver);
  const networks = session.wishes.networks.map((intent) =>
    intent.name === giver.network.name
      ? {
          ...intent,
          ownedIpv4: intent.ownedIpv4.filter((owned) => !sameAddress(owned, address)),
          portForwards: intent.portForwards.filter((forward) => !sameAddress(forward.address, address)),
        }
      : intent,
  );
  await session.changeIntents({ ...session.wishes, networks });
  const trace = new RegExp(addressTrace(address));
  return [...(await stateAtRest(session, { flows: true }))].flatMap(([node, lines]) =>
    lines
      .filter((line) => counts(line, node, giver) && trace.test(lineText(line)))
      .map(
        (line) =>
          `network ${giver.network.name} gave ${formatAddress(address)} back: ${node} still has ${lineText(line)}; expected: nothing of it ${expected}`,
      ),
  );
}

const lineCharactersMax = 300;

/** Who leaves: some NRs of one network with what else is its own, and the farm's list without them. */
interface Leaver {
  readonly text: string;
  readonly network: NetworkWorld;
  readonly resources: readonly Resource[];
  readonly owned: readonly Address[];
  readonly without: Wishes;
}

/** The MAC address by which the others of its network know an NR, where its overlay has one. */
function overlayMac(state: FarmState, network: NetworkWorld, resource: Resource): string | undefined {
  const name = overlayName(network, resource);
  const line = state.get(resource.node)?.find(({ kind, text }) => kind === "link" && text.startsWith(`ifname ${name} `));
  return / address (\S+)/.exec(line?.text ?? "")?.[1];
}

function traceOfLeaver(session: Session, { network, resources, owned }: Leaver, before: FarmState): RegExp {
  const keyOf = (resource: Resource): string | undefined =>
    session.facts.get(resource.node)?.publicKeys[`wg-${hexOf(resource)}-${network.network.allocationNumber}`];
  const macs = resources.flatMap((one) => overlayMac(before, network, one) ?? []);
  return new RegExp([...resources.map((one) => traceOf(network, one, keyOf(one))), ...macs, ...owned.map(addressTrace)].join("|"));
}

/** Takes it away and brings it back; `beforeIt` is done to the farm that still has it, and answers what was wrong about that. */
async function leavesNothing(session: Session, leaver: Leaver, beforeIt: () => Promise<readonly string[]>): Promise<PropertyOutcome> {
  const { text, network, without } = leaver;
  await passPackets(session, network);
  const before = await stateAtRest(session, { flows: true });
  const trace = traceOfLeaver(session, leaver, before);
  const earlier = await beforeIt();
  await session.changeIntents(without);
  const left = await stateAtRest(session, { flows: true });
  const stored = (await storeLines(session)).filter((line) => trace.test(line));
  await session.changeIntents(session.wishes);
  const back = await stateAtRest(session, { flows: true });
  const hasOthers = (node: string): boolean => without.networks.some(({ resources }) => resources.some((one) => one.node === node));
  const away = [
    ...leftBehind(network, before, left, trace, hasOthers, carriersOf(session, network)),
    ...stored.map((line) => `the store still says ${line.slice(0, lineCharactersMax)}`),
  ];
  return outcomeOf(lastingCount(before), [
    ...earlier,
    ...away.map((story) => `${text} was taken away: ${story}; expected: all of it gone and nothing else ${expected}`),
    ...notAsBefore(before, back).map((story) => `${text} came back: ${story}; expected: as before it went ${expected}`),
  ]);
}

async function networkLeaves(session: Session): Promise<PropertyOutcome> {
  const candidates = session.world.networks.filter((network) => network.exitPoint.emulated && isUnmistakable(session, network));
  const [network] = seededRandom(session.seed, "EX-13").shuffle(candidates);
  if (network === undefined) return outcomeOf(0, [], { nothing });
  const { name, ownedIpv4 } = network.network;
  const { resources } = network;
  const leaver = { text: `network ${name}`, network, resources, owned: ownedIpv4, without: withoutNetwork(session.wishes, name) };
  return await leavesNothing(session, leaver, async () => await addressGivenBack(session, candidates));
}

/** Not the exit point, which goes with its network only. */
async function resourceLeaves(session: Session): Promise<PropertyOutcome> {
  const candidates = session.world.networks
    .filter((network) => isUnmistakable(session, network))
    .flatMap((network) =>
      network.resources.filter(({ exitPoint, emulated }) => !exitPoint && emulated).map((resource) => ({ network, resource })),
    );
  const [chosen] = seededRandom(session.seed, "EX-13 NR").shuffle(candidates);
  if (chosen === undefined)
    return outcomeOf(0, [], { nothing: "this farm has no NR besides exit points that could be told from the others" });
  const { network, resource } = chosen;
  const without = withoutResource(session.wishes, resource.network, resource.node);
  const text = `the NR of ${resource.network} on ${resource.node}`;
  return await leavesNothing(session, { text, network, resources: [resource], owned: [], without }, () => Promise.resolve([]));
}

export const leavingProperties: readonly Property[] = [
  {
    law: "EX-13",
    name: "EX-13 a network that is taken away takes all of it along, and brought back is as before",
    needs: needsTunnels,
    alone: true,
    run: networkLeaves,
  },
  {
    law: "EX-13",
    name: "EX-13 an NR that is taken away takes all of it along, and brought back is as before",
    needs: needsTunnels,
    alone: true,
    run: resourceLeaves,
  },
];
