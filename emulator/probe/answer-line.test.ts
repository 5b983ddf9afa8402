import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { readAnswerLine, readHop, readOutcome, readSeenPacket, unreachableReason } from "./answer-line.ts";
import { splitLines } from "./lines.ts";
import type { ProbeOutcome } from "./outcome.ts";

const address = (text: string): Address => parseAddress(text)!;
const outcome = (text: string): ProbeOutcome | undefined => readOutcome(readAnswerLine(text), 64);

describe("an outcome line", () => {
  it("gives a responder's answer, with the hops that its TTL lost", () => {
    const line =
      "reply\tp1\twho=blue\\t2\tfrom=2001:db8::2\tfrom_port=7000\treply_ttl=62\tseen_source=2001:db8::1\tseen_port=4000\tseen_ttl=62\t" +
      "seen_destination=2001:db8::2\tseen_destination_port=7000\trtt_us=90\tat_us=1000";
    expect(outcome(line)).toEqual({
      kind: "reply",
      who: "blue\t2",
      from: address("2001:db8::2"),
      fromPort: 7000,
      replyTtl: 62,
      seen: {
        source: address("2001:db8::1"),
        sourcePort: 4000,
        destination: address("2001:db8::2"),
        destinationPort: 7000,
        ttl: 62,
        hops: 2,
      },
      rttUs: 90,
      atUs: 1000,
    });
  });

  it("gives an echo reply, which says nothing of what was seen", () => {
    expect(outcome("reply\tp1\tfrom=10.0.0.2\tfrom_port=0\treply_ttl=64\trtt_us=9\tat_us=1")).toMatchObject({
      who: null,
      fromPort: null,
      seen: null,
    });
  });

  it("tells time exceeded from unreachable, in both families", () => {
    expect(outcome("icmp\tp1\ttype=11\tcode=0\tfrom=10.0.0.1\tat_us=1")).toMatchObject({ kind: "time-exceeded", rttUs: null });
    expect(outcome("icmp\tp1\ttype=3\tcode=0\tfrom=2001:db8::1\tat_us=1")).toMatchObject({ kind: "time-exceeded" });
    expect(outcome("icmp\tp1\ttype=3\tcode=4\tfrom=10.0.0.1\tmtu=1420\tat_us=1")).toMatchObject({ reason: "packet-too-big", mtu: 1420 });
    expect(outcome("icmp\tp1\ttype=2\tcode=0\tfrom=2001:db8::1\tmtu=1420\tat_us=1")).toMatchObject({ reason: "packet-too-big", mtu: 1420 });
    expect(outcome("icmp\tp1\ttype=1\tcode=6\tfrom=2001:db8::1\tat_us=1")).toMatchObject({ kind: "unreachable", reason: "reject-route" });
  });

  it("names reasons of codes that no RFC gives as other", () => {
    expect(unreachableReason(4, 3, 99)).toBe("other");
    expect(unreachableReason(6, 4, 0)).toBe("other");
  });

  it("gives the outcomes without an address", () => {
    expect(outcome("refused\tp1\trtt_us=5\tat_us=1")).toEqual({ kind: "refused", rttUs: 5, atUs: 1 });
    expect(outcome("local\tp1\terrno=ENETUNREACH\tat_us=1")).toEqual({ kind: "local-error", errno: "ENETUNREACH", atUs: 1 });
    expect(outcome("timeout\tp1\tat_us=1")).toEqual({ kind: "timeout", atUs: 1 });
    expect(outcome("ok\tp1")).toBeUndefined();
  });

  it("is never guessed at when a field is missing or wrong", () => {
    expect(() => outcome("icmp\tp1\ttype=11\tcode=0\tat_us=1")).toThrow(/lacks from/);
    expect(() => outcome("timeout\tp1\tat_us=soon")).toThrow(/no number in at_us/);
    expect(() => outcome("accepted\tp1\tfrom=nobody\tat_us=1")).toThrow(/no address in from/);
  });
});

describe("the other lines", () => {
  it("give hops", () => {
    const hop = (text: string): unknown => readHop(readAnswerLine(text));
    expect(hop("hop\tt1\tttl=2\tfrom=*\thow=timeout")).toMatchObject({ ttl: 2, from: null, how: "silent", reason: null });
    expect(hop("hop\tt1\tttl=3\tfrom=10.0.0.1\thow=unreachable\ttype=3\tcode=1")).toMatchObject({ reason: "host-unreachable" });
    expect(() => hop("hop\tt1\tttl=3\tfrom=*\thow=otherwise")).toThrow(/unknown way/);
  });

  it("give seen packets", () => {
    const line =
      "seen\tw1\tinterface=eth0\tdirection=out\tsource=10.0.0.1\tdestination=10.0.0.2\tttl=63\tprotocol=udp\tsource_port=4000\t" +
      "destination_port=7000\tkind=request\ttoken=abc-1\tsequence=2\tlength=60\tat_us=77";
    expect(readSeenPacket(readAnswerLine(line))).toMatchObject({
      interface: "eth0",
      direction: "out",
      ttl: 63,
      kind: "request",
      sequence: 2,
    });
  });
});

describe("lines of a stream", () => {
  it("are whole wherever it is cut, inside a character too", () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    splitLines(stream, (line) => lines.push(line));
    const bytes = Buffer.from("one\ntwö\n\nlast without end");
    for (const byte of bytes) stream.emit("data", Buffer.from([byte]));
    expect(lines).toEqual(["one", "twö", ""]);
  });
});
