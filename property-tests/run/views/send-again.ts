/** Sends a broken flow once more, with everything looking: captures of all links and of what is inside nodes, drops, tables before and after. */
import { emulatedNodes } from "../../../core/farm/index.ts";
import {
  followDrops,
  followPacket,
  insidePlaces,
  labNamespaces,
  linkPlaces,
  readCapture,
  startCapture,
  type Capture,
  type CapturedPacket,
  type PacketDrop,
  type PacketLife,
} from "../../../emulator/capture/index.ts";
import { ensureNative } from "../../../emulator/image/index.ts";
import type { Lab } from "../../../emulator/lab.ts";
import { answerWaitMs } from "../../laws/flows.ts";
import type { BrokenFlow } from "../../laws/law.ts";
import type { Sent, Session } from "../session.ts";
import { wireNode } from "./ethernet.ts";
import { readLabTables, type LabTables } from "./tables/lab-tables.ts";

export interface SentAgain {
  readonly sent: Sent;
  readonly before: LabTables;
  readonly after: LabTables;
  /** Undefined where it was seen nowhere. */
  readonly request: PacketLife | undefined;
  /** Of the answer, or of the error that refuses it. */
  readonly reply: PacketLife | undefined;
  /** Why this host does not give drop reasons; undefined where it does. */
  readonly dropsUnavailable: string | undefined;
}

/** What a flow's capture may take; a single flow on a quiet lab takes kilobytes. */
const captureBytesMax = 32 * 1024 * 1024;

interface MemoryCapture {
  stop(): Promise<Capture>;
}

async function captureIntoMemory(lab: Lab, farmNodes: readonly string[]): Promise<MemoryCapture> {
  const inside = await Promise.all(farmNodes.map((node) => insidePlaces(lab, node)));
  const wire = wireNode(lab.topology);
  const ends = lab.topology.links.flatMap((link) => linkPlaces(lab, link)).filter(({ name }) => !name.startsWith(`${wire}:`));
  const places = [...ends, ...inside.flat()];
  const chunks: Buffer[] = [];
  let left = captureBytesMax;
  const capture = await startCapture((argv) => lab.startHelper(argv), places, {
    write(chunk) {
      if (left >= chunk.length) chunks.push(chunk);
      left -= chunk.length;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
  return {
    async stop() {
      await capture.stop();
      return readCapture(Buffer.concat(chunks));
    },
  };
}

/** The answer of a TCP service carries no mark: it is known by its ports, where the question came in. */
function answerOf(captured: Capture, life: PacketLife, evidence: Parameters<typeof followPacket>[2]): PacketLife | undefined {
  const known = life.fate.answer ?? life.fate.errors[0];
  if (known !== undefined) return followPacket(captured, { packet: known.packet }, evidence);
  const last = life.steps.findLast((step) => step.depth === 0)?.sighting;
  const { ip, transport } = last?.decoded ?? {};
  if (last === undefined || ip === undefined || transport?.kind !== "tcp") return undefined;
  return followPacket(
    captured,
    {
      ...{ protocol: "tcp", interface: last.packet.interface.name, source: ip.destination, destination: ip.source },
      ...{ sourcePort: transport.destinationPort, destinationPort: transport.sourcePort },
    },
    evidence,
  );
}

/** `sourcePort` is what a flow with ports is sent from: the first packet of TCP is known by it. */
export async function sendAgain(session: Session, { request }: BrokenFlow, sourcePort: number): Promise<SentAgain> {
  const { lab } = session;
  const before = await readLabTables(lab);
  const native = await ensureNative();
  const reasons = await followDrops(native, await labNamespaces(lab));
  let drops: readonly PacketDrop[] | undefined;
  let captured: Capture;
  let sent: Sent;
  let after: LabTables;
  try {
    const capture = await captureIntoMemory(
      lab,
      emulatedNodes(session.farm).map((node) => node.name),
    );
    try {
      const from = request.protocol === "icmp" ? {} : { sourcePort };
      sent = await session.send({ ...request, ...from, timeoutMs: answerWaitMs });
      after = await readLabTables(lab);
    } finally {
      captured = await capture.stop();
    }
  } finally {
    if ("watch" in reasons) drops = (await reasons.watch.stop()).drops;
  }
  const flows = [...after.places.values()].flatMap((place) => place.tracked);
  const evidence = { flows, ...(drops === undefined ? {} : { drops }) };
  const selector =
    request.protocol === "tcp"
      ? ({ protocol: "tcp", sourcePort, destination: request.to } as const)
      : ({ token: sent.token ?? "", kind: "request" } as const);
  const life = followPacket(captured, selector, evidence);
  return {
    ...{ sent, before, after, request: life },
    reply: life === undefined ? undefined : answerOf(captured, life, evidence),
    dropsUnavailable: "unavailable" in reasons ? reasons.unavailable : undefined,
  };
}

/** The flow's own packets, those of tunnels around it among them, in the order of time. */
export function packetsOf({ request, reply }: SentAgain): CapturedPacket[] {
  const packets = [request, reply].flatMap((life) => (life?.steps ?? []).map(({ sighting }) => sighting.packet));
  return [...new Set(packets)].toSorted((one, other) => (one.timeNs < other.timeNs ? -1 : one.timeNs > other.timeNs ? 1 : 0));
}
