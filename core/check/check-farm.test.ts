import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../common/index.ts";
import { loadFarm } from "../farm/index.ts";
import { checkFarm } from "./index.ts";

const read = (layout: string): string => readFileSync(new URL(`../../topologies/${layout}.farm.yml`, import.meta.url), "utf8");
const drawing = read("exit-node");
const three = read("three-exit-nodes");
const standby = read("standby");

/** Severity, code and the text of the line of each finding, after replacing some of the file's text. */
function findings(text: string, ...replacements: readonly (readonly [string, string])[]): string[][] {
  const changed = replacements.reduce((held, [from, to]) => {
    expect(held).toContain(from);
    return held.replace(from, to);
  }, text);
  return checkFarm(expectValue(loadFarm(changed, "x.farm.yml"))).map(({ severity, code, place, hint }) => {
    expect(hint).not.toBe("");
    return [severity, code, (place?.text ?? "").trim().split(":")[0] ?? ""];
  });
}

const spare = ["advice", "no-spare-node", "exit-node"];

describe("EX-24 check finds what a farm lacks", () => {
  it("nothing in the layout with a spare node; no node to stand in for the drawing's exit node", () => {
    expect(findings(three)).toEqual([]);
    expect(findings(drawing)).toEqual([spare]);
  });

  it("a standby that other nodes' tunnels may not reach", () => {
    const spareIsPublic = '    public: { nic: eth0, ipv4: 185.206.126.22/24, ipv6: "2a10:c0de:11::22/64" }\n';
    expect(findings(standby)).toEqual([]);
    expect(findings(standby, [spareIsPublic, ""])).toEqual([["warning", "standby-not-public", "exit-node"]]);
  });

  it("PrefixZero unrouted", () => {
    expect(
      findings(
        drawing,
        ["2a02:1802:5e::1/64", "2a02:1802:5e:5::1/64"],
        ['ipv6: "2a02:1802:5e::2/64"', 'ipv6: "2a02:1802:5e::2/64", gateway6: "fe80::1"'],
        ['ipv6: "2a02:1802:5e::3/64"', 'ipv6: "2a02:1802:5e::3/64", gateway6: "fe80::1"'],
      ),
    ).toEqual([["warning", "prefix-zero-unrouted", "ipv6"], spare]);
  });

  it("a /52 route missing, leading elsewhere, unreachable, or for no exit node", () => {
    const route = '      - { to: "2a10:c0de:7:a000::/52", via: "fe80::a000:0:0:1" }\n';
    expect(findings(three, [route, ""])).toEqual([["warning", "missing-route", "routes"]]);
    expect(findings(three, [route, route.replace("fe80::a000:0:0:1", "fe80::1000:0:0:1")])).toEqual([
      ["warning", "wrong-next-hop", "- { to"],
    ]);
    expect(findings(three, [route, route.replace('via: "fe80::a000:0:0:1"', "unreachable: true")])).toEqual([
      ["warning", "wrong-next-hop", "- { to"],
    ]);
    expect(findings(three, [route, route + route.replaceAll("a000", "b000")])).toEqual([["advice", "idle-route", "- { to"]]);
    expect(findings(three, ["fe80::a000:0:0:1", "2a10:c0de:7:0:a000::1"])).toEqual([]);
  });

  it("a decimal number where the part needs a hexadecimal digit", () => {
    expect(
      findings(
        three,
        ["2a10:c0de:7:a000::/52", "2a10:c0de:7:1000::/52"],
        ['- { to: "2a10:c0de:7:1000::/52", via: "fe80::1000:0:0:1" }', ""],
      ).map(([, code]) => code),
    ).toEqual(["missing-route", "wrong-next-hop"]);
  });

  it("no unreachable route for the /48", () => {
    expect(findings(three, ['      - { to: "2a10:c0de:7::/48", unreachable: true }\n', ""])).toEqual([
      ["warning", "missing-unreachable", "routes"],
    ]);
  });

  it("an IPv4 allocation of one address, or none", () => {
    const owned = "    owned-ipv4: [185.69.166.200]\n";
    const forwards = drawing.slice(drawing.indexOf("    port-forwards:"), drawing.indexOf("  red:"));
    expect(findings(drawing, [owned, ""], [forwards, ""], ["185.69.166.0/24", "185.69.166.123/32"])[0]).toEqual([
      "warning",
      "ipv4-too-small",
      "ipv4",
    ]);
    const gateway = ", ipv4: 185.69.166.123/24";
    expect(findings(drawing, [owned, ""], [forwards, ""], [gateway, ""], ["    ipv4: 185.69.166.0/24\n", ""])[0]).toEqual([
      "warning",
      "no-ipv4",
      "- prefix",
    ]);
  });

  it("a node without gateway, an exit node that is not public or has no IPv4", () => {
    expect(findings(drawing, ["  home-b: { segment: lan-b, lan4: 192.168.1.1/24, wan4: 203.0.113.8 }\n", ""])).toEqual([
      spare,
      ["warning", "node-unrouted", "node-3"],
    ]);
    const host = "eth0: { segment: lan-b, ipv4: 192.168.1.10/24 }";
    const beside = `eth0: { segment: apart, ipv4: 10.9.9.9/24 }
    public: { nic: eth0, ipv4: 203.0.113.9/24, gateway4: 203.0.113.1 }`;
    expect(findings(drawing, ["lan-a, lan-b]", "lan-a, lan-b, apart]"], [host, beside])).toEqual([
      spare,
      ["warning", "node-unrouted", "node-3"],
    ]);
    expect(findings(drawing, ["    public: { nic: eth0, ipv4: 185.69.166.3/24, ipv6", "    # { ipv6"])).toEqual([
      ["warning", "exit-node-not-public", "exit-node"],
      spare,
    ]);
    expect(findings(drawing, ["public: { nic: eth0, ipv4: 185.69.166.3/24,", "public: { nic: eth0,"])).toContainEqual([
      "warning",
      "exit-node-without-ipv4",
      "public",
    ]);
    expect(findings(drawing, ["nic: eth1, ipv4: 185.69.166.123/24", "nic: eth1"]).map(([, code]) => code)).toEqual([
      "no-spare-node",
      "gateway-without-ipv4",
      "gateway-without-ipv4",
    ]);
  });

  it("a gateway with IPv4 and no router to send it to", () => {
    const codes = findings(
      drawing,
      ["    ipv4: 185.69.166.1/24\n", ""],
      ...[2, 3].map((host): [string, string] => [`ipv4: 185.69.166.${host}/24`, `ipv4: 185.69.166.${host}/24, gateway4: 185.69.166.1`]),
    );
    expect(codes.filter(([, code]) => code === "gateway-without-ipv4")).toHaveLength(2);
  });

  it("a network that runs nothing, a forward to a service that is not there, an address that nobody routes", () => {
    const workloads = drawing.slice(drawing.indexOf("      red-1:") - "    workloads:\n".length);
    expect(findings(drawing, [workloads, ""])).toEqual([spare, ["advice", "network-without-workloads", "red"]]);
    expect(findings(drawing, ["workload: blue-2, port: 53", "workload: blue-2, port: 54"])).toEqual([
      spare,
      ["warning", "forward-to-nothing", "- { address"],
    ]);
    expect(findings(drawing, ["ipv4: 185.69.166.1/24", "ipv4: 185.69.166.1/25"])).toContainEqual([
      "warning",
      "owned-unrouted",
      "owned-ipv4",
    ]);
  });

  it("advises another exit node at 2000 routes, and refuses more than a part holds", () => {
    const nodes = (count: number): string =>
      Array.from(
        { length: count },
        (_, index) => `  n-${index}: { nics: { eth0: { segment: prefix-zero, ipv6: "2a02:1802:5e::1:${index.toString(16)}/64" } } }\n`,
      ).join("");
    const resources = (count: number): string => Array.from({ length: count }, (_, index) => `      - { node: n-${index} }\n`).join("");
    const grown = (count: number): (readonly [string, string])[] => [
      ["  node-2:\n", `${nodes(count)}  node-2:\n`],
      ["    workloads:\n      blue-1", `${resources(count)}    workloads:\n      blue-1`],
    ];
    expect(findings(drawing, ...grown(1994))).toEqual([spare]);
    expect(findings(drawing, ...grown(1995))).toContainEqual(["advice", "many-routes", "exit-node"]);
    expect(findings(drawing, ...grown(4092))).toContainEqual(["error", "part-full", "exit-node"]);
  });
});
