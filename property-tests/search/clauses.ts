/** Which part of which law a flow exercises, by the oracle's prediction: what the model's clauses are held to. */
import { contains, sameAddress, wellKnown } from "../../core/common/index.ts";
import { gatewayIpv4, networkNamed } from "../oracle/index.ts";
import type { Delivered, Flow, NotDelivered, Prediction, World, WorkloadParty } from "../oracle/index.ts";

const locationOf = ({ resource }: WorkloadParty): string => (resource.exitPoint ? "exit-point" : resource.publicNode ? "public" : "hidden");

function neighbourOf(world: World, from: WorkloadParty, network: string): string {
  return networkNamed(world, from.network).bar === networkNamed(world, network).bar ? "same-gateway" : "other-gateway";
}

const isOwned = (world: World, { to }: Flow): boolean =>
  world.networks.some(({ network }) => network.ownedIpv4.some((owned) => sameAddress(owned, to)));

const hopNames = new Map([
  [0, "same-resource"],
  [2, "two-hops"],
  [3, "three-hops"],
]);

function deliveredClause(world: World, flow: Flow, { law, answeredBy, hops }: Delivered): string | undefined {
  const { from, to, protocol } = flow;
  if (law === "EX-7") {
    const way = hopNames.get(hops ?? -1);
    return way === undefined ? undefined : `${way}-ipv${to.family}-${protocol}`;
  }
  if (answeredBy.kind === "internet-host") return from.kind === "workload" ? `out-${locationOf(from)}` : undefined;
  if (from.kind === "internet-host")
    return law === "EX-8" ? `in-${protocol}-${locationOf(answeredBy)}` : `forward-${protocol}-${locationOf(answeredBy)}`;
  if (from.network === answeredBy.network) return `own-forward-${protocol}`;
  const neighbour = neighbourOf(world, from, answeredBy.network);
  return to.family === 6 ? `global-${neighbour}-${protocol}` : `forward-${protocol}-${neighbour}`;
}

/** The network whose resource or tunnel has a private or link-local address. */
const privateOwner = (world: World, flow: Flow): string | undefined =>
  world.networks
    .flatMap(({ resources }) => resources)
    .find(
      ({ prefix4, transit4, linkLocals }) =>
        contains(prefix4, flow.to) || sameAddress(transit4, flow.to) || linkLocals.some((address) => sameAddress(address, flow.to)),
    )?.network;

function refusedClause(world: World, flow: Flow, { law, refusedBy }: NotDelivered): string | undefined {
  const { from, to } = flow;
  if (law === "EX-11") return refusedBy?.who.startsWith("the BAR") === true ? "unassigned-64" : "unassigned-52";
  if (law === "EX-10") {
    const owner = from.kind === "workload" ? privateOwner(world, flow) : undefined;
    if (from.kind !== "workload" || owner === undefined) return undefined;
    return `${to.family === 6 ? "link-local" : "private"}-${neighbourOf(world, from, owner)}`;
  }
  if (world.bars.some((bar) => gatewayIpv4(bar) !== undefined && sameAddress(gatewayIpv4(bar) ?? to, to))) return "unsolicited-gateway";
  if (wellKnown.private4.some((prefix) => contains(prefix, to))) return "unsolicited-private";
  const isForwarded = world.networks.some(({ network }) =>
    network.portForwards.some(
      ({ address, protocol, port }) => sameAddress(address, to) && protocol === flow.protocol && port === flow.port,
    ),
  );
  return isOwned(world, flow) && !isForwarded ? "unsolicited-owned" : "no-gateway";
}

/** `clause:EX-9/forward-udp-hidden`; undefined for a flow of which coverage has no name. */
export function clauseOf(world: World, flow: Flow, prediction: Prediction): string | undefined {
  const part = prediction.delivered ? deliveredClause(world, flow, prediction) : refusedClause(world, flow, prediction);
  return part === undefined ? undefined : `clause:${prediction.law}/${part}`;
}
