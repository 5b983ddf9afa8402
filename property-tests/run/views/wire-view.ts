/** What the wire shows: where the packet and its answer were seen last. */
import { packetLifeText, type LifeStep, type PacketLife } from "../../../emulator/capture/index.ts";
import type { View } from "../evidence.ts";
import type { Ethernet } from "./ethernet.ts";
import { endsText, outcomeText, wayText, type FlowOutcome, type Found } from "./outcome.ts";
import type { SentAgain } from "./send-again.ts";

/** Whether a namespace has taken the packet for itself: nothing of it was seen to leave. */
const stays = (step: LifeStep): boolean => step.sighting.packet.direction === "in";

const last = (life: PacketLife): LifeStep | undefined => life.steps.at(-1);

/** A packet that left by an end of a link and did not come in at the other end. */
function lostOn({ sighting: { packet, where } }: LifeStep, links: readonly Ethernet[]): string {
  const own = packet.interface.name;
  const link = links.find(({ endpoints }) => endpoints.some((end) => `${end.node}:${end.interface}` === own));
  const far = link?.endpoints.find((end) => `${end.node}:${end.interface}` !== own);
  return far === undefined
    ? `last seen leaving ${where} by ${own}`
    : `last seen leaving ${where} by ${own}, and never at ${far.node}:${far.interface}, the link's other end`;
}

function whyLost(life: PacketLife, links: readonly Ethernet[]): { at: string; why: string } {
  const drop = life.fate.drops[0];
  if (drop !== undefined) return { at: drop.where, why: `the kernel drops it there: ${drop.reason}, by ${drop.function}` };
  const step = last(life);
  if (step === undefined) return { at: "nowhere", why: "it was never seen" };
  const { where, packet } = step.sighting;
  return stays(step) ? { at: where, why: `last seen entering it by ${packet.interface.name}` } : { at: where, why: lostOn(step, links) };
}

/** The namespace that a refusal came from: where the error was seen first. */
function refusedAt(life: PacketLife): { at: string; why: string } | undefined {
  const error = life.fate.errors[0];
  if (error === undefined) return undefined;
  const text = packetLifeText(life).match(/refused by (.*)/)?.[1] ?? "an ICMP error";
  return { at: error.where, why: `refused by ${text}` };
}

const arrivals = (life: PacketLife): LifeStep[] => life.steps.filter((step) => step.depth === 0 && stays(step));

/** Of the second sending; `sender` is its place. Undefined where the packet was seen nowhere. */
export function wireFound({ request, reply }: SentAgain, sender: string, links: readonly Ethernet[]): Found | undefined {
  if (request === undefined) return undefined;
  const arrived = arrivals(request);
  const end = last(request);
  const base = { entered: arrived.map(({ sighting }) => sighting.where) };
  const refused = refusedAt(request);
  if (refused !== undefined) return { ...base, outcome: { kind: "refused", ...refused } };
  if (reply === undefined || end === undefined) return { ...base, outcome: { kind: "lost", ...whyLost(request, links) } };
  const receiver = arrived.at(-1)?.sighting;
  const by = receiver?.where ?? end.sighting.where;
  const isBack = last(reply)?.sighting.where === sender && reply.fate.drops.length === 0;
  const outcome: FlowOutcome = isBack ? { kind: "answered", by } : { kind: "answer-lost", by, ...whyLost(reply, links) };
  const source = receiver?.decoded.ip?.source;
  const ttl = receiver?.decoded.ip?.ttl;
  const startTtl = request.steps[0]?.sighting.decoded.ip?.ttl;
  return {
    ...{ ...base, outcome },
    ...(source === undefined ? {} : { source }),
    ...(ttl === undefined || startTtl === undefined ? {} : { hops: startTtl - ttl }),
  };
}

/** The same packet coming by one interface more than once, with less and less to live. */
export function circlesAt(life: PacketLife | undefined): string | undefined {
  const seen = new Set<string>();
  return (life === undefined ? [] : arrivals(life)).find(({ sighting: { packet, decoded } }) => {
    const key = `${packet.interface.name} ${decoded.ip?.destination.value}`;
    const isAgain = seen.has(key);
    seen.add(key);
    return isAgain;
  })?.sighting.where;
}

const wayOf = (life: PacketLife): string =>
  wayText(life.steps.map(({ sighting, depth }) => ({ where: sighting.where, isInside: depth > 0 })));

export function wireView(again: SentAgain, found: Found | undefined): View {
  const { request, reply } = again;
  if (request === undefined || found === undefined)
    return { view: "wire", says: ["it was seen nowhere: its sender did not send it"], ends: null };
  const places = (life: PacketLife): string => `${life.steps.length} sightings: ${wayOf(life)}`;
  const lost = request.lost === 0 ? [] : [`the captures miss ${request.lost} packets`];
  const isDelivered = found.outcome.kind === "answered";
  return {
    view: "wire",
    says: [outcomeText(found.outcome), places(request), ...(reply === undefined || isDelivered ? [] : [`back, ${places(reply)}`]), ...lost],
    ends: endsText(found.outcome),
  };
}
