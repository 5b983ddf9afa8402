/** Frames for the tests of the wire, and what arrived of them. */
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { startDeadline, type Clock } from "../../../core/common/index.ts";
import type { LabNode } from "../../lab.ts";

export const clock: Clock = { nowMs: () => performance.now(), pause: async (milliseconds) => void (await pause(milliseconds)) };
const arriveWaitMs = 20_000;

function sum16(bytes: Uint8Array): number {
  const view = Buffer.from(bytes);
  let sum = 0;
  for (let offset = 0; offset + 1 < view.length; offset += 2) sum += view.readUInt16BE(offset);
  if (view.length % 2 === 1) sum += (view.at(-1) ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

const addressBytes = (text: string): Buffer => Buffer.from(text.split(".").map(Number));

export interface UdpFrame {
  readonly from?: string;
  readonly to?: string;
  readonly sourcePort?: number;
  readonly port?: number;
  /** Stands at the beginning of the payload, in 4 bytes. */
  readonly number: number;
  /** Bytes of payload, at least 4. */
  readonly size?: number;
}

/** To a MAC address that nobody has: hosts see the frames and answer nothing. */
const nobody = "02:00:00:00:00:02";
const ethernet = (type: number): Buffer =>
  Buffer.from(`${nobody.replaceAll(":", "")}0200000000ff${type.toString(16).padStart(4, "0")}`, "hex");

/** A frame of any type and content. */
export const frameOf = (type: number, content: Uint8Array): Buffer => Buffer.concat([ethernet(type), content]);

export function udpFrame({ from = "10.0.0.1", to = "10.0.0.2", sourcePort = 9, port = 7000, number, size = 4 }: UdpFrame): Buffer {
  const ip = Buffer.alloc(20);
  const udp = Buffer.alloc(8 + size);
  udp.writeUInt16BE(sourcePort, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(udp.length, 4);
  udp.writeUInt32BE(number, 8);
  Buffer.from([0x45, 0]).copy(ip);
  ip.writeUInt16BE(20 + udp.length, 2);
  ip.set([64, 17], 8);
  ip.set(addressBytes(from), 12);
  ip.set(addressBytes(to), 16);
  ip.writeUInt16BE(sum16(ip), 10);
  return Buffer.concat([ethernet(0x0800), ip, udp]);
}

/** The number of a UDP frame. */
export const numberOf = (frame: Buffer): number => frame.readUInt32BE(14 + 20 + 8);

/** The last of what a test sends: no rule of a test is for it. */
export const lastFrame: Buffer = Buffer.concat([ethernet(0x88b6), Buffer.alloc(46)]);
const isLast = ({ frame }: Arrived): boolean => frame.subarray(12, 14).toString("hex") === "88b6";

export interface Arrived {
  /** Microseconds of the machine's clock. */
  readonly atUs: number;
  readonly frame: Buffer;
}

/** tcpdump's `-tt -xx`: a line with the time, then lines of hexadecimal. */
function readDump(text: string): Arrived[] {
  const found: { atUs: number; hex: string }[] = [];
  for (const line of text.split("\n")) {
    const [, seconds, fraction] = /^(\d+)\.(\d{6}) /.exec(line) ?? [];
    const [, offset, hex] = /^\t0x([0-9a-f]+): {2}([0-9a-f ]+)$/.exec(line) ?? [];
    const last = found.at(-1);
    if (seconds !== undefined) found.push({ atUs: Number(seconds) * 1e6 + Number(fraction), hex: "" });
    // What tcpdump cannot read it shows in the same way before: the frame is what comes last.
    else if (hex !== undefined && last !== undefined) last.hex = (Number(`0x${offset}`) === 0 ? "" : last.hex) + hex.replaceAll(" ", "");
  }
  return found.map(({ atUs, hex }) => ({ atUs, frame: Buffer.from(hex, "hex") }));
}

/** Frames that pass an interface in one direction, from when it resolves. `node` has farmlab-init. */
export interface Capture {
  /** All frames until the `count`th last frame, without those. */
  untilLast(count?: number): Promise<readonly Arrived[]>;
  /** What there is when enough is. */
  until(enough: (seen: readonly Arrived[]) => boolean): Promise<readonly Arrived[]>;
  stop(): Promise<void>;
}

export async function capture(node: LabNode, name: string, direction: "in" | "out"): Promise<Capture> {
  const log = node.hostPath(`/var/log/farmlab/${name}.log`);
  const read = async (): Promise<string> => await readFile(log, "utf8").catch(() => "");
  const until = async (enough: (seen: readonly Arrived[]) => boolean): Promise<readonly Arrived[]> =>
    await startDeadline(clock, arriveWaitMs).until("the frames", async () => {
      // What is being written may end within a frame: what ends with a line's end is read.
      const text = await read();
      const seen = readDump(text.slice(0, text.lastIndexOf("\n") + 1));
      return enough(seen) ? { done: seen } : { seen: `${seen.length} frames: ${text.slice(-300)}` };
    });
  const options = ["-i", "eth0", "-Q", direction, "-nn", "-tt", "-xx", "-U", "-l", "--immediate-mode", "-s", "0"];
  await node.services.start({ name, argv: ["tcpdump", ...options, `ether dst ${nobody}`], restart: "never" });
  await startDeadline(clock, arriveWaitMs).until("tcpdump", async () => {
    const text = await read();
    return text.includes("listening on") ? { done: true } : { seen: text };
  });
  return {
    until,
    async untilLast(count = 1) {
      const seen = await until((frames) => frames.filter(isLast).length >= count);
      return seen.filter((arrived) => !isLast(arrived));
    },
    stop: () => node.services.stop(name),
  };
}
