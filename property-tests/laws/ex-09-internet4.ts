/** EX-9: IPv4 to the internet through the BAR's masquerade, and in by port forward only. */
import { formatAddress, sameAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { gatewayIpv4, upstreamOf } from "../oracle/index.ts";
import type { Flow, InternetParty, Protocol, WorkloadParty } from "../oracle/index.ts";
import type { Session } from "../run/session.ts";
import { answerWaitMs, flowsTo, judgeFlows } from "./flows.ts";
import { HarnessError, outcomeOf, seesTunnelled } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { probesIn, sendUntilAnswered } from "./lossy.ts";
import { judgeNeverArrives } from "./never-arrives.ts";
import type { Attempt } from "./never-arrives.ts";
import { gatewayUpPlace, liveBars } from "../run/places.ts";

type Internet4Party = InternetParty & { readonly ipv4: Address };

const internetHosts4 = (session: Session): Internet4Party[] =>
  session.world.internetHosts.flatMap((host) => (host.ipv4 === undefined ? [] : [{ ...host, ipv4: host.ipv4 }]));

const nothing = "this farm has no workload or no host on the IPv4 internet";

async function masqueraded(session: Session): Promise<PropertyOutcome> {
  const services = (["tcp", "udp"] as const).map((protocol) => ({ protocol, port: session.internetPort }));
  const flows = session.world.workloads.flatMap((from) => internetHosts4(session).flatMap((host) => flowsTo(from, host.ipv4, services)));
  const { runs, stories, broken } = await judgeFlows(session, "EX-9/out", flows);
  return outcomeOf(runs, stories, { broken, nothing });
}

/** Every forward from every host of the IPv4 internet and every workload of its own network. */
async function forwarded(session: Session): Promise<PropertyOutcome> {
  const flows = session.world.networks.flatMap(({ network }) =>
    network.portForwards.flatMap((forward) => {
      const own = session.world.workloads.filter((workload) => workload.network === network.name);
      return [...internetHosts4(session), ...own].map((from): Flow => ({
        from,
        to: forward.address,
        protocol: forward.protocol,
        port: forward.port,
      }));
    }),
  );
  const { runs, stories, broken } = await judgeFlows(session, "EX-9/forward", flows);
  return outcomeOf(runs, stories, { broken, nothing: "this farm has no port forward" });
}

const protocols: readonly Protocol[] = ["icmp", "tcp", "udp"];

/** Addresses of the farmer's routable network by which a stranger could try to come in. */
function publicAddresses(session: Session): Address[] {
  const gateways = liveBars(session.world).flatMap((bar) => gatewayIpv4(bar) ?? []);
  return [...gateways, ...session.world.networks.flatMap(({ network }) => network.ownedIpv4)];
}

/** Ports to knock at: those of the services themselves and of forwards, for either protocol. */
function knockPorts(session: Session): number[] {
  const services = session.world.workloads.flatMap((workload) => workload.services.map((service) => service.port));
  const forwards = session.farm.networks.flatMap((network) => network.portForwards.map((forward) => forward.port));
  return [...new Set([...services, ...forwards])];
}

function strangersAttempts(session: Session): Attempt[] {
  const forwards = session.farm.networks.flatMap((network) => network.portForwards);
  const isForwarded = (to: Address, protocol: Protocol, port: number): boolean =>
    forwards.some((forward) => sameAddress(forward.address, to) && forward.protocol === protocol && forward.port === port);
  const targets = [...publicAddresses(session), ...session.world.workloads.map((workload) => workload.ipv4)];
  return internetHosts4(session).flatMap((from) =>
    targets.flatMap((to) =>
      protocols.flatMap((protocol): Attempt[] => {
        if (protocol === "icmp") return [{ from, to, protocol }];
        return knockPorts(session)
          .filter((port) => !isForwarded(to, protocol, port))
          .map((port) => ({ from, to, protocol, port }));
      }),
    ),
  );
}

const refusal = "EX-9: unsolicited inbound IPv4 is refused, in only by port forward";

async function unsolicited(session: Session): Promise<PropertyOutcome> {
  const { runs, stories, broken } = await judgeNeverArrives(session, {
    law: refusal,
    attempts: strangersAttempts(session),
    victims: session.world.workloads,
  });
  return outcomeOf(runs, stories, { broken, nothing });
}

/** Marks the routes that the router of PrefixZero is told for the attack (`ip route ... proto`). */
const attackProtocol = "245";

/** A packet for a workload's private address that is handed to the BAR by a router of PrefixZero: the upstream router, told so for a moment. */
async function throughTheGateway(session: Session): Promise<PropertyOutcome> {
  const { workloads } = session.world;
  const routes = session.world.networks.flatMap(({ network, bar }) => {
    const upstream = upstreamOf(session.world, bar);
    const via = gatewayIpv4(bar);
    if (upstream?.ipv4 === undefined || via === undefined) return [];
    const victims = workloads.filter((workload) => workload.network === network.name);
    return victims.map((victim) => ({ position: { node: upstream.name }, via, victim }));
  });
  const route = (verb: "replace" | "del", one: (typeof routes)[number]): readonly string[] => [
    ...["ip", "-4", "route", verb, `${formatAddress(one.victim.ipv4)}/32`],
    ...["via", formatAddress(one.via), "proto", attackProtocol],
  ];
  try {
    await Promise.all(routes.map(async (one) => await session.read(one.position, route("replace", one))));
    const attempts = routes.flatMap(({ position, victim }): Attempt[] => {
      const from = { ...position, called: `router ${position.node}` };
      const knocks = victim.services.map(({ protocol, port }): Attempt => ({ from, to: victim.ipv4, protocol, port }));
      return [{ from, to: victim.ipv4, protocol: "icmp" }, ...knocks];
    });
    const passing = liveBars(session.world).map(gatewayUpPlace, liveBars);
    const { runs, stories } = await judgeNeverArrives(session, { law: refusal, attempts, victims: workloads, passing });
    // Its flows cannot be sent once more: the routes that they took are gone by then.
    return outcomeOf(runs, stories, { nothing: "this farm has no exit node with IPv4" });
  } finally {
    await Promise.allSettled(routes.map(async (one) => await session.read(one.position, route("del", one))));
  }
}

/** A mapping that a workload's own flow opened lets in who was asked, from the port that was asked, and nobody else. */
async function filteredMapping(session: Session): Promise<PropertyOutcome> {
  const [peer, stranger] = internetHosts4(session);
  if (peer === undefined || stranger === undefined) return outcomeOf(0, [], { nothing: "this takes two hosts on the IPv4 internet" });
  const senders = session.world.networks.flatMap(({ network, bar }): { from: WorkloadParty; gateway: Address }[] => {
    const from = session.world.workloads.find((workload) => workload.network === network.name);
    const gateway = gatewayIpv4(bar);
    return from === undefined || gateway === undefined ? [] : [{ from, gateway }];
  });
  const opened = await Promise.all(
    senders.map(async ({ from, gateway }, index) => {
      const asked = { from, to: peer.ipv4, protocol: "udp", port: session.internetPort, sourcePort: 20000 + index } as const;
      const request = { ...asked, timeoutMs: answerWaitMs };
      const { sent } = await sendUntilAnswered(async (one) => await session.send(one), request, probesIn(session.farm));
      if (sent.answer.kind !== "reply" || sent.answer.seenPort === undefined) {
        throw new HarnessError(`no mapping to try: udp from ${from.name} to ${peer.name} was not answered`);
      }
      return { gateway, port: sent.answer.seenPort };
    }),
  );
  // The peer's own attempt comes from another port than the one that was asked.
  const attempts = opened.flatMap(({ gateway, port }) =>
    [stranger, peer].map((from): Attempt => ({ from, to: gateway, protocol: "udp", port })),
  );
  const { runs, stories } = await judgeNeverArrives(session, {
    law: "EX-9: what a masqueraded flow opened is for its own peer only (address- and port-dependent filtering)",
    attempts,
    victims: session.world.workloads,
    passing: liveBars(session.world).map(gatewayUpPlace, liveBars),
  });
  // Its flows cannot be sent once more: the mappings that they try will have run out.
  return outcomeOf(runs, stories, { nothing: "this farm has no exit node with IPv4" });
}

export const internet4Properties: readonly Property[] = [
  { law: "EX-9", name: "EX-9 the IPv4 internet sees GWPubIP4 as a workload's source", needs: seesTunnelled, run: masqueraded },
  { law: "EX-9", name: "EX-9 refuses unsolicited inbound IPv4", needs: seesTunnelled, run: unsolicited },
  {
    law: "EX-9",
    name: "EX-9 refuses private IPv4 that a router of PrefixZero hands to the BAR",
    needs: seesTunnelled,
    run: throughTheGateway,
  },
  { law: "EX-9", name: "EX-9 a masqueraded flow opens the way for its own peer only", needs: seesTunnelled, run: filteredMapping },
  {
    law: "EX-9",
    name: "EX-9 a port forward reaches its service, tcp and udp, from the internet and from its own network",
    needs: seesTunnelled,
    run: forwarded,
  },
];
