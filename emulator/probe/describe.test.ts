import { describe, expect, it } from "vitest";
import { parseAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { describeOutcome, describeTrace } from "./describe.ts";
import type { Reply, TraceHop } from "./outcome.ts";

const address = (text: string): Address => parseAddress(text)!;

const reply: Reply = {
  kind: "reply",
  who: "blue-2",
  from: address("10.0.0.2"),
  fromPort: 7000,
  replyTtl: 62,
  seen: { source: address("192.0.2.7"), sourcePort: 1, destination: address("10.0.0.2"), destinationPort: 7000, ttl: 62, hops: 2 },
  rttUs: 1,
  atUs: 1,
};

const hop = (ttl: number, from: string | null, rest: Partial<TraceHop> = {}): TraceHop => ({
  ttl,
  from: from === null ? null : address(from),
  how: from === null ? "silent" : "exceeded",
  reason: null,
  who: null,
  errno: null,
  rttUs: null,
  ...rest,
});

describe("an outcome in words", () => {
  it("says who answered and what it saw", () => {
    expect(describeOutcome(reply)).toBe("answered by blue-2, which saw 192.0.2.7, 2 hops");
    expect(describeOutcome({ ...reply, seen: { ...reply.seen!, hops: 1 } })).toBe("answered by blue-2, which saw 192.0.2.7, 1 hop");
    expect(describeOutcome({ ...reply, who: null, seen: null })).toBe("answered by 10.0.0.2");
  });

  it("says who refused it, and why", () => {
    const error = { type: 1, code: 0, from: address("2001:db8::1"), rttUs: 1, atUs: 1 };
    expect(describeOutcome({ kind: "unreachable", reason: "no-route", mtu: null, ...error })).toBe(
      "unreachable, said 2001:db8::1: no route",
    );
    expect(describeOutcome({ kind: "unreachable", reason: "packet-too-big", mtu: 1420, ...error })).toContain("(MTU 1420)");
    expect(describeOutcome({ kind: "local-error", errno: "ENETUNREACH", atUs: 1 })).toBe("never left its host: no route");
    expect(describeOutcome({ kind: "local-error", errno: "ENODEV", atUs: 1 })).toContain("ENODEV");
  });
});

describe("a trace in words", () => {
  it("joins hops and counts the silence at the end", () => {
    expect(describeTrace([hop(1, "10.0.0.1"), hop(2, null), hop(3, "10.0.2.2", { how: "reply", who: "blue-2" })])).toBe(
      "10.0.0.1 → * → 10.0.2.2 (blue-2)",
    );
    expect(describeTrace([hop(1, "10.0.0.1"), hop(2, null), hop(3, null)])).toBe("10.0.0.1 → silence for 2 hops");
    expect(describeTrace([hop(1, "10.0.0.1", { how: "unreachable", reason: "no-route" })])).toBe("10.0.0.1 (no route)");
  });
});
