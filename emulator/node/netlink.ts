/** rtnetlink messages (RFC 3549; linux/rtnetlink.h) as bytes. Pure: the sandbox sends them inside the node that they are for. */
import { parsePrefix, parseAddress, type Address } from "../../core/common/index.ts";

const request = { ack: 0x1 | 0x4, create: 0x400, exclusive: 0x200 };
const message = { newLink: 16, newAddress: 20, newRoute: 24 };
const link = { address: 1, name: 3, mtu: 4, master: 10, linkInfo: 18, netNamespaceDescriptor: 28 };
const linkInfo = { kind: 1, data: 2 };
const vethPeer = 1;
const bridge = { forwardDelay: 1, stpState: 5 };
const flagUp = 1;

const aligned = (length: number): number => (length + 3) & ~3;

function attribute(type: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(aligned(4 + payload.length));
  bytes.writeUInt16LE(4 + payload.length, 0);
  bytes.writeUInt16LE(type, 2);
  payload.copy(bytes, 4);
  return bytes;
}

const unsigned = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`, "latin1");
const hardware = (mac: string): Buffer => Buffer.from(mac.replaceAll(":", ""), "hex");

function addressBytes(address: Address): Buffer {
  return Buffer.from(address.value.toString(16).padStart(address.family === 4 ? 8 : 32, "0"), "hex");
}

function whole(type: number, flags: number, body: Buffer, attributes: readonly Buffer[]): Buffer {
  const payload = Buffer.concat([body, ...attributes]);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + payload.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(request.ack | flags, 6);
  return Buffer.concat([header, payload]);
}

/** struct ifinfomsg */
function linkHeader(index: number, flags: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(flags, 12);
  return bytes;
}

/** One end of a veth pair; `index` is an interface index of its own, which bridge ports need to come up at once. */
export interface VethEnd {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly index: number;
}

const endAttributes = (end: VethEnd): Buffer[] => [
  attribute(link.name, text(end.name)),
  attribute(link.address, hardware(end.mac)),
  attribute(link.mtu, unsigned(end.mtu)),
];

/** A veth pair with `end` in the namespace where this is sent, and `peer` in the one that the sender holds as descriptor `peerNamespace`. */
export function newVeth(end: VethEnd, peer: VethEnd, peerNamespace: number): Buffer {
  const peerBytes = Buffer.concat([
    linkHeader(peer.index, 0),
    ...endAttributes(peer),
    attribute(link.netNamespaceDescriptor, unsigned(peerNamespace)),
  ]);
  const info = Buffer.concat([attribute(linkInfo.kind, Buffer.from("veth")), attribute(linkInfo.data, attribute(vethPeer, peerBytes))]);
  return whole(message.newLink, request.create | request.exclusive, linkHeader(end.index, 0), [
    ...endAttributes(end),
    attribute(link.linkInfo, info),
  ]);
}

/** A bridge that forwards at once: no spanning tree, no forward delay. */
export function newBridge(name: string, mac: string, index: number): Buffer {
  const data = Buffer.concat([attribute(bridge.stpState, unsigned(0)), attribute(bridge.forwardDelay, unsigned(0))]);
  const info = Buffer.concat([attribute(linkInfo.kind, Buffer.from("bridge")), attribute(linkInfo.data, data)]);
  return whole(message.newLink, request.create | request.exclusive, linkHeader(index, 0), [
    attribute(link.name, text(name)),
    attribute(link.address, hardware(mac)),
    attribute(link.linkInfo, info),
  ]);
}

/** Sets a link up, as a port of the bridge with index `master` where given. */
export function setUp(index: number, master?: number): Buffer {
  return whole(message.newLink, 0, linkHeader(index, flagUp), master === undefined ? [] : [attribute(link.master, unsigned(master))]);
}

/** Moves a link to another network namespace, which the sender has open; it is down there. */
export function moveLink(index: number, networkDescriptor: number): Buffer {
  return whole(message.newLink, 0, linkHeader(index, 0), [attribute(link.netNamespaceDescriptor, unsigned(networkDescriptor))]);
}

/** Adds an address (text with length) to a link. IPv6 duplicate address detection is skipped: the addresses are the lab's own. */
export function newAddress(index: number, address: string): Buffer {
  const prefix = parsePrefix(address);
  if (prefix === undefined) throw new Error(`not an interface address: ${address}`);
  const header = Buffer.alloc(8);
  header.writeUInt8(prefix.address.family === 4 ? 2 : 10, 0);
  header.writeUInt8(prefix.length, 1);
  header.writeUInt8(prefix.address.family === 4 ? 0 : 0x02, 2);
  const linkLocal = prefix.address.family === 6 && prefix.address.value >> 118n === 0x3fan;
  header.writeUInt8(linkLocal ? 253 : 0, 3);
  header.writeInt32LE(index, 4);
  const bytes = addressBytes(prefix.address);
  return whole(message.newAddress, request.create | request.exclusive, header, [attribute(1, bytes), attribute(2, bytes)]);
}

export interface RouteSpec {
  readonly family: 4 | 6;
  /** `default` or a prefix. */
  readonly to: string;
  readonly via?: string;
  readonly index?: number;
  readonly onlink?: boolean;
  readonly type?: "unicast" | "unreachable";
}

/** Adds a route to the main table, as the lab's static configuration (protocol `static`). */
export function newRoute(route: RouteSpec): Buffer {
  const any = route.family === 4 ? "0.0.0.0/0" : "::/0";
  const prefix = parsePrefix(route.to === "default" ? any : route.to);
  const via = route.via === undefined ? undefined : parseAddress(route.via);
  if (prefix === undefined || (route.via !== undefined && via === undefined)) throw new Error(`not a route: ${JSON.stringify(route)}`);
  const linkScope = route.family === 4 && via === undefined && route.type !== "unreachable";
  const header = Buffer.alloc(12);
  header.writeUInt8(route.family === 4 ? 2 : 10, 0);
  header.writeUInt8(prefix.length, 1);
  header.writeUInt8(254, 4);
  header.writeUInt8(4, 5);
  header.writeUInt8(linkScope ? 253 : 0, 6);
  header.writeUInt8(route.type === "unreachable" ? 7 : 1, 7);
  header.writeUInt32LE(route.onlink === true ? 4 : 0, 8);
  const attributes = [attribute(1, addressBytes(prefix.address))];
  if (via !== undefined) attributes.push(attribute(5, addressBytes(via)));
  if (route.index !== undefined) attributes.push(attribute(4, unsigned(route.index)));
  return whole(message.newRoute, request.create | request.exclusive, header, attributes);
}
