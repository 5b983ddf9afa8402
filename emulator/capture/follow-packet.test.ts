import { describe, expect, it } from "vitest";
import type { Capture } from "./captured.ts";
import { readConntrack } from "./conntrack.ts";
import type { PacketDrop } from "./drop-reasons.ts";
import { followPacket } from "./follow-packet.ts";
import { packetLifeText } from "./packet-life-text.ts";
import { captureOf, frame, packet, wireGuardData, type FrameSketch } from "./packets.fixture.ts";

const probe = (sequence: number): string => `farmlab-probe token-1 3 ${sequence} 40\n........`;
const inner: FrameSketch = { source: "10.0.1.2", destination: "198.51.100.4", id: 9, payload: probe(0) };
const innerLength = packet(inner).length;
const outer = (receiver: number, counter: number, more: Partial<FrameSketch> = {}): FrameSketch => ({
  source: "192.168.1.10",
  destination: "203.0.113.1",
  sourcePort: 700,
  destinationPort: 800,
  id: 100 + counter,
  payload: wireGuardData(receiver, counter, innerLength),
  macs: [1, 2],
  ...more,
});
const natted = { source: "203.0.113.7", sourcePort: 701, ttl: 63, macs: [3, 4] } as const;

/** Through a tunnel from `a` to `b`, whose message a home router translates, and out of `b` by NAT to a host. */
const tunnelled: Capture = captureOf([
  ["a/net:wg0", "out", packet({ ...inner, payload: "x".repeat(probe(0).length) })],
  ["a/net:wg0", "out", packet({ ...inner, ttl: 63 })],
  ["a:eth0", "out", frame(outer(0xb, 4))],
  ["a:eth0", "out", frame(outer(0xb, 5))],
  ["home:lan", "in", frame(outer(0xb, 4))],
  ["home:lan", "in", frame(outer(0xb, 5))],
  ["home:wan", "out", frame(outer(0xb, 4, natted))],
  ["home:wan", "out", frame(outer(0xb, 5, natted))],
  ["b:eth0", "in", frame(outer(0xb, 4, natted))],
  ["b:eth0", "in", frame(outer(0xb, 5, natted))],
  ["b/net:wg0", "in", packet({ ...inner, ttl: 63 })],
  ["b/net:pub", "out", frame({ ...inner, ttl: 62, source: "192.0.2.9", sourcePort: 6, macs: [5, 6] })],
  ["host:wan", "in", frame({ ...inner, ttl: 62, source: "192.0.2.9", sourcePort: 6, macs: [5, 6] })],
  [
    "host:wan",
    "out",
    frame({ ...inner, source: "198.51.100.4", destination: "192.0.2.9", payload: "farmlab-answer token-1 3 0 40\tme", macs: [6, 5] }),
  ],
]);

const flows = readConntrack(
  "home",
  "udp 17 25 src=192.168.1.10 dst=203.0.113.1 sport=700 dport=800 src=203.0.113.1 dst=203.0.113.7 sport=800 dport=701 mark=0 use=1",
);

const textOf = (capture: Capture, ...rest: Parameters<typeof followPacket> extends [unknown, ...infer Rest] ? Rest : never): string => {
  const life = followPacket(capture, ...rest);
  return life === undefined ? "none" : packetLifeText(life);
};

