/** Where `farmlab capture` sends its packets: a line each for people or programs, or pcapng to standard output or a file. */
import { once } from "node:events";
import { open } from "node:fs/promises";
import { formatAddress } from "../core/common/index.ts";
import {
  blockCutter,
  decodePacket,
  packetSummary,
  pcapngDecoder,
  type CapturedPacket,
  type CaptureSink,
} from "../emulator/capture/index.ts";

const secondNs = 1_000_000_000n;

/** Local time of day with microseconds. */
function clockText(timeNs: bigint): string {
  const date = new Date(Number(timeNs / 1_000_000n));
  const two = (number: number): string => String(number).padStart(2, "0");
  const micros = String((timeNs % secondNs) / 1000n).padStart(6, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${micros}`;
}

/** RFC 3339, in UTC and with nanoseconds. */
function timestampText(timeNs: bigint): string {
  const seconds = new Date(Number(timeNs / secondNs) * 1000).toISOString().slice(0, -5);
  return `${seconds}.${String(timeNs % secondNs).padStart(9, "0")}Z`;
}

export function packetLine({ interface: { name, linkType }, timeNs, direction, bytes, length }: CapturedPacket): string {
  const summary = packetSummary(decodePacket(linkType, bytes));
  return `${clockText(timeNs)}  ${name}  ${(direction ?? "?").padEnd(3)}  ${summary}, length ${length}\n`;
}

export function packetJson({ interface: { name, linkType }, timeNs, direction, bytes, length }: CapturedPacket): string {
  const decoded = decodePacket(linkType, bytes);
  const { ip, transport } = decoded;
  const ports = transport !== undefined && "sourcePort" in transport ? transport : undefined;
  const object = {
    schema: "farmlab.packet/1",
    time: timestampText(timeNs),
    end: name,
    direction: direction ?? null,
    length,
    source: ip === undefined ? null : formatAddress(ip.source),
    destination: ip === undefined ? null : formatAddress(ip.destination),
    protocol: ip === undefined ? null : (transport?.kind ?? String(ip.protocol)),
    sourcePort: ports?.sourcePort ?? null,
    destinationPort: ports?.destinationPort ?? null,
    ttl: ip?.ttl ?? null,
    summary: packetSummary(decoded),
  };
  return `${JSON.stringify(object)}\n`;
}

/** Waits for a reader that is slow; one that has gone ends this process (bin/output.ts). */
async function writeOut(data: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(data)) await once(process.stdout, "drain");
}

export function lineSink(toLine: (packet: CapturedPacket) => string): CaptureSink {
  const cutter = blockCutter();
  const decoder = pcapngDecoder();
  return {
    async write(chunk) {
      let text = "";
      for (const block of cutter.push(chunk)) {
        const item = decoder.decode(block);
        if (item?.kind === "packet") text += toLine(item.packet);
      }
      if (text !== "") await writeOut(text);
    },
    close: async () => undefined,
  };
}

export const standardOutputSink: CaptureSink = { write: writeOut, close: async () => undefined };

/** Throws the system's error where the file cannot be made. */
export async function fileSink(path: string): Promise<CaptureSink> {
  const file = await open(path, "w");
  return { write: async (chunk) => void (await file.writeFile(chunk)), close: () => file.close() };
}
