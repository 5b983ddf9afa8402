/** A packet in one line for people, much as tcpdump words it. */
import { formatAddress, safeText, type Address } from "../../core/common/index.ts";
import type { DecodedPacket } from "./decode-packet.ts";
import { quotedPacket } from "./decode-packet.ts";
import type { Icmp, Tcp, WireGuard } from "./decode-transport.ts";

const flagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"] as const;

const tcpFlags = (tcp: Tcp): string => flagNames.filter((_, bit) => ((tcp.flags >> bit) & 1) === 1).join(",");

export const endpointText = (address: Address, port: number | undefined): string => {
  const text = formatAddress(address);
  if (port === undefined) return text;
  return address.family === 4 ? `${text}:${port}` : `[${text}]:${port}`;
};

const icmpNames: Readonly<Record<Icmp["kind"], Readonly<Record<number, string>>>> = {
  icmp: { 3: "unreachable", 5: "redirect", 11: "time exceeded", 12: "parameter problem" },
  icmpv6: {
    1: "unreachable",
    2: "packet too big",
    3: "time exceeded",
    4: "parameter problem",
    130: "multicast query",
    131: "multicast report",
    133: "router solicitation",
    134: "router advertisement",
    135: "neighbour solicitation",
    136: "neighbour advertisement",
    143: "multicast report",
  },
};

/** The words of an ICMP message, `code` only where it says something. */
export function icmpText(icmp: Icmp): string {
  if (icmp.echo !== undefined) return `${icmp.echo.reply ? "echo reply" : "echo request"} id ${icmp.echo.id} seq ${icmp.echo.sequence}`;
  const name = icmpNames[icmp.kind][icmp.type] ?? `type ${icmp.type}`;
  return icmp.error ? `${name} (code ${icmp.code})` : name;
}

function wireGuardText(wireGuard: WireGuard): string {
  switch (wireGuard.message) {
    case "initiation":
      return `WireGuard initiation from ${hex(wireGuard.sender)}`;
    case "response":
      return `WireGuard response from ${hex(wireGuard.sender)} to ${hex(wireGuard.receiver)}`;
    case "cookie":
      return `WireGuard cookie to ${hex(wireGuard.receiver)}`;
    case "data":
      return wireGuard.length === 32
        ? `WireGuard keepalive to ${hex(wireGuard.receiver)} counter ${wireGuard.counter}`
        : `WireGuard data to ${hex(wireGuard.receiver)} counter ${wireGuard.counter}`;
  }
}

const hex = (index: number): string => index.toString(16).padStart(8, "0");

/** The first line of a payload of text, as probes of the harness have it. */
function textPayload(payload: Uint8Array): string | undefined {
  const line = Buffer.from(payload.subarray(0, 60)).toString("latin1").split("\n")[0] ?? "";
  return /^farmlab-(probe|answer) /.test(line) ? safeText(line.split("\t")[0] ?? line) : undefined;
}

/** What the packet is: protocol, addresses with ports, and what its headers say. Never its link addresses, never its length. */
export function packetSummary(packet: DecodedPacket): string {
  const { ethernet, arp, ip, transport, wireGuard, payload } = packet;
  const vlans = ethernet?.vlans.map((vlan) => `vlan ${vlan} `).join("") ?? "";
  if (arp !== undefined) {
    const [sender, target] = [formatAddress(arp.sender), formatAddress(arp.target)];
    return `${vlans}${arp.operation === "reply" ? `ARP ${sender} is at ${arp.senderMac}` : `ARP who has ${target}, tell ${sender}`}`;
  }
  if (ip === undefined)
    return `${vlans}${ethernet === undefined ? "no packet that is known" : `ethertype 0x${ethernet.etherType.toString(16).padStart(4, "0")}`}`;
  const ports = transport !== undefined && "sourcePort" in transport ? transport : undefined;
  const between = `${endpointText(ip.source, ports?.sourcePort)} > ${endpointText(ip.destination, ports?.destinationPort)}`;
  const text = textPayload(payload);
  const more = [
    `ttl ${ip.ttl}`,
    ...(ip.fragment === undefined ? [] : [`fragment at ${ip.fragment.offset}`]),
    ...(wireGuard === undefined ? [] : [wireGuardText(wireGuard)]),
    ...(text === undefined ? [] : [text]),
  ];
  const what = (): string => {
    switch (transport?.kind) {
      case "udp":
        return "UDP";
      case "tcp":
        return `TCP ${tcpFlags(transport)}`.trimEnd();
      case "icmp":
      case "icmpv6": {
        const about = quotedPacket(packet);
        const name = `${transport.kind === "icmp" ? "ICMP" : "ICMPv6"} ${icmpText(transport)}`;
        return about?.ip === undefined ? name : `${name} about a packet to ${formatAddress(about.ip.destination)}`;
      }
      case undefined:
        return ip.fragment !== undefined && ip.fragment.offset > 0 ? `IPv${ip.family}` : `IPv${ip.family} protocol ${ip.protocol}`;
    }
  };
  return `${vlans}${what()} ${between} ${more.join(", ")}`;
}
