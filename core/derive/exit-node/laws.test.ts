import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains, expectValue, formatPrefix, networkOf, overlaps, parsePrefix } from "../../common/index.ts";
import type { Prefix } from "../../common/index.ts";
import {
  bridgeName,
  checkAllocation,
  deriveExitNode,
  epPubName,
  exitNodePart,
  gatewayNamespace,
  gwPubName,
  gwToEPIP4,
  gwToEPName,
  isReservedSubnet,
  nrBridgePortName,
  nrLocalName,
  nrNamespace,
  nrNetwork4,
  peerAllowedIPs,
  publicNamespace,
  subnetOf,
  sgName,
  vxName,
  wgIP4RT,
  wgName,
  workloadNamespace,
  workloadPortName,
} from "../index.ts";
import type { ExitNodeInput } from "../index.ts";

const known = (text: string): Prefix => parsePrefix(text) ?? expect.fail(text);

const allocations = fc
  .bigInt({ min: 0n, max: (1n << 45n) - 1n })
  .map((low): Prefix => ({ address: { family: 6, value: ((1n << 45n) | low) << 80n }, length: 48 }));
const usableSubnets = fc.integer({ min: 0x1000, max: 0xfeff });
const allocationNumbers = fc.integer({ min: 0, max: 127 });
const hosts = fc.integer({ min: 2, max: 254 });

const inputs: fc.Arbitrary<ExitNodeInput> = fc
  .record({
    allocation: allocations,
    subnet: usableSubnets,
    low: fc.integer({ min: 0, max: 0xeff }),
    n: allocationNumbers,
    other: fc.boolean(),
  })
  .map(({ allocation, subnet, low, n, other }) => ({
    prefix: subnetOf(allocation, subnet),
    exitNode: subnet >> 12,
    allocation: n,
    ...(other ? { exitPoint: subnetOf(allocation, (subnet & 0xf000) | low) } : {}),
  }));

describe("EX-1 everything follows from allocation, exit node, prefix and n", () => {
  it("EX-1 gives the same output for the same input", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const again = structuredClone(input);
        expect(deriveExitNode(again)).toEqual(deriveExitNode(input));
      }),
    );
  });

  it("EX-1 gives the same output in any order and whatever else was derived", () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 12 }), inputs, (others, input) => {
        const alone = JSON.stringify(deriveExitNode(input));
        const forwards = [...others, input].map((one) => JSON.stringify(deriveExitNode(one)));
        const backwards = [...others, input].toReversed().map((one) => JSON.stringify(deriveExitNode(one)));
        expect(backwards.toReversed()).toEqual(forwards);
        expect(forwards.at(-1)).toBe(alone);
      }),
    );
  });

  it("EX-1 lets the allocation number into names only", () => {
    fc.assert(
      fc.property(inputs, allocationNumbers, (input, n) => {
        const one = expectValue(deriveExitNode(input));
        const other = expectValue(deriveExitNode({ ...input, allocation: n }));
        const { GWPubLL, GWPubIP6, GWtoEPLL, EPPubLL, EPPubIP4R, WGLL, WGIP4RT, WGListenPort, NRLocalIP6, NRLocalIP4, AllowedIPs } = one;
        expect(other).toMatchObject({
          GWPubLL,
          GWPubIP6,
          GWtoEPLL,
          EPPubLL,
          EPPubIP4R,
          WGLL,
          WGIP4RT,
          WGListenPort,
          NRLocalIP6,
          NRLocalIP4,
          AllowedIPs,
        });
      }),
    );
  });

  it("EX-1 gives two prefixes of an allocation disjoint AllowedIPs, transit and networks", () => {
    fc.assert(
      fc.property(allocations, usableSubnets, usableSubnets, (allocation, one, other) => {
        fc.pre(one !== other);
        const [first, second] = [subnetOf(allocation, one), subnetOf(allocation, other)];
        for (const mine of peerAllowedIPs(first)) {
          for (const theirs of peerAllowedIPs(second)) expect(overlaps(mine, theirs)).toBe(false);
        }
      }),
    );
  });

  it("EX-1 never gives a network resource the transit network or the gateway's address", () => {
    fc.assert(
      fc.property(allocations, usableSubnets, (allocation, subnet) => {
        const prefix = subnetOf(allocation, subnet);
        expect(overlaps(nrNetwork4(prefix), networkOf(wgIP4RT(prefix)))).toBe(false);
        expect(overlaps(nrNetwork4(prefix), gwToEPIP4)).toBe(false);
      }),
    );
  });

  it("EX-1 routes a resource in the gateway through the exit point, and only within its own part", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { routes, EPPubLL, GWtoEPName } = expectValue(deriveExitNode(input));
        const part = exitNodePart(networkOf({ address: input.prefix.address, length: 48 }), input.exitNode);
        expect(routes.gateway).toContainEqual({ type: "unreachable", to: formatPrefix(part), via: null, dev: null });
        const route = routes.gateway.find(({ to }) => to === formatPrefix(input.prefix));
        expect(route).toEqual({ type: "unicast", to: formatPrefix(input.prefix), via: EPPubLL.replace("/64", ""), dev: GWtoEPName });
        expect(contains(part, input.prefix)).toBe(true);
      }),
    );
  });
});

