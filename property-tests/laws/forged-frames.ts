/** Ethernet frames as a workload could make them itself: neighbour discovery, ARP, and what routers and DHCP servers say. Each carries a mark. */
import type { Address } from "../../core/common/index.ts";

/** What stands in the Ethernet header: `02:...` with colons. */
export interface Ends {
  readonly from: string;
  readonly to: string;
}

const bytesOf = (address: Address): Buffer => Buffer.from(address.value.toString(16).padStart(address.family === 4 ? 8 : 32, "0"), "hex");
const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(":", ""), "hex");
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

/** Of a group (RFC 2464, 7; RFC 1112, 6.4). */
export function groupMac({ family, value }: Address): string {
  const low = value.toString(16).padStart(8, "0").slice(-8);
  const bytes = family === 6 ? `3333${low}` : `01005e${(Number(value) & 0x7f_ffff).toString(16).padStart(6, "0")}`;
  return bytes.replace(/..(?=.)/g, "$&:");
}

/** RFC 1071. */
function checksum(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

const withChecksum = (data: Buffer, at: number, pseudo: Buffer = Buffer.alloc(0)): Buffer => {
  const filled = Buffer.from(data);
  filled.writeUInt16BE(0, at);
  filled.writeUInt16BE(checksum(Buffer.concat([pseudo, filled])), at);
  return filled;
};

const ethernet = ({ from, to }: Ends, type: number, body: Buffer): Buffer => Buffer.concat([macBytes(to), macBytes(from), u16(type), body]);

export interface IpEnds {
  readonly source: Address;
  readonly destination: Address;
}

interface Upper {
  readonly protocol: number;
  readonly body: Buffer;
  /** Where in the body its checksum is; absent: it has none of this kind. */
  readonly checksumAt?: number;
  readonly ttl: number;
}

function ip(ends: Ends, { source, destination }: IpEnds, { protocol, body, checksumAt, ttl }: Upper): Buffer {
  const [from, to] = [bytesOf(source), bytesOf(destination)];
  const pseudo = Buffer.concat([from, to, u16(0), u16(body.length), u16(0), u16(protocol)]);
  const upper = checksumAt === undefined ? body : withChecksum(body, checksumAt, pseudo);
  if (source.family === 6) {
    const header = Buffer.concat([Buffer.from([0x60, 0, 0, 0]), u16(upper.length), Buffer.from([protocol, ttl]), from, to]);
    return ethernet(ends, 0x86dd, Buffer.concat([header, upper]));
  }
  const header = Buffer.concat([
    Buffer.from([0x45, 0]),
    u16(20 + upper.length),
    u16(1),
    u16(0),
    Buffer.from([ttl, protocol, 0, 0]),
    from,
    to,
  ]);
  return ethernet(ends, 0x0800, Buffer.concat([withChecksum(header, 10), upper]));
}

/** ARP (RFC 826); the mark follows where frames are filled up anyway. */
export function arp(
  ends: Ends,
  operation: "request" | "answer",
  said: { mac: string; address: Address },
  asked: Address,
  mark: string,
): Buffer {
  const words = Buffer.concat([u16(1), u16(0x0800), Buffer.from([6, 4]), u16(operation === "request" ? 1 : 2)]);
  const askedMac = operation === "request" ? "00:00:00:00:00:00" : ends.to;
  const body = [words, macBytes(said.mac), bytesOf(said.address), macBytes(askedMac), bytesOf(asked), Buffer.from(`${mark}\0`)];
  return ethernet(ends, 0x0806, Buffer.concat(body));
}

/** An option of an experiment (RFC 4727), which nobody knows and everybody skips: the mark. */
const markOption = (mark: string): Buffer => {
  const length = Math.ceil((mark.length + 3) / 8);
  return Buffer.concat([Buffer.from([253, length]), Buffer.from(mark.padEnd(8 * length - 2, "\0"))]);
};
const macOption = (type: number, mac: string): Buffer => Buffer.concat([Buffer.from([type, 1]), macBytes(mac)]);

const icmp6 = (ends: Ends, between: IpEnds, type: number, body: readonly Buffer[], ttl = 255): Buffer =>
  ip(ends, between, { protocol: 58, body: Buffer.concat([Buffer.from([type, 0, 0, 0]), ...body]), checksumAt: 2, ttl });

/** RFC 4861, 4.3: of `target`; whoever believes the sender's MAC address of its source. */
export const neighbourSolicitation = (ends: Ends, between: IpEnds, target: Address, mark: string): Buffer =>
  icmp6(ends, between, 135, [
    Buffer.alloc(4),
    bytesOf(target),
    ...(between.source.value === 0n ? [] : [macOption(1, ends.from)]),
    markOption(mark),
  ]);

/** RFC 4861, 4.4: `target` is at the sender's MAC address, whatever was known before. */
export const neighbourAdvertisement = (ends: Ends, between: IpEnds, target: Address, mark: string): Buffer =>
  icmp6(ends, between, 136, [Buffer.from([0x20, 0, 0, 0]), bytesOf(target), macOption(2, ends.from), markOption(mark)]);

/** RFC 4861, 4.2: a router for half an hour. */
export const routerAdvertisement = (ends: Ends, between: IpEnds, mark: string): Buffer =>
  icmp6(ends, between, 134, [Buffer.from([64, 0, 0x07, 0x08]), Buffer.alloc(8), macOption(1, ends.from), markOption(mark)]);

/** RFC 4861, 4.5: who sends to `destination` had better send to `target`. */
export const redirect = (ends: Ends, between: IpEnds, target: Address, destination: Address, mark: string): Buffer =>
  icmp6(ends, between, 137, [Buffer.alloc(4), bytesOf(target), bytesOf(destination), macOption(2, ends.from), markOption(mark)]);

/** RFC 2710, 3: of all groups. */
export const mldQuery = (ends: Ends, between: IpEnds, mark: string): Buffer =>
  icmp6(ends, between, 130, [Buffer.from([0x27, 0x10, 0, 0]), Buffer.alloc(16), Buffer.from(`${mark}\0`)], 1);

/** RFC 2236, 2: of all groups. */
export const igmpQuery = (ends: Ends, between: IpEnds, mark: string): Buffer =>
  ip(ends, between, {
    ...{ protocol: 2, ttl: 1 },
    body: withChecksum(Buffer.concat([Buffer.from([0x11, 100, 0, 0]), Buffer.alloc(4), Buffer.from(`${mark}\0`)]), 2),
  });

/** A datagram of either family with the mark alone. */
export const datagram = (
  ends: Ends,
  between: IpEnds,
  ports: { readonly source: number; readonly destination: number },
  mark: string,
): Buffer => {
  const payload = Buffer.from(`${mark}\0`);
  const header = Buffer.concat([u16(ports.source), u16(ports.destination), u16(8 + payload.length), u16(0)]);
  const body = Buffer.concat([header, payload]);
  // On IPv4 one may be left out.
  return ip(ends, between, { protocol: 17, body, ttl: 64, ...(between.source.family === 6 ? { checksumAt: 6 } : {}) });
};
