/** EX-22 within one bridge: a workload that makes its frames itself, as a neighbour, as its NR, as a router or DHCP server. */
import { addressIn, formatAddress, parseAddress, sameAddress } from "../../core/common/index.ts";
import type { Address, Family } from "../../core/common/index.ts";
import type { NetworkWorld, Resource, WorkloadParty } from "../oracle/index.ts";
import { overlayName, resourcePlaces } from "../run/places.ts";
import type { Session, Sighting, WatchPlace } from "../run/session.ts";
import { answerText, answerWaitMs } from "./flows.ts";
import * as frames from "./forged-frames.ts";
import { HarnessError, outcomeOf, seesTunnelled } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { linkAddressOf } from "./link-address.ts";

const law = "EX-22: a workload sends only from its own addresses";

const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
};
const nobody = address("::");
const allNodes6 = address("ff02::1");
const allNodes4 = address("224.0.0.1");
const broadcast = "ff:ff:ff:ff:ff:ff";
/** Of nobody: locally administered, and of no seed of farmlab's. */
const foreignMac = "06:00:00:00:00:99";
/** A host number that no farm's workload has. */
const unusedHost = 153;
const port = 9;

/** Who is on the bridge: at the end of a port of it. */
interface Station {
  readonly called: string;
  readonly place: WatchPlace;
  readonly mac: string;
  readonly ipv4: Address;
  readonly ipv6: Address;
  readonly linkLocal: Address;
}

interface Frame {
  readonly story: string;
  make(mark: string): Uint8Array;
}

/** What can be claimed to be one's own. */
type Claim = Pick<Station, "called" | "ipv4" | "ipv6" | "linkLocal">;

const linkLocalOf = (ipv6: Address): Address => ({ family: 6, value: (0xfe80n << 112n) | (ipv6.value & 0xffff_ffff_ffff_ffffn) });
const solicited = (target: Address): Address => ({ family: 6, value: (0xff02n << 112n) | 0x1_ff00_0000n | (target.value & 0xff_ffffn) });
const of = (station: Pick<Station, "ipv4" | "ipv6">, family: Family): Address => (family === 4 ? station.ipv4 : station.ipv6);

/** As `claim`, to a victim who is not it. */
function asAnother(self: Station, claim: Claim, victim: Station): Frame[] {
  const direct = { from: self.mac, to: victim.mac };
  const claimed6 = [claim.ipv6, claim.linkLocal];
  const said = (what: string): string => `${what} as ${claim.called} to ${victim.called}`;
  return [
    ...claimed6.flatMap((target): Frame[] => [
      {
        story: said(`neighbour advertisement of ${formatAddress(target)} from its own address`),
        make: (mark) => frames.neighbourAdvertisement(direct, { source: self.linkLocal, destination: victim.ipv6 }, target, mark),
      },
      {
        story: said(`neighbour advertisement from ${formatAddress(target)}`),
        make: (mark) => frames.neighbourAdvertisement(direct, { source: target, destination: victim.ipv6 }, self.ipv6, mark),
      },
      {
        story: said(`neighbour solicitation from ${formatAddress(target)}`),
        make: (mark) => frames.neighbourSolicitation(direct, { source: target, destination: victim.ipv6 }, victim.ipv6, mark),
      },
      {
        story: said(`question whether anybody else has ${formatAddress(target)}`),
        make: (mark) => {
          const destination = solicited(target);
          const ends = { from: self.mac, to: frames.groupMac(destination) };
          return frames.neighbourSolicitation(ends, { source: nobody, destination }, target, mark);
        },
      },
    ]),
    {
      story: said(`ARP request from ${formatAddress(claim.ipv4)}`),
      make: (mark) => frames.arp({ ...direct, to: broadcast }, "request", { mac: self.mac, address: claim.ipv4 }, victim.ipv4, mark),
    },
    {
      story: said(`ARP answer from ${formatAddress(claim.ipv4)}`),
      make: (mark) => frames.arp(direct, "answer", { mac: self.mac, address: claim.ipv4 }, victim.ipv4, mark),
    },
    ...([4, 6] as const).map((family): Frame => ({
      story: said(`udp from ${formatAddress(of(claim, family))}`),
      make: (mark) =>
        frames.datagram(direct, { source: of(claim, family), destination: of(victim, family) }, { source: port, destination: port }, mark),
    })),
  ];
}