describe("the life of a packet", () => {
  it("goes up from a NIC to what is on it, though both saw it at one time and the file has them the other way round", () => {
    const { interfaces, packets, ...rest } = captureOf([
      ["r:eth0", "out", frame({ ...inner, macs: [1, 2] })],
      ["n/gateway:pub", "in", frame({ ...inner, macs: [1, 2] })],
      ["n:eth1", "in", frame({ ...inner, macs: [1, 2] })],
    ]);
    const timeNs = packets[1]!.timeNs;
    const capture = { ...rest, interfaces, packets: packets.map((one, index) => (index === 0 ? one : { ...one, timeNs })) };
    const life = followPacket(capture, { token: "token-1" });
    expect(life?.steps.map(({ sighting }) => sighting.packet.interface.name)).toEqual(["r:eth0", "n:eth1", "n/gateway:pub"]);
  });

  it("goes through a tunnel and two NATs to its answer", () => {
    expect(textOf(tunnelled, { token: "token-1" }, { flows, drops: [] })).toMatchInlineSnapshot(`
      " +0.000 ms  a/net:wg0   out  UDP 10.0.1.2:1000 > 198.51.100.4:2000 ttl 63, farmlab-probe token-1 3 0 40
       +2.000 ms    a:eth0    out  UDP 192.168.1.10:700 > 203.0.113.1:800 ttl 64, WireGuard data to 0000000b counter 5; encrypted by a/net:wg0 (1 more would fit)
       +4.000 ms    home:lan  in   unchanged
       +6.000 ms    home:wan  out  ttl 64 → 63; source 192.168.1.10:700 → 203.0.113.7:701 (on record in home); MAC 02:00:00:00:00:03 > 02:00:00:00:00:04
       +8.000 ms    b:eth0    in   unchanged
       +9.000 ms  b/net:wg0   in   decrypted
      +10.000 ms  b/net:pub   out  ttl 63 → 62; source 10.0.1.2:1000 → 192.0.2.9:6 (by its content); MAC 02:00:00:00:00:05 > 02:00:00:00:00:06
      +11.000 ms  host:wan    in   unchanged
      answered by 198.51.100.4
      "
    `);
  });

  it("in a tunnel is that of the message in its place in the order", () => {
    const life = followPacket(tunnelled, { token: "token-1" });
    const messages = life?.steps.flatMap(({ sighting: { decoded } }) =>
      decoded.wireGuard?.message === "data" ? [decoded.wireGuard.counter] : [],
    );
    expect(new Set(messages)).toEqual(new Set([5n]));
  });

  const lost: Capture = captureOf([
    ["a:eth0", "out", frame({ ...inner, macs: [1, 2] })],
    ["router:left", "in", frame({ ...inner, macs: [1, 2] })],
  ]);
  const drop = (where: string, bytes: Buffer): PacketDrop => ({
    timeNs: 1_002_000_000n,
    reason: "NETFILTER_DROP",
    function: "nft_do_chain",
    where,
    interface: "left",
    bytes: Buffer.concat([bytes, Buffer.from("what lies behind it")]),
  });

  it("ends where it was dropped, with the reason", () => {
    const drops = [drop("router", packet({ ...inner, id: 10 })), drop("elsewhere", packet(inner)), drop("router", packet(inner))];
    expect(textOf(lost, { token: "token-1" }, { drops }).split("\n").at(-2)).toBe(
      "dropped in router: NETFILTER_DROP, by nft_do_chain, interface left",
    );
    expect(followPacket(lost, { token: "token-1" }, { drops })?.fate.drops).toEqual([drops[2]]);
  });

  it("ends where it was last seen, where nobody says more", () => {
    const last = (capture: Capture, evidence?: { drops: [] }): string | undefined =>
      textOf(capture, { token: "token-1" }, evidence).split("\n").at(-2);
    expect(last(lost, { drops: [] })).toBe("arrived in router, which did not drop it");
    expect(last(lost)).toBe("last seen entering router by router:left; whether it was dropped there is not given by this host");
    expect(last(captureOf([["a:eth0", "out", frame({ ...inner, macs: [1, 2] })]]))).toBe("last seen leaving a by a:eth0");
    expect(last(captureOf([["a:eth0", "out", frame({ ...inner, macs: [1, 2] })]], 3))).toBe(
      "the captures miss 3 packets, of which this may be one somewhere",
    );
  });

  it("ends with the error that quotes it", () => {
    const quote = Buffer.concat([Buffer.from("0b00000000000000", "hex"), packet({ ...inner, ttl: 1 })]);
    const error = { source: "10.0.1.1", destination: "10.0.1.2", macs: [2, 1] } as const;
    const refused = captureOf([
      ["a:eth0", "out", frame({ ...inner, ttl: 1, macs: [1, 2] })],
      ["router:left", "in", frame({ ...inner, ttl: 1, macs: [1, 2] })],
      ["router:left", "out", frame(error, packet(error, 1, quote))],
      ["a:eth0", "in", frame(error, packet(error, 1, quote))],
    ]);
    expect(textOf(refused, { token: "token-1" }).split("\n").slice(-2)).toEqual(["refused by 10.0.1.1: time exceeded (code 0)", ""]);
  });

  it("is one packet's among others that are just like it", () => {
    const one = ["a:eth0", "out", frame({ ...inner, macs: [1, 2] })] as const;
    const other = ["b:eth0", "in", frame({ ...inner, macs: [1, 2] })] as const;
    const life = followPacket(captureOf([one, other, one, one, other]), { token: "token-1" });
    expect(life?.steps).toHaveLength(2);
    expect(life?.alike).toBe(2);
    // In a loop it comes by again, with a lower TTL.
    const looped = ["a:eth0", "out", frame({ ...inner, ttl: 60, macs: [1, 2] })] as const;
    expect(followPacket(captureOf([one, other, looped]), { token: "token-1" })?.steps).toHaveLength(3);
  });

  it("is found by what its headers say, too", () => {
    const { source } =
      followPacket(tunnelled, { protocol: "udp", sourcePort: 6, interface: "host:wan" })?.steps[0]?.sighting.decoded.ip ?? {};
    expect(source).toEqual(followPacket(tunnelled, { token: "token-1", sequence: 0 })?.steps.at(-1)?.sighting.decoded.ip?.source);
    expect(followPacket(tunnelled, { token: "token-1", sequence: 1 })).toBeUndefined();
    expect(followPacket(tunnelled, { protocol: "tcp" })).toBeUndefined();
  });
});
