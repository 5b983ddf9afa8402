/** What the tables say of a flow: walked there, and back where it comes to who answers. */
import type { Lab } from "../../../emulator/lab.ts";
import { addressOf } from "../../oracle/index.ts";
import type { BrokenFlow } from "../../laws/law.ts";
import type { PathStep, View } from "../evidence.ts";
import type { Session } from "../session.ts";
import { ethernets } from "./ethernet.ts";
import { isParty, placeText, senderPosition } from "./oracle-view.ts";
import { endsText, outcomeText, wayText, type Found, type FlowOutcome } from "./outcome.ts";
import type { LabTables } from "./tables/lab-tables.ts";
import { answerTo, packetText, type Packet } from "./tables/packet.ts";
import { routeLookup } from "./tables/route-lookup.ts";
import { walkPacket, type Walk, type WalkStep } from "./tables/walk.ts";

export interface WalkedFlow {
  /** As it is sent. */
  readonly packet: Packet;
  readonly there: Walk;
  /** Absent where the packet does not come to anyone. */
  readonly back?: Walk;
  readonly found: Found;
}

/** The packet as it is sent. A sender that is no party has the source that its kernel chooses. */
async function packetOf(session: Session, lab: Lab, tables: LabTables, broken: BrokenFlow, sourcePort: number): Promise<Packet> {
  const { request } = broken;
  const unspecified = { family: request.to.family, value: 0n };
  const own = request.foreignSource ?? (isParty(request.from) ? addressOf(request.from, request.to.family) : undefined);
  const packet: Packet = {
    ...{ source: own ?? unspecified, destination: request.to, protocol: request.protocol, isAnswer: false },
    ...{ sourcePort: request.protocol === "icmp" ? 0 : sourcePort, destinationPort: request.port ?? 0 },
  };
  const place = tables.places.get(placeText(senderPosition(session, broken)));
  if (own !== undefined || place === undefined) return packet;
  const zone = request.zone === undefined ? {} : { zone: request.zone };
  const { source } = await routeLookup(lab)(place, { packet, ...zone });
  return source === undefined ? packet : { ...packet, source };
}

function outcomeOf(there: Walk, back: Walk | undefined, sender: string): FlowOutcome {
  const { end } = there;
  if (end.kind !== "local" || back === undefined) return { kind: end.kind === "refused" ? "refused" : "lost", at: end.where, why: end.why };
  if (back.end.kind === "local" && back.end.where === sender) return { kind: "answered", by: end.where };
  const why = back.end.kind === "local" ? `it takes it for its own, and ${sender} waits` : back.end.why;
  return { kind: "answer-lost", by: end.where, at: back.end.where, why };
}

const isForMany = ({ destination: { family, value } }: Packet): boolean => family === 6 && value >> 120n === 0xffn;

/** What a namespace let a packet pass by: the last rule that it fell under, and else the route. */
function letText(step: WalkStep | undefined): string {
  if (step === undefined) return "";
  const rule = step.rules.at(-1);
  return `${step.where} lets it pass by ${rule ?? `route ${step.route ?? ""}, no rule stops it`}`;
}

export async function walkFlow(session: Session, tables: LabTables, broken: BrokenFlow, sourcePort: number): Promise<WalkedFlow> {
  const { lab } = session;
  const walked = { tables, links: ethernets(lab.topology), lookUp: routeLookup(lab) };
  const sender = placeText(senderPosition(session, broken));
  const packet = await packetOf(session, lab, tables, broken, sourcePort);
  const { zone } = broken.request;
  const there = await walkPacket(walked, { where: sender, packet, ...(zone === undefined ? {} : { zone }) });
  const own = there.steps.filter((step) => !step.isOuter);
  const isHeard = there.end.kind === "local" && !isForMany(there.end.packet);
  const back = isHeard ? await walkPacket(walked, { where: there.end.where, packet: answerTo(there.end.packet), after: there }) : undefined;
  return {
    ...{ packet, there },
    ...(back === undefined ? {} : { back }),
    found: {
      outcome: outcomeOf(there, back, sender),
      entered: own.filter((step) => step.in !== undefined).map((step) => step.where),
      letBy: new Map(own.slice(1).map((step, index) => [step.where, letText(own[index])])),
      source: there.end.packet.source,
      hops: there.hops,
    },
  };
}

const wayOf = (steps: readonly WalkStep[]): string => wayText(steps.map(({ where, isOuter }) => ({ where, isInside: isOuter })));

const changesText = (steps: readonly WalkStep[]): string[] =>
  steps.flatMap(({ where, isOuter, becomes, rules }) =>
    becomes === undefined || isOuter
      ? []
      : [`${where} makes it ${packetText(becomes)}${rules.length === 0 ? "" : ` (${rules.join("; ")})`}`],
  );

/** `plan`: whether the nodes on the way are as planned, in a sentence. */
export function tablesView({ packet, there, back, found: { outcome } }: WalkedFlow, plan: string | undefined): View {
  const doubts = [...new Set([...there.doubts, ...(back?.doubts ?? [])])].map((doubt) => `cannot be told: ${doubt}`);
  return {
    view: "tables",
    says: [
      ...[`${packetText(packet)}: ${outcomeText(outcome)}`, wayOf(there.steps)],
      ...(plan === undefined ? [] : [plan]),
      ...changesText(there.steps),
      ...(back === undefined || outcome.kind === "answered" ? [] : [`back: ${wayOf(back.steps)}`, ...changesText(back.steps)]),
      ...doubts,
    ],
    ends: endsText(outcome),
  };
}

/** Routes and rules by namespace, in the order of the way there and back. */
export function pathOf({ there, back }: WalkedFlow): PathStep[] {
  const steps = [...there.steps, ...(back?.steps ?? [])];
  return [...Map.groupBy(steps, (step) => step.where)].map(([place, passed]) => ({
    place,
    routes: [...new Set(passed.flatMap(({ route }) => route ?? []))],
    rules: [...new Set(passed.flatMap(({ rules }) => rules))],
  }));
}