/** From its own addresses what only routers and DHCP servers say, and from others' MAC addresses. */
function asRouterOrServer(self: Station, resource: Station, victim: Station): Frame[] {
  const direct = { from: self.mac, to: victim.mac };
  const own6 = { source: self.linkLocal, destination: victim.linkLocal };
  const toAll = { from: self.mac, to: frames.groupMac(allNodes6) };
  const advertised = [self.linkLocal, resource.linkLocal].filter((source) => !sameAddress(source, victim.linkLocal));
  const answers = { ipv4: { source: 67, destination: 68 }, ipv6: { source: 547, destination: 546 } };
  return [
    ...advertised.flatMap((source): Frame[] => [
      {
        story: `router advertisement from ${formatAddress(source)}`,
        make: (mark) => frames.routerAdvertisement(toAll, { source, destination: allNodes6 }, mark),
      },
      {
        story: `redirect from ${formatAddress(source)} to ${victim.called}`,
        make: (mark) => frames.redirect(direct, { source, destination: victim.ipv6 }, self.linkLocal, allNodes6, mark),
      },
    ]),
    {
      story: "MLD query from its own address",
      make: (mark) => frames.mldQuery(toAll, { source: self.linkLocal, destination: allNodes6 }, mark),
    },
    {
      story: "IGMP query from its own address",
      make: (mark) =>
        frames.igmpQuery({ from: self.mac, to: frames.groupMac(allNodes4) }, { source: self.ipv4, destination: allNodes4 }, mark),
    },
    {
      story: `DHCP server's answer from its own address to ${victim.called}`,
      make: (mark) => frames.datagram(direct, { source: self.ipv4, destination: victim.ipv4 }, answers.ipv4, mark),
    },
    {
      story: `DHCPv6 server's answer from its own address to ${victim.called}`,
      make: (mark) => frames.datagram(direct, own6, answers.ipv6, mark),
    },
    {
      story: `ARP answer from its own address, at another MAC address, to ${victim.called}`,
      make: (mark) => frames.arp(direct, "answer", { mac: foreignMac, address: self.ipv4 }, victim.ipv4, mark),
    },
    ...[foreignMac, ...(resource === victim ? [] : [resource.mac])].map((mac): Frame => ({
      story: `udp from its own address and MAC address ${mac} to ${victim.called}`,
      make: (mark) =>
        frames.datagram(
          { from: mac, to: victim.mac },
          { source: self.ipv6, destination: victim.ipv6 },
          { source: port, destination: port },
          mark,
        ),
    })),
  ];
}

/** What it may say, by which is seen that the others would have come through. */
function asItself(self: Station, victim: Station): Frame[] {
  const direct = { from: self.mac, to: victim.mac };
  const to = `to ${victim.called}`;
  return [
    {
      story: `neighbour advertisement of its own ${to}`,
      make: (mark) => frames.neighbourAdvertisement(direct, { source: self.ipv6, destination: victim.ipv6 }, self.ipv6, mark),
    },
    {
      story: `neighbour solicitation of its own ${to}`,
      make: (mark) => frames.neighbourSolicitation(direct, { source: self.linkLocal, destination: victim.ipv6 }, victim.ipv6, mark),
    },
    {
      story: `ARP request of its own ${to}`,
      make: (mark) => frames.arp({ ...direct, to: broadcast }, "request", { mac: self.mac, address: self.ipv4 }, victim.ipv4, mark),
    },
    ...([4, 6] as const).map((family): Frame => ({
      story: `udp of its own ${to}`,
      make: (mark) =>
        frames.datagram(direct, { source: of(self, family), destination: of(victim, family) }, { source: port, destination: port }, mark),
    })),
  ];
}

async function station(session: Session, called: string, place: WatchPlace, addresses: Pick<Station, "ipv4" | "ipv6">): Promise<Station> {
  return { called, place, mac: await linkAddressOf(session, place), ...addresses, linkLocal: linkLocalOf(addresses.ipv6) };
}

interface Bridge {
  readonly self: Station;
  readonly resource: Station;
  readonly others: readonly Station[];
  readonly unused: Claim;
}

async function bridgeOf(session: Session, network: NetworkWorld, resource: Resource): Promise<Bridge | undefined> {
  const inside = session.world.workloads.filter((workload) => workload.network === network.network.name && workload.resource === resource);
  const local = resourcePlaces({ ...network, resources: [resource] }).find((place) => place.interface !== overlayName(network, resource));
  const [first, ...others] = inside;
  if (first === undefined || local === undefined) return undefined;
  const ofWorkload = async (workload: WorkloadParty): Promise<Station> => {
    const [place] = session.interfacesOf(workload);
    if (place === undefined) throw new HarnessError(`${workload.name} has no interface`);
    return await station(session, workload.name, place, workload);
  };
  const unused6 = addressIn(resource.prefix6, unusedHost);
  return {
    self: await ofWorkload(first),
    resource: await station(session, `the NR of ${network.network.name} on ${resource.node}`, local, {
      ipv4: resource.address4,
      ipv6: resource.address6,
    }),
    others: await Promise.all(others.slice(0, 2).map(ofWorkload)),
    unused: { called: "nobody", ipv4: addressIn(resource.prefix4, unusedHost), ipv6: unused6, linkLocal: linkLocalOf(unused6) },
  };
}

