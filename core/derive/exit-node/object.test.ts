import { describe, expect, it } from "vitest";
import { expectValue, parsePrefix } from "../../common/index.ts";
import type { Outcome, Prefix } from "../../common/index.ts";
import { deriveExitNode, seedNames } from "../index.ts";
import type { ExitNodeDerivation } from "../index.ts";

const prefix = (text: string): Prefix => parsePrefix(text) ?? expect.fail(text);
const derive = (
  text: string,
  exitNode: number,
  more: { allocation?: number; exitPoint?: string; gatewayIp4?: string } = {},
): Outcome<ExitNodeDerivation> =>
  deriveExitNode({
    prefix: prefix(text),
    exitNode,
    allocation: more.allocation ?? 1,
    ...(more.exitPoint === undefined ? {} : { exitPoint: prefix(more.exitPoint) }),
    ...(more.gatewayIp4 === undefined ? {} : { gatewayIp4: prefix(more.gatewayIp4) }),
  });
const codes = (outcome: Outcome<unknown>): readonly string[] => outcome.problems.map((problem) => problem.code);

describe("deriveExitNode", () => {
  it("gives the drawing's exit point 1abc", () => {
    expect(expectValue(derive("2a02:1802:5e:1abc::/64", 1, { gatewayIp4: "185.69.166.123/24" }))).toEqual({
      schema: "farmlab.derive.exit-node/1",
      GWPubName: "pub-1-1",
      GWPubLL: "fe80::1000:0:0:1/64",
      GWPubIP6: "2a02:1802:5e:0:1000::1/64",
      GWPubIP4: "185.69.166.123/24",
      GWtoEPName: "to-1abc-1",
      GWtoEPLL: "fe80::1:1abc/64",
      EPPubName: "pub-1abc-1",
      EPPubLL: "fe80::1abc:1/64",
      EPPubIP4R: "10.255.26.188/32",
      WGName: "wg-1abc-1",
      WGLL: "fe80::1abc/64",
      WGIP4RT: "10.255.26.188/16",
      NRLocalName: "veth-1abc-1",
      NRLocalIP6: "2a02:1802:5e:1abc::1/64",
      NRLocalIP4: "10.26.188.1/24",
      WGListenPort: 6844,
      bridge: "br-1abc-1",
      namespace: "net-1abc-1",
      AllowedIPs: ["0.0.0.0/0", "::/0"],
      routes: {
        gateway: [
          { type: "unicast", to: "::/0", via: "fe80::1", dev: "pub-1-1" },
          { type: "unreachable", to: "2a02:1802:5e:1000::/52", via: null, dev: null },
          { type: "unicast", to: "2a02:1802:5e:1abc::/64", via: "fe80::1abc:1", dev: "to-1abc-1" },
          { type: "unicast", to: "10.255.26.188/32", via: null, dev: "to-1abc-1" },
          { type: "unicast", to: "10.26.188.0/24", via: "10.255.26.188", dev: "to-1abc-1" },
        ],
        exitPoint: [
          { type: "unicast", to: "::/0", via: "fe80::1:1abc", dev: "pub-1abc-1" },
          { type: "unicast", to: "0.0.0.0/0", via: "10.1.0.1", dev: "pub-1abc-1" },
        ],
        resource: [],
      },
    });
  });

  it("sends another resource of the network through the exit point's link", () => {
    const derived = expectValue(derive("2a02:1802:5e:1b2c::/64", 1, { exitPoint: "2a02:1802:5e:1abc::/64" }));
    expect(derived.GWPubIP4).toBeNull();
    expect([derived.GWtoEPName, derived.EPPubName, derived.EPPubIP4R]).toEqual(["to-1abc-1", "pub-1abc-1", "10.255.26.188/32"]);
    expect([derived.WGName, derived.NRLocalIP4]).toEqual(["wg-1b2c-1", "10.27.44.1/24"]);
    expect(derived.AllowedIPs).toEqual(["fe80::1b2c/128", "10.255.27.44/32", "10.27.44.0/24", "2a02:1802:5e:1b2c::/64"]);
    expect(derived.routes.gateway.slice(2)).toEqual([
      { type: "unicast", to: "2a02:1802:5e:1b2c::/64", via: "fe80::1abc:1", dev: "to-1abc-1" },
      { type: "unicast", to: "10.255.27.44/32", via: "10.255.26.188", dev: "to-1abc-1" },
      { type: "unicast", to: "10.27.44.0/24", via: "10.255.26.188", dev: "to-1abc-1" },
    ]);
    expect(derived.routes.exitPoint.slice(2)).toEqual([
      { type: "unicast", to: "2a02:1802:5e:1b2c::/64", via: "fe80::1b2c", dev: "wg-1abc-1" },
      { type: "unicast", to: "10.27.44.0/24", via: "10.255.27.44", dev: "wg-1abc-1" },
    ]);
    expect(derived.routes.resource).toEqual([
      { type: "unicast", to: "::/0", via: "fe80::1abc", dev: "wg-1b2c-1" },
      { type: "unicast", to: "0.0.0.0/0", via: "10.255.26.188", dev: "wg-1b2c-1" },
    ]);
  });

  it("describes every seed name that the object has", () => {
    const derived = expectValue(derive("2a02:1802:5e:1abc::/64", 1));
    expect(Object.keys(derived)).toEqual(expect.arrayContaining(Object.keys(seedNames)));
  });

  it.each([
    ["2a02:1802:5e:1abc::/48", 1, ["prefix-not-64"]],
    ["2a02:1802:5e:1abc::1/64", 1, ["prefix-host-bits"]],
    ["10.26.188.0/24", 1, ["prefix-not-64"]],
    ["2a02:1802:5e:2abc::/64", 1, ["prefix-outside-part"]],
    ["2a02:1802:5e:abc::/64", 1, ["prefix-in-prefix-zero"]],
    ["2a02:1802:5e:ff02::/64", 15, ["prefix-reserved"]],
    ["fd00:1802:5e:1abc::/64", 1, ["allocation-ula"]],
    ["fe80:0:0:1abc::/64", 1, ["allocation-link-local"]],
    ["ff02:0:0:1abc::/64", 1, ["allocation-not-global"]],
    ["2a02:1802:5e:1abc::/64", 0, ["exit-node-out-of-range"]],
    ["2a02:1802:5e:1abc::/64", 16, ["exit-node-out-of-range"]],
  ])("refuses %s behind exit node %i", (text, exitNode, expected) => {
    const outcome = derive(text, exitNode);
    expect(outcome.ok).toBe(false);
    expect(codes(outcome)).toEqual(expected);
  });

  it.each([-1, 128, 1.5])("refuses allocation number %d", (allocation) => {
    expect(codes(derive("2a02:1802:5e:1abc::/64", 1, { allocation }))).toEqual(["allocation-number-out-of-range"]);
  });

  it("refuses an exit point of another part or allocation", () => {
    expect(codes(derive("2a02:1802:5e:1abc::/64", 1, { exitPoint: "2a02:1802:5e:2abc::/64" }))).toEqual(["prefix-outside-part"]);
    expect(codes(derive("2a02:1802:5e:1abc::/64", 1, { exitPoint: "2a02:1802:5f:1123::/64" }))).toEqual(["prefix-outside-allocation"]);
  });

  it.each(["2a02:1802:5e::2/64", "127.0.0.1/8", "224.0.0.1/32", "0.0.0.0/0"])("refuses %s as the gateway's IPv4", (gatewayIp4) => {
    expect(codes(derive("2a02:1802:5e:1abc::/64", 1, { gatewayIp4 }))).toEqual(["gateway-ip4"]);
  });

  it("takes the last prefix that part 15 can use", () => {
    expect(derive("2a02:1802:5e:feff::/64", 15).ok).toBe(true);
  });

  it("warns of a documentation prefix and derives all the same", () => {
    const outcome = derive("2001:db8:5e:1abc::/64", 1);
    expect(outcome.ok).toBe(true);
    expect(outcome.problems.map(({ severity, code }) => [severity, code])).toEqual([["warning", "documentation-prefix"]]);
  });
});
