/** `pair` with its link through the wire, and what each end of the link saw of numbered datagrams. */
import assert from "node:assert/strict";
import { decodePacket, readCapture, startCapture, linkPlaces, type CapturedPacket, type RunningCapture } from "../capture/index.ts";
import type { Lab } from "../lab.ts";
import { withWire, wireOfLab, type Direction, type Wire } from "../wire/index.ts";
import type { CaseContext, Sketch } from "./case.ts";
import { eventually, said } from "./case.ts";
import { addressesOn, linkOf, nodeOf, pair } from "./sketches.ts";

export const wiredLink = "left:eth1";
/** Datagrams go here; nobody answers. */
export const port = 7000;

/** Ethernet, IPv4 and UDP. */
const headerBytes = 14 + 20 + 8;

const quiet = `table ip quiet {\n  chain input {\n    type filter hook input priority 0;\n    udp dport ${port} drop\n  }\n}\n`;

function wired(sketch: Sketch): Sketch {
  const { nodes, links } = withWire({ name: "wired", seed: 1, ...sketch }, [wiredLink]);
  return { nodes, links };
}

export interface WiredLab {
  readonly lab: Lab;
  readonly wire: Wire;
}

export async function upWired(up: CaseContext["up"]): Promise<WiredLab> {
  const nodes = [
    nodeOf("left", { ...addressesOn("eth1", "10.0.0.1/24", "2001:db8::1/64"), nft: quiet }),
    nodeOf("right", { ...addressesOn("eth1", "10.0.0.2/24", "2001:db8::2/64"), nft: quiet }, true),
  ];
  const lab = await up(wired({ ...pair, nodes, links: [linkOf("left:eth1", "right:eth1")] }));
  const wire = wireOfLab(lab);
  assert.ok(wire !== undefined, "the lab has no wire");
  // Both know each other's MAC: what waits for an answer to ARP is sent by whichever processor hears it, and may be overtaken by what comes after.
  await said(lab.node("left"), ["ping", "-c1", "-W5", "10.0.0.2"]);
  return { lab, wire };
}

/** A datagram at one end of the link. */
export interface Seen {
  readonly number: number;
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
}

export interface LinkWatch {
  /** As the sender's end saw them go, and the other end arrive, so far. */
  readonly sent: () => readonly Seen[];
  readonly arrived: () => readonly Seen[];
  stop(): Promise<void>;
}

/** By what is before the UDP header, where nothing is corrupted. */
const isDatagram = (bytes: Uint8Array): boolean => {
  const view = Buffer.from(bytes);
  return view.length >= headerBytes && view.readUInt16BE(12) === 0x0800 && view.readUInt8(23) === 17;
};

function datagram({ timeNs, bytes, interface: { linkType } }: CapturedPacket): Seen[] {
  if (!isDatagram(bytes)) return [];
  const number = Number(Buffer.from(decodePacket(linkType, bytes).payload).toString());
  return [{ number, timeNs, bytes }];
}

/** Both ends of the wired link from now on; `from` is the node that sends datagrams. A number that arrives corrupted is any. */
export async function watchLink(lab: Lab, from: "left" | "right"): Promise<LinkWatch> {
  const chunks: Buffer[] = [];
  const write = (chunk: Buffer): Promise<void> => Promise.resolve(void chunks.push(chunk));
  const places = lab.topology.links.flatMap((link) => linkPlaces(lab, link)).filter(({ name }) => /^(?:left|right):/.test(name));
  const capture: RunningCapture = await startCapture((argv) => lab.startHelper(argv), places, { write, close: () => Promise.resolve() });
  const seen = (direction: "in" | "out"): readonly Seen[] =>
    readCapture(Buffer.concat(chunks)).packets.flatMap((packet) => {
      const isSender = packet.interface.name.startsWith(`${from}:`);
      return packet.direction === direction && isSender === (direction === "out") ? datagram(packet) : [];
    });
  return {
    sent: () => seen("out"),
    arrived: () => seen("in"),
    stop: async () => void (await capture.stop()),
  };
}

/** Datagrams with the numbers from 1 to `count`, one flow, in order. */
export async function sendNumbers(lab: Lab, from: "left" | "right", count: number): Promise<void> {
  const to = from === "left" ? "10.0.0.2" : "10.0.0.1";
  const script = `exec 3<>/dev/udp/${to}/${port}; for ((i = 1; i <= ${count}; i += 1)); do printf %d $i >&3; done`;
  await said(lab.node(from), ["bash", "-c", script]);
}

export type Counted = Readonly<Record<string, number>>;

/** What the wire has done with the frames of a direction. */
export async function countedBy(wire: Wire, direction: Direction): Promise<Counted> {
  return (await wire.counters()).find((one) => one.direction === direction)?.counters ?? {};
}

/** Until `count` more frames than `before` have come to the wire, and none of them waits in it. */
export async function untilPassed(wire: Wire, direction: Direction, before: Counted, count: number): Promise<void> {
  await eventually("the wire to be done with the packets", async () => {
    const now = await countedBy(wire, direction);
    const more = (name: string): number => (now[name] ?? 0) - (before[name] ?? 0);
    assert.ok(more("received") >= count, `it has received ${more("received")}`);
    assert.equal(more("sent") + more("lost") + more("cut") + more("rateFull"), more("received") + more("duplicated"));
  });
}
