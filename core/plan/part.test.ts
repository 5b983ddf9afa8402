import { describe, expect, it } from "vitest";
import { mergeParts } from "./part.ts";
import { reservedPorts } from "./sysctls.ts";

describe("merging parts", () => {
  it("joins what several roles want of one namespace, host first", () => {
    const plan = mergeParts("n", [
      { name: "a", sysctls: { x: "1" } },
      { name: "host", links: [{ kind: "bridge", name: "br" }] },
      { name: "a", sysctls: { x: "1", y: "2" }, addresses: [{ link: "lo", address: "10.0.0.1/32" }] },
    ]);
    expect(plan.namespaces.map(({ name }) => name)).toEqual(["host", "a"]);
    expect(plan.namespaces[1]).toMatchObject({ sysctls: { x: "1", y: "2" }, addresses: [{ link: "lo", address: "10.0.0.1/32" }] });
  });

  it("refuses roles that contradict each other", () => {
    expect(() =>
      mergeParts("n", [
        { name: "a", sysctls: { x: "1" } },
        { name: "a", sysctls: { x: "2" } },
      ]),
    ).toThrow("x is planned as 1 and as 2");
    const part = { name: "a", links: [{ kind: "bridge", name: "br" }] } as const;
    expect(() => mergeParts("n", [part, part])).toThrow("link br is planned twice");
  });
});

describe("reserved ports", () => {
  it("are written as the kernel writes them: sorted, once, neighbours as a range", () => {
    expect(reservedPorts([6844, 4388, 4387, 6844])).toEqual({ "net/ipv4/ip_local_reserved_ports": "4387-4388,6844" });
    expect(reservedPorts([])).toEqual({ "net/ipv4/ip_local_reserved_ports": "" });
  });
});