describe("EX-2 names fit and are unique in their node", () => {
  const resources = fc.uniqueArray(usableSubnets, { minLength: 1, maxLength: 20 });

  it("EX-2 keeps every name within 15 bytes", () => {
    fc.assert(
      fc.property(
        allocations,
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: 1, max: 15 }),
        allocationNumbers,
        hosts,
        (allocation, subnet, x, n, host) => {
          const p = subnetOf(allocation, subnet);
          const byPrefix = [gwToEPName, epPubName, wgName, vxName, sgName, nrLocalName, nrBridgePortName, bridgeName, nrNamespace].map(
            (name) => name(p, n),
          );
          const names = [
            ...byPrefix,
            gwPubName(x, n),
            workloadNamespace(p, host),
            workloadPortName(p, host),
            gatewayNamespace,
            publicNamespace,
          ];
          for (const name of names) {
            expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(15);
            expect(name).toMatch(/^[a-z0-9-]+$/);
          }
        },
      ),
    );
  });

  it("EX-2 never lets two interfaces, bridges or namespaces of a node meet", () => {
    fc.assert(
      fc.property(
        allocations,
        resources,
        allocationNumbers,
        fc.uniqueArray(hosts, { maxLength: 4 }),
        (allocation, subnets, n, workloads) => {
          const prefixes = subnets.map((subnet) => subnetOf(allocation, subnet));
          const interfaces = prefixes.flatMap((p) => [
            ...[gwToEPName, epPubName, wgName, vxName, sgName, nrLocalName, nrBridgePortName, bridgeName].map((name) => name(p, n)),
            ...workloads.map((host) => workloadPortName(p, host)),
          ]);
          const gateways = Array.from({ length: 15 }, (_, index) => gwPubName(index + 1, n));
          const namespaces = prefixes.flatMap((p) => [nrNamespace(p, n), ...workloads.map((host) => workloadNamespace(p, host))]);
          const all = [...interfaces, ...gateways, ...namespaces, gatewayNamespace, publicNamespace];
          expect(new Set(all).size).toBe(all.length);
        },
      ),
    );
  });

  it("EX-2 keeps pub-{x}-{n} and pub-{hex}-{n} apart for every uint16", () => {
    const gateways = new Set<string>();
    for (let x = 1; x <= 15; x += 1) for (let n = 0; n <= 127; n += 1) gateways.add(gwPubName(x, n));
    const allocation = known("2a02:1802:5e::/48");
    for (let subnet = 0; subnet <= 0xffff; subnet += 1) {
      for (const n of [0, 1, 9, 10, 99, 127]) {
        if (gateways.has(epPubName(subnetOf(allocation, subnet), n))) expect.fail(`${subnet} and ${n}`);
      }
    }
  });
});

