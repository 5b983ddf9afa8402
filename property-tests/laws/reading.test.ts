import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { describeWorld, expectedUpstreams } from "../oracle/index.ts";
import type { Sighting } from "../run/session.ts";
import { judgeRoutes, readRoutes } from "./ex-06-upstream.ts";
import { returningPackets } from "./ex-11-unassigned.ts";
import { readDump } from "./ex-20-mesh.ts";
import { HarnessError } from "./law.ts";

const path = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const world = describeWorld(expectValue(loadFarm(readFileSync(path, "utf8"), path)).farm);
const expected = expectedUpstreams(world)[0]!;

const right = [
  { dst: "2a02:1802:5e::/64", dev: "swp1", protocol: "kernel" },
  { dst: "2a02:1802:5e:1000::/52", gateway: "fe80::1000:0:0:1", dev: "swp1", protocol: "static" },
  { type: "unreachable", dst: "2a02:1802:5e::/48", dev: "lo", protocol: "static" },
  { dst: "fe80::/64", dev: "swp1", protocol: "kernel" },
  { dst: "default", gateway: "2001:db8:10::", dev: "wan" },
];

const judge = (routes: readonly object[]): string[] => judgeRoutes(expected, readRoutes(JSON.stringify(routes)), true);

describe("EX-6 reading the upstream router's table", () => {
  it("accepts exactly what the law names", () => {
    expect(judge(right)).toEqual([]);
  });

  it("names a route per NR, a missing /52, a wrong next hop and a missing unreachable /48", () => {
    expect(judge([...right, { dst: "2a02:1802:5e:1abc::/64", gateway: "fe80::1", dev: "swp1" }])).toEqual([
      "router upstream also has 2a02:1802:5e:1abc::/64 via fe80::1 dev swp1; expected: nothing but a /52 per exit node",
    ]);
    expect(judge(right.toSpliced(1, 1))).toHaveLength(1);
    expect(judge(right.with(1, { ...right[1], gateway: "fe80::2000:0:0:1" } as (typeof right)[number]))).toHaveLength(1);
    expect(judge(right.toSpliced(2, 1))).toEqual([
      "router upstream has no route unreachable 2a02:1802:5e::/48; expected: one, so that nothing of the /48 goes back to the internet",
    ]);
  });

  it("what is no list of routes is the harness' trouble", () => {
    expect(() => readRoutes("Error: nothing")).toThrow(HarnessError);
  });
});

describe("EX-20 reading wg's dump", () => {
  it("takes one interface of it and no private key", () => {
    const dump = [
      "wg-1abc-1\tPRIVATE\tPUBLIC\t6844\toff",
      "wg-1abc-1\tPEER\t(none)\t203.0.113.7:6956\tfe80::1b2c/128,10.27.44.0/24\t1700000000\t92\t180\t20",
      "wg-1abc-1\tOTHER\t(none)\t(none)\t(none)\t0\t0\t0\toff",
      "wg-1123-1\tPRIVATE\tPUBLIC\t4387\toff",
    ].join("\n");
    const held = readDump(dump, "wg-1abc-1");
    expect(held).toEqual({
      publicKey: "PUBLIC",
      listenPort: 6844,
      peers: [
        { publicKey: "PEER", endpoint: "203.0.113.7:6956", allowedIps: ["fe80::1b2c/128", "10.27.44.0/24"], keepalive: "20" },
        { publicKey: "OTHER", endpoint: "", allowedIps: [], keepalive: "off" },
      ],
    });
    expect(JSON.stringify(held)).not.toContain("PRIVATE");
    expect(readDump(dump, "wg-9999-1")).toBeUndefined();
  });
});

describe("EX-11 packets that return", () => {
  const sighting = (interfaceName: string, outgoing: boolean, ttl: number): Sighting => ({
    place: { node: "node-1", namespace: "gateway", interface: interfaceName },
    outgoing,
    kind: "request",
    source: "2001:db8::1",
    destination: "2001:db8::2",
    ttl,
    token: "t-1",
    sequence: 0,
  });

  it("one way through is no return; in again by any interface is", () => {
    expect(returningPackets([sighting("pub-1-1", false, 64), sighting("to-1abc-1", true, 63)])).toEqual([]);
    expect(returningPackets([sighting("pub-1-1", false, 64), sighting("to-1abc-1", false, 60)])).toHaveLength(1);
  });

  it("an answer, another attempt and an error that quotes the packet are other packets", () => {
    const first = sighting("pub-1-1", false, 64);
    const answer = { ...first, source: first.destination, destination: first.source, kind: "answer" as const };
    expect(returningPackets([first, answer, { ...first, sequence: 1 }, { ...first, kind: "error", source: "2001:db8::9" }])).toEqual([]);
  });
});
