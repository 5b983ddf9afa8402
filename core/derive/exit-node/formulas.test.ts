import { describe, expect, it } from "vitest";
import { formatAddress, formatPrefix, parsePrefix } from "../../common/index.ts";
import type { Prefix } from "../../common/index.ts";
import {
  bridgeName,
  epPubIP4R,
  epPubLL,
  epPubName,
  exitNodePart,
  gwPubIP6,
  gwPubLL,
  gwPubName,
  gwToEPIP4,
  gwToEPLL,
  gwToEPName,
  hexOf,
  nrBridgePortName,
  nrLocalIP4,
  nrLocalIP6,
  nrLocalName,
  nrNamespace,
  upstreamRouterLL,
  wgIP4RT,
  wgListenPort,
  wgLL,
  wgName,
  workloadIP4,
  workloadIP6,
  workloadNamespace,
  workloadPortName,
} from "../index.ts";

const prefix = (text: string): Prefix => parsePrefix(text) ?? expect.fail(text);
const allocation = prefix("2a02:1802:5e::/48");

describe("the seed's drawing", () => {
  it("names and addresses exit node 1's gateway", () => {
    expect(gwPubName(1, 1)).toBe("pub-1-1");
    expect(formatPrefix(gwPubLL(1))).toBe("fe80::1000:0:0:1/64");
    expect(formatPrefix(gwPubIP6(allocation, 1))).toBe("2a02:1802:5e:0:1000::1/64");
    expect(formatPrefix(gwToEPIP4)).toBe("10.1.0.1/32");
    expect(formatAddress(upstreamRouterLL)).toBe("fe80::1");
  });

  it.each([
    {
      nr: "2a02:1802:5e:1abc::/64",
      names: ["1abc", "to-1abc-1", "pub-1abc-1", "wg-1abc-1", "veth-1abc-1", "nrb-1abc-1", "br-1abc-1", "net-1abc-1"],
      addresses: ["fe80::1:1abc/64", "fe80::1abc:1/64", "10.255.26.188/32", "fe80::1abc/64", "10.255.26.188/16", "10.26.188.1/24"],
      own: "2a02:1802:5e:1abc::1/64",
      port: 6844,
    },
    {
      nr: "2a02:1802:5e:1123::/64",
      names: ["1123", "to-1123-1", "pub-1123-1", "wg-1123-1", "veth-1123-1", "nrb-1123-1", "br-1123-1", "net-1123-1"],
      addresses: ["fe80::1:1123/64", "fe80::1123:1/64", "10.255.17.35/32", "fe80::1123/64", "10.255.17.35/16", "10.17.35.1/24"],
      own: "2a02:1802:5e:1123::1/64",
      port: 4387,
    },
  ])("derives exit point $nr", ({ nr, names, addresses, own, port }) => {
    const p = prefix(nr);
    expect([
      hexOf(p),
      gwToEPName(p, 1),
      epPubName(p, 1),
      wgName(p, 1),
      nrLocalName(p, 1),
      nrBridgePortName(p, 1),
      bridgeName(p, 1),
      nrNamespace(p, 1),
    ]).toEqual(names);
    expect([gwToEPLL(p), epPubLL(p), epPubIP4R(p), wgLL(p), wgIP4RT(p), nrLocalIP4(p)].map(formatPrefix)).toEqual(addresses);
    expect(formatPrefix(nrLocalIP6(p))).toBe(own);
    expect(wgListenPort(p)).toBe(port);
  });

  it("names and addresses a workload", () => {
    const p = prefix("2a02:1802:5e:1abc::/64");
    expect(workloadNamespace(p, 2)).toBe("w-1abc-2");
    expect(workloadPortName(p, 2)).toBe("v-1abc-2");
    expect(formatPrefix(workloadIP6(p, 2))).toBe("2a02:1802:5e:1abc::2/64");
    expect(formatPrefix(workloadIP4(p, 254))).toBe("10.26.188.254/24");
  });
});

describe("the worked values of ff02 with n = 0", () => {
  const p = prefix("2a02:1802:5e:ff02::/64");

  it("derives names", () => {
    expect([gwPubName(15, 0), gwToEPName(p, 0), epPubName(p, 0), wgName(p, 0), nrLocalName(p, 0), nrNamespace(p, 0)]).toEqual([
      "pub-15-0",
      "to-ff02-0",
      "pub-ff02-0",
      "wg-ff02-0",
      "veth-ff02-0",
      "net-ff02-0",
    ]);
  });

  it("derives addresses and the port", () => {
    expect([gwPubLL(15), gwToEPLL(p), epPubLL(p), wgLL(p), wgIP4RT(p)].map(formatPrefix)).toEqual([
      "fe80::f000:0:0:1/64",
      "fe80::1:ff02/64",
      "fe80::ff02:1/64",
      "fe80::ff02/64",
      "10.255.255.2/16",
    ]);
    expect(wgListenPort(p)).toBe(65282);
  });
});

describe("ports of other uint16s", () => {
  it.each([
    ["2fba", 12218],
    ["afba", 44986],
  ])("%s listens on %i", (hex, port) => {
    expect(wgListenPort(prefix(`2a02:1802:5e:${hex}::/64`))).toBe(port);
  });
});

describe("parts of an allocation", () => {
  it.each([
    [1, "2a02:1802:5e:1000::/52", "pub-1-0"],
    [10, "2a02:1802:5e:a000::/52", "pub-10-0"],
    [14, "2a02:1802:5e:e000::/52", "pub-14-0"],
    [15, "2a02:1802:5e:f000::/52", "pub-15-0"],
  ])("exit node %i has %s and is decimal in its name", (x, part, name) => {
    expect(formatPrefix(exitNodePart(allocation, x))).toBe(part);
    expect(gwPubName(x, 0)).toBe(name);
  });
});
