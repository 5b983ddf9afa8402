/** What the oracle says of a broken flow, as something that the other views can be held against. */
import { formatAddress, sameAddress } from "../../../core/common/index.ts";
import { expectedText, partyText } from "../../laws/flows.ts";
import type { BrokenFlow } from "../../laws/law.ts";
import { addressOf, gatewayIpv4, predict } from "../../oracle/index.ts";
import type { Party, Prediction } from "../../oracle/index.ts";
import type { View } from "../evidence.ts";
import { resourcePosition } from "../places.ts";
import type { Position, Session } from "../session.ts";
import type { Expected } from "./outcome.ts";

export const placeText = ({ node, namespace }: Position): string => (namespace === undefined ? node : `${node}/${namespace}`);

export const isParty = (from: BrokenFlow["request"]["from"]): from is Party => "kind" in from;

export function senderPosition(session: Session, { request: { from } }: BrokenFlow): Position {
  return isParty(from) ? session.positionOf(from) : from;
}

/** The namespaces that are nobody's business but a network's own: those of all networks that the sender is not of. */
function foreignPlaces(session: Session, broken: BrokenFlow): ReadonlySet<string> {
  const sender = senderPosition(session, broken);
  const { from } = broken.request;
  const { world } = session;
  const own = world.networks.find(
    (network) =>
      (isParty(from) && from.kind === "workload" && from.network === network.network.name) ||
      network.resources.some((resource) => placeText(resourcePosition(network, resource)) === placeText(sender)),
  );
  const others = world.networks.filter((network) => network !== own);
  return new Set([
    ...others.flatMap((network) => network.resources.map((resource) => placeText(resourcePosition(network, resource)))),
    ...world.workloads.filter((party) => party.network !== own?.network.name).map((party) => placeText(session.positionOf(party))),
    ...world.internetHosts.filter((party) => party !== from).map((party) => placeText(session.positionOf(party))),
  ]);
}

export function expectedOf(session: Session, broken: BrokenFlow): Expected {
  const { prediction } = broken;
  if (prediction?.delivered === true) {
    const { answeredBy, sourceSeen, hops } = prediction;
    return {
      ...{ kind: "answered", by: placeText(session.positionOf(answeredBy)), who: partyText(answeredBy) },
      ...(sourceSeen === undefined ? {} : { source: sourceSeen }),
      ...(hops === undefined ? {} : { hops }),
    };
  }
  if (prediction?.refusal === "unreachable") return { kind: "refused", by: prediction.refusedBy };
  return { kind: "kept-away", from: foreignPlaces(session, broken) };
}

export function oracleView(broken: BrokenFlow, expected: Expected): View {
  const { prediction, during } = broken;
  const over = during === undefined ? [] : [`it broke during ${during}, which is over: the other views show the farm as it is now`];
  if (prediction === undefined) return { view: "oracle", says: ["never delivered to anyone: the law itself says so", ...over], ends: null };
  const ends = expected.kind === "answered" ? expected.by : expected.kind === "refused" ? (expected.by?.who ?? null) : null;
  return { view: "oracle", says: [expectedText(prediction), `${prediction.law}: ${prediction.because}`, ...over], ends };
}

const isLikeness = (one: Prediction, other: Prediction): boolean => expectedText(one) === expectedText(other);

/**
 * Why what the oracle said cannot stand, whatever the lab does: asked again it says otherwise, or it names what the farm's file does not
 * give. Undefined where nothing speaks against it; that it is right does not follow.
 */
export function oracleFault(session: Session, { request, prediction }: BrokenFlow): string | undefined {
  if (prediction === undefined || !isParty(request.from)) return undefined;
  const { from, to } = request;
  const again = predict(session.world, { ...request, from });
  if (again !== undefined && !isLikeness(again, prediction))
    return `asked again, it says: ${expectedText(again)} (${again.law}: ${again.because})`;
  if (!prediction.delivered) return undefined;
  const { answeredBy, sourceSeen } = prediction;
  const isOwn = [answeredBy.ipv4, answeredBy.ipv6].some((address) => address !== undefined && sameAddress(address, to));
  const isForwarded = session.farm.networks.some((network) =>
    network.portForwards.some((forward) => forward.workload === answeredBy.name && sameAddress(forward.address, to)),
  );
  if (!isOwn && !isForwarded) return `the farm's file gives ${formatAddress(to)} to ${partyText(answeredBy)} in no way`;
  const sources = [addressOf(from, to.family), ...session.world.bars.map(gatewayIpv4)];
  if (sourceSeen !== undefined && !sources.some((address) => address !== undefined && sameAddress(address, sourceSeen))) {
    return `the farm's file gives ${formatAddress(sourceSeen)} neither to the sender nor to a gateway`;
  }
  return undefined;
}
