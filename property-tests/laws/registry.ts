/** Every law of the systems that farmlab runs, in their order, with the properties that check it. */
import { editDistance } from "../../core/common/reading/index.ts";
import { pureProperties } from "./ex-pure.ts";
import { askingProperties } from "./ex-05-askers.ts";
import { allocatorStateProperties } from "./ex-05-state.ts";
import { upstreamProperties } from "./ex-06-upstream.ts";
import { withinProperties } from "./ex-07-within.ts";
import { internet6Properties } from "./ex-08-internet6.ts";
import { internet4Properties } from "./ex-09-internet4.ts";
import { isolationProperties } from "./ex-10-isolation.ts";
import { unassignedProperties } from "./ex-11-unassigned.ts";
import { handedBackProperties } from "./ex-11-handed-back.ts";
import { joiningProperties } from "./ex-12-joining.ts";
import { unheardProperties } from "./ex-12-unheard.ts";
import { farmHistoryProperties } from "./ex-13-history.ts";
import { leavingProperties } from "./ex-13-leaving.ts";
import { standbyProperties } from "./ex-14-standby.ts";
import { partnerProperties } from "./ex-15-partners.ts";
import { tableProperties } from "./ex-16-tables.ts";
import { driftProperties } from "./ex-17-drift.ts";
import { failingProperties } from "./ex-17-failing.ts";
import { knowledgeProperties } from "./ex-18-knowledge.ts";
import { machineProperties } from "./ex-18-machine.ts";
import { sameNameProperties } from "./ex-18-same-name.ts";
import { scaleProperties } from "./ex-19-scale.ts";
import { meshProperties } from "./ex-20-mesh.ts";
import { overlayProperties } from "./ex-20-overlays.ts";
import { borderProperties } from "./ex-22-borders.ts";
import { bridgeProperties } from "./ex-22-bridges.ts";
import { fullSizeProperties } from "./ex-23-full-size.ts";
import { timelineProperties } from "./timeline.ts";
import { expectationProperties } from "./fe-1-expectations.ts";
import { natProperties } from "./xc-09-nat.ts";
import { harnessLaws } from "./harness.ts";
import type { Law, Property } from "./law.ts";

const properties: readonly Property[] = [
  ...pureProperties,
  ...askingProperties,
  ...allocatorStateProperties,
  ...upstreamProperties,
  ...withinProperties,
  ...internet6Properties,
  ...internet4Properties,
  ...isolationProperties,
  ...unassignedProperties,
  ...handedBackProperties,
  ...joiningProperties,
  ...unheardProperties,
  ...leavingProperties,
  ...farmHistoryProperties,
  ...standbyProperties,
  ...partnerProperties,
  ...tableProperties,
  ...driftProperties,
  ...failingProperties,
  ...knowledgeProperties,
  ...sameNameProperties,
  ...machineProperties,
  ...scaleProperties,
  ...meshProperties,
  ...overlayProperties,
  ...borderProperties,
  ...bridgeProperties,
  ...fullSizeProperties,
  ...expectationProperties,
  ...natProperties,
  ...timelineProperties,
];

const law = (id: string, kind: Law["kind"], text: string, ...tests: readonly string[]): Law => ({
  id,
  kind,
  text,
  properties: properties.filter((property) => property.law === id),
  tests,
});

export const laws: readonly Law[] = [
  law(
    "EX-1",
    "pure",
    "allocation, exit node, /64 and allocation number alone give every name, address, port and route; order and machine have no influence",
  ),
  law("EX-2", "pure", "names of interfaces, bridges and namespaces have at most 15 bytes and are unique within their node"),
  law(
    "EX-3",
    "pure",
    "an allocation is a global unicast /48; anything else is refused with reason and place, a documentation prefix warned of",
  ),
  law(
    "EX-4",
    "pure",
    "a /48 has 16 parts of /52: part 0 is PrefixZero's, exit nodes are 1 to 15, and a node asking again gets its own number again",
  ),
  law(
    "EX-5",
    "pure",
    "the NRs of a network get /64s from the /52 of their exit point's exit node, each held once, and a released one rests",
  ),
  law(
    "EX-6",
    "lab",
    "the upstream router holds one static /52 per exit node, PrefixZero, a default route and one unreachable /48, however many NRs there are",
  ),
  law(
    "EX-7",
    "lab",
    "workloads of one network reach each other on both families, two NRs apart, or through the exit point where both nodes are hidden",
  ),
  law("EX-8", "lab", "a workload reaches the IPv6 internet with its own address, and the internet reaches its services"),
  law(
    "EX-9",
    "lab",
    "a workload reaches the IPv4 internet as GWPubIP4; inbound IPv4 is refused but for port forwards on addresses that the user owns",
  ),
  law(
    "EX-10",
    "lab",
    "networks never reach each other privately; to global services and port forwards a neighbour is exactly an internet host",
  ),
  law("EX-11", "lab", "what nobody holds is answered unreachable and never delivered; no packet passes a routing namespace twice"),
  law("EX-12", "lab", "a new NR gets its route and disturbs no flow of any other"),
  law("EX-13", "lab", "a removed NR leaves nothing behind"),
  law("EX-14", "lab", "a dead exit node is recreated elsewhere under the same number, and never two answer for it"),
  law("EX-15", "lab", "two active exit nodes stand in for each other: a silent death costs less than 250 ms and no established flow"),
  law("EX-16", "lab", "a routing table per network keeps private addresses apart without a filter rule"),
  law("EX-17", "lab", "the same state again changes nothing; drift in what farmlab owns is repaired, and nothing else is touched"),
  law(
    "EX-18",
    "lab",
    "an agent builds its state from the list, the published facts and its own keys alone, also after a restart, without losing a packet",
  ),
  law("EX-19", "lab", "thousands of NRs on one exit node, and a full farm's derivation, in bounded time and memory"),
  law(
    "EX-20",
    "lab",
    "WireGuard peers, AllowedIPs, ports and keepalive are as derived; endpoints of hidden nodes are learnt, and two hidden nodes are no peers; VXLANs and segments of their own are as derived, and in every overlay each sends for itself only",
  ),
  law("EX-21", "pure", "what derivation can collide on is refused before anything changes, naming both sides"),
  law("EX-22", "lab", "a workload sends from its own addresses only, and nothing private leaves the gateway upstream"),
  law("EX-23", "lab", "full-size transfers work both ways through every tunnel and NAT"),
  law("EX-24", "pure", "`farmlab check` finds each requirement that a farm misses"),
  law("EX-25", "pure", "a network has exactly one exit point, on an exit node, which forwards over a NIC of its own"),
  law("FE-1", "lab", "what the farm file itself expects of who reaches whom holds"),
  ...harnessLaws.map(({ id, text, tests }) => law(id, "harness", text, ...tests)),
];

export function lawNamed(id: string): Law | undefined {
  return laws.find((candidate) => candidate.id === id.toUpperCase());
}

export function nearestLaw(id: string): string {
  const wanted = id.toUpperCase();
  return laws
    .map((candidate) => candidate.id)
    .reduce((best, candidate) => (editDistance(candidate, wanted) < editDistance(best, wanted) ? candidate : best));
}