describe("EX-3 only a global unicast /48 is an allocation", () => {
  const codesOf = (prefix: Prefix): readonly string[] => checkAllocation(prefix).map((problem) => problem.code);

  it("EX-3 takes every global unicast /48", () => {
    fc.assert(
      fc.property(allocations, (allocation) => {
        expect(checkAllocation(allocation).filter((problem) => problem.severity === "error")).toEqual([]);
      }),
    );
  });

  it("EX-3 refuses every other length", () => {
    fc.assert(
      fc.property(allocations, fc.integer({ min: 0, max: 128 }), (allocation, length) => {
        fc.pre(length !== 48);
        expect(codesOf({ ...allocation, length })).toContain("allocation-not-48");
      }),
    );
  });

  it("EX-3 refuses host bits", () => {
    fc.assert(
      fc.property(allocations, fc.bigInt({ min: 1n, max: (1n << 80n) - 1n }), ({ address }, bits) => {
        const withBits: Prefix = { address: { family: 6, value: address.value | bits }, length: 48 };
        expect(codesOf(withBits)).toContain("allocation-host-bits");
      }),
    );
  });

  it("EX-3 refuses whatever is not global unicast", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 48n) - 1n }), (high) => {
        const prefix: Prefix = { address: { family: 6, value: high << 80n }, length: 48 };
        fc.pre(!contains(known("2000::/3"), prefix));
        expect(checkAllocation(prefix).some((problem) => problem.severity === "error")).toBe(true);
      }),
    );
  });

  it.each([
    ["2a02:1802:5e::/47", ["allocation-not-48"]],
    ["2a02:1802:5e::/49", ["allocation-not-48"]],
    ["2a02:1802:5e:1::/48", ["allocation-host-bits"]],
    ["fd12:3456:789a::/48", ["allocation-ula"]],
    ["fe80::/48", ["allocation-link-local"]],
    ["ff02::/48", ["allocation-not-global"]],
    ["::/48", ["allocation-not-global"]],
    ["fd12:3456:789a::/40", ["allocation-ula", "allocation-not-48"]],
    ["10.0.0.0/8", ["allocation-not-global"]],
    ["192.0.2.0/24", ["allocation-not-global"]],
  ])("EX-3 says of %s why", (text, expected) => {
    expect(codesOf(known(text))).toEqual(expected);
  });

  it.each(["2001:db8:5e::/48", "3fff:0:1::/48"])("EX-3 takes the documentation prefix %s with a warning", (text) => {
    expect(checkAllocation(known(text)).map(({ severity, code }) => [severity, code])).toEqual([["warning", "documentation-prefix"]]);
  });

  it("EX-3 has a message and a hint for each", () => {
    for (const text of ["2a02:1802:5e::/47", "2a02:1802:5e:1::/48", "fd00::/48"]) {
      for (const problem of checkAllocation(known(text))) {
        expect(problem.message).toContain(text);
        expect(problem.hint).toBeTruthy();
      }
    }
  });
});

describe("EX-4 the parts of an allocation", () => {
  it("EX-4 cuts the /48 into 16 disjoint /52 that cover it", () => {
    fc.assert(
      fc.property(allocations, fc.integer({ min: 0, max: 0xffff }), (allocation, subnet) => {
        const parts = Array.from({ length: 16 }, (_, x) => exitNodePart(allocation, x));
        const holding = parts.flatMap((part, x) => (contains(part, subnetOf(allocation, subnet)) ? [x] : []));
        expect(holding).toEqual([subnet >> 12]);
        expect(parts.every((part) => contains(allocation, part))).toBe(true);
      }),
    );
  });

  it("EX-4 derives nothing for prefixes of part 0 or ff00-ffff", () => {
    fc.assert(
      fc.property(
        allocations,
        fc.oneof(fc.integer({ min: 0, max: 0xfff }), fc.integer({ min: 0xff00, max: 0xffff })),
        (allocation, subnet) => {
          for (const exitNode of [1, 15])
            expect(deriveExitNode({ prefix: subnetOf(allocation, subnet), exitNode, allocation: 0 }).ok).toBe(false);
          expect(isReservedSubnet(subnet)).toBe(subnet >= 0xff00);
        },
      ),
    );
  });
});
