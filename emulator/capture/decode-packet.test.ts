import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../core/common/index.ts";
import { linkTypes } from "./captured.ts";
import { decodePacket, quotedPacket, type DecodedPacket } from "./decode-packet.ts";
import { packetIdentity, probeMark, sameBeginning } from "./packet-identity.ts";
import { packetSummary } from "./packet-summary.ts";
import { frame, packet, wireGuardData } from "./packets.fixture.ts";

const between = { source: "192.0.2.1", destination: "198.51.100.2", sourcePort: 4000, destinationPort: 53 };
const between6 = { ...between, source: "2001:db8::1", destination: "2001:db8::2" };
const ethernet = (bytes: Buffer): DecodedPacket => decodePacket(linkTypes.ethernet, bytes);
const raw = (bytes: Buffer): DecodedPacket => decodePacket(linkTypes.rawIp, bytes);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("a decoded packet", () => {
  it("has its layers, in both families and with tags", () => {
    const decoded = ethernet(frame({ ...between, macs: [1, 2], vlan: 7, payload: "hello" }));
    expect(decoded).toMatchObject({
      ethernet: { source: "02:00:00:00:00:01", destination: "02:00:00:00:00:02", etherType: 0x0800, vlans: [7] },
      ip: { family: 4, ttl: 64, protocol: 17, id: 0, fragment: undefined, length: 33 },
      transport: { kind: "udp", sourcePort: 4000, destinationPort: 53 },
      payloadLength: 5,
    });
    expect(packetSummary(decoded)).toBe("vlan 7 UDP 192.0.2.1:4000 > 198.51.100.2:53 ttl 64");
    expect(packetSummary(ethernet(frame({ ...between6, macs: [1, 2] })))).toBe("UDP [2001:db8::1]:4000 > [2001:db8::2]:53 ttl 64");
  });

  it("ends where its own length says, not where its frame was filled up", () => {
    const filled = Buffer.concat([frame({ ...between, macs: [1, 2], payload: "short" }), Buffer.alloc(20)]);
    expect(Buffer.from(ethernet(filled).payload).toString()).toBe("short");
  });

  it("has IPv6 extension headers behind it", () => {
    const inner = Buffer.concat([hex("3a00 050200000100"), hex("8f00 0000 00000001 04000000"), Buffer.alloc(16)]);
    expect(packetSummary(raw(packet(between6, 0, inner)))).toBe("ICMPv6 multicast report 2001:db8::1 > 2001:db8::2 ttl 64");
    const fragment = Buffer.concat([hex("11000001 0000abcd"), hex("0fa00035 00100000"), Buffer.from("beginning")]);
    expect(raw(packet(between6, 44, fragment))).toMatchObject({
      ip: { id: 0xabcd, fragment: { offset: 0, more: true } },
      transport: { kind: "udp" },
    });
    const later = Buffer.concat([hex("11000580 0000abcd"), Buffer.from("middle")]);
    expect(packetSummary(raw(packet(between6, 44, later)))).toBe("IPv6 2001:db8::1 > 2001:db8::2 ttl 64, fragment at 1408");
  });

  it("is worded by its protocol", () => {
    const tcp = packet(between, 6, hex("0fa00035 00000001 00000000 5012ffff 00000000"));
    expect(packetSummary(raw(tcp))).toBe("TCP SYN,ACK 192.0.2.1:4000 > 198.51.100.2:53 ttl 64");
    const arp = hex("ffffffffffff 020000000001 0806 0001 0800 0604 0002 020000000001 c0000201 020000000002 c0000202");
    expect(packetSummary(ethernet(arp))).toBe("ARP 192.0.2.1 is at 02:00:00:00:00:01");
    expect(packetSummary(ethernet(hex("ffffffffffff 020000000001 88cc 0001")))).toBe("ethertype 0x88cc");
    expect(packetSummary(raw(packet(between, 89, Buffer.alloc(4))))).toBe("IPv4 protocol 89 192.0.2.1 > 198.51.100.2 ttl 64");
    expect(packetSummary(raw(hex("00")))).toBe("no packet that is known");
  });

  it("shows an error's cause", () => {
    const about = packet({ ...between, payload: "lost" });
    const error = raw(packet({ source: "203.0.113.1", destination: "192.0.2.1" }, 1, Buffer.concat([hex("0b00 0000 00000000"), about])));
    expect(packetSummary(error)).toBe("ICMP time exceeded (code 0) about a packet to 198.51.100.2 203.0.113.1 > 192.0.2.1 ttl 64");
    expect(formatAddress(quotedPacket(error)!.ip!.destination)).toBe("198.51.100.2");
    expect(sameBeginning(quotedPacket(error)!, raw(about))).toBe(true);
    expect(quotedPacket(raw(about))).toBeUndefined();
  });

  it("shows WireGuard's messages", () => {
    const messageOf = (payload: Buffer): unknown => raw(packet({ ...between, payload })).wireGuard;
    expect(messageOf(wireGuardData(0xabc, 7, 100))).toEqual({ message: "data", receiver: 0xabc, counter: 7n, length: 144 });
    expect(messageOf(Buffer.concat([hex("01000000 44332211"), Buffer.alloc(140)]))).toEqual({ message: "initiation", sender: 0x11223344 });
    expect(messageOf(Buffer.concat([hex("02000000 01000000 02000000"), Buffer.alloc(80)]))).toEqual({
      message: "response",
      sender: 1,
      receiver: 2,
    });
    expect(messageOf(Buffer.from("no message, but as long as one might be"))).toBeUndefined();
    expect(packetSummary(raw(packet({ ...between, payload: wireGuardData(1, 0, 0) })))).toContain("WireGuard keepalive to 00000001");
  });

  it("comes of any bytes", () => {
    const whole = [
      frame({ ...between, macs: [1, 2], vlan: 3, payload: wireGuardData(1, 2, 40) }),
      packet(between6, 0, Buffer.concat([hex("3a00 050200000100"), hex("8f00 0000 00000001 04000000"), Buffer.alloc(16)])),
      packet(between, 1, Buffer.concat([hex("0300 0000 00000000"), packet(between)])),
    ];
    const look = (linkType: number, bytes: Uint8Array): void => {
      const decoded = decodePacket(linkType, bytes);
      packetSummary(decoded);
      packetIdentity(decoded);
      probeMark(decoded);
      sameBeginning(decoded, decoded);
      expect(decoded.payload.length).toBeLessThanOrEqual(bytes.length);
    };
    const types = fc.constantFrom(linkTypes.ethernet, linkTypes.rawIp, 9999);
    fc.assert(fc.property(types, fc.uint8Array({ maxLength: 120 }), look), { numRuns: 3000 });
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(types, fc.constantFrom(...whole), changes, fc.nat(), (linkType, bytes, changed, cut) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of changed) damaged[at % damaged.length] = value;
        look(linkType, damaged.subarray(0, cut % (damaged.length + 1)));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("an identity", () => {
  const identity = (sketch: Parameters<typeof frame>[0]): string | undefined =>
    packetIdentity(raw(packet({ ...between, id: 5, payload: "body", ...sketch })));

  it("stays through TTL, NAT and other links", () => {
    const at = identity(between);
    expect(identity({ ...between, ttl: 3 })).toBe(at);
    expect(identity({ ...between, source: "203.0.113.9", sourcePort: 9 })).toBe(at);
    expect(packetIdentity(ethernet(frame({ ...between, id: 5, payload: "body", macs: [1, 2] })))).toBe(at);
  });

  it("is another one's where the content is", () => {
    const at = identity(between);
    expect(identity({ ...between, payload: "other" })).not.toBe(at);
    expect(identity({ ...between, id: 6 })).not.toBe(at);
    expect(packetIdentity(ethernet(hex("ffffffffffff 020000000001 88cc 0001")))).toBeUndefined();
  });

  it("of probes is what the harness wrote into them", () => {
    expect(probeMark(raw(packet({ ...between, payload: "farmlab-probe abc-1 5 2 60\n..." })))).toEqual({
      kind: "request",
      token: "abc-1",
      sequence: 2,
    });
    expect(probeMark(raw(packet({ ...between, payload: "farmlab-answer abc-1 5 2 60\twho\t..." })))).toMatchObject({ kind: "answer" });
    expect(probeMark(raw(packet({ ...between, payload: "farmlab-nothing of this kind at all" })))).toBeUndefined();
  });
});