interface Neighbour {
  readonly dst?: string;
  readonly lladdr?: string;
}

/** What a victim holds for true that the sender said of somebody else. */
async function beliefs(session: Session, { self }: Bridge, victim: Station): Promise<string[]> {
  const known = await session.read(victim.place, ["ip", "-json", "neigh", "show", "dev", victim.place.interface]);
  const own = [self.ipv4, self.ipv6, self.linkLocal].map(formatAddress);
  return (JSON.parse(known) as readonly Neighbour[]).flatMap(({ dst = "", lladdr }) => {
    const isOwn = own.includes(dst);
    const isBelieved = lladdr === foreignMac || (lladdr === self.mac && !isOwn);
    return isBelieved
      ? [`${victim.called} believes that ${dst} is at ${lladdr}, which ${self.called} said; expected: nobody does (${law})`]
      : [];
  });
}

const sameStation = (one: Station, { place }: Sighting): boolean =>
  one.place.node === place.node && one.place.namespace === place.namespace && one.place.interface === place.interface;

async function judgeBridge(session: Session, bridge: Bridge): Promise<{ readonly runs: number; readonly stories: readonly string[] }> {
  const { self, resource, others, unused } = bridge;
  const victims = [resource, ...others];
  const claims: readonly Claim[] = [resource, ...others, unused];
  const forged = victims.flatMap((victim) => [
    ...claims.filter((claim) => claim !== victim).flatMap((claim) => asAnother(self, claim, victim)),
    ...asRouterOrServer(self, resource, victim),
  ]);
  const permitted = victims.flatMap((victim) => asItself(self, victim));
  const { value, sightings } = await session.watch([self.place, ...victims.map(({ place }) => place)], async (send, sendFrame) => {
    const sendAll = async (all: readonly Frame[]): Promise<{ frame: Frame; mark: string }[]> => {
      const sent: { frame: Frame; mark: string }[] = [];
      for (const frame of all) sent.push({ frame, mark: await sendFrame(self.place, (mark) => frame.make(mark)) });
      return sent;
    };
    const made = { forged: await sendAll(forged), permitted: await sendAll(permitted) };
    // Behind all of them in the same queues.
    for (const { ipv4: to, called } of victims) {
      const { answer } = await send({ from: self.place, to, protocol: "icmp", timeoutMs: answerWaitMs });
      if (answer.kind !== "reply") throw new HarnessError(`${called} does not answer ${self.called}: ${answerText(answer)}`);
    }
    return { ...made, believed: (await Promise.all(victims.map(async (victim) => await beliefs(session, bridge, victim)))).flat() };
  });
  const hasLeft = (mark: string): boolean => sightings.some((one) => one.token === mark && one.outgoing && sameStation(self, one));
  const arrivedAt = (mark: string): Station[] =>
    victims.filter((victim) => sightings.some((one) => one.token === mark && !one.outgoing && sameStation(victim, one)));
  const arrived = value.forged.flatMap(({ frame, mark }) => {
    const at = arrivedAt(mark).map(({ called }) => called);
    return at.length === 0 ? [] : [`${frame.story}, sent by ${self.called}, came to ${at.join(" and ")}; expected: to nobody (${law})`];
  });
  const stories = [...value.believed, ...arrived];
  if (stories.length === 0) {
    for (const { frame, mark } of [...value.forged, ...value.permitted])
      if (!hasLeft(mark)) throw new HarnessError(`${frame.story} never left ${self.called}`);
    for (const { frame, mark } of value.permitted)
      if (arrivedAt(mark).length === 0) throw new HarnessError(`${frame.story}, sent by ${self.called}, came to nobody: so would the rest`);
  }
  return { runs: value.forged.length + victims.length, stories };
}

async function nobodyBelieves(session: Session): Promise<PropertyOutcome> {
  const places = session.world.networks.flatMap((network) =>
    network.resources.filter(({ emulated }) => emulated).map((resource) => ({ network, resource })),
  );
  const bridges = (await Promise.all(places.map(async ({ network, resource }) => await bridgeOf(session, network, resource)))).flatMap(
    (bridge) => bridge ?? [],
  );
  const judged = await Promise.all(bridges.map(async (bridge) => await judgeBridge(session, bridge)));
  const runs = judged.reduce((sum, one) => sum + one.runs, 0);
  return outcomeOf(
    runs,
    judged.flatMap(({ stories }) => stories),
    { nothing: "this farm has no workload" },
  );
}

export const bridgeProperties: readonly Property[] = [
  {
    law: "EX-22",
    name: "EX-22 nobody gets or believes what a workload says as a neighbour, its NR, a router or a DHCP server",
    needs: seesTunnelled,
    run: nobodyBelieves,
  },
];
