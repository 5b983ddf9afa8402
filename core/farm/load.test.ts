import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectValue, formatAddress, formatPrefix } from "../common/index.ts";
import type { Outcome } from "../common/index.ts";
import { loadFarm } from "./index.ts";
import type { LoadedFarm } from "./index.ts";

const drawing = readFileSync(new URL("../../topologies/exit-node.farm.yml", import.meta.url), "utf8");

/** A farm, or at least one error, each with line, column and hint; warnings have them too. */
function judgeOutcome(outcome: Outcome<LoadedFarm>): void {
  expect(outcome.ok).toBe(!outcome.problems.some(({ severity }) => severity === "error"));
  for (const { code, message, hint, place } of outcome.problems) {
    expect(code).toMatch(/^[a-z0-9-]+$/);
    expect(message).not.toBe("");
    expect(hint ?? "").not.toBe("");
    expect(place?.file).toBe("x.farm.yml");
    expect(place?.line).toBeGreaterThanOrEqual(1);
    expect(place?.column).toBeGreaterThanOrEqual(1);
    expect(place?.width ?? 1).toBeGreaterThanOrEqual(1);
  }
}

const yamlWords = fc.constantFrom(
  "farm",
  "nodes",
  ": ",
  ":",
  "- ",
  "\n",
  "\n  ",
  "{",
  "}",
  "[",
  "]",
  ", ",
  '"',
  "'",
  "#",
  "&a ",
  "*a",
  "!t ",
  "|",
  ">",
  "---\n",
  "? ",
  "%",
  "::",
  "1",
  "true",
  "null",
  "~",
  "\t",
  "__proto__",
  "<<",
);

describe("XC-6 any input gives a farm or an error with line, column and hint", () => {
  it("any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => judgeOutcome(loadFarm(text, "x.farm.yml"))));
  });

  it("any bytes, decoded with replacement", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => judgeOutcome(loadFarm(new TextDecoder().decode(bytes), "x.farm.yml"))),
    );
  });

  it("any words of YAML", () => {
    fc.assert(
      fc.property(fc.array(yamlWords, { maxLength: 60 }), (words) => judgeOutcome(loadFarm(words.join(""), "x.farm.yml"))),
      { numRuns: 500 },
    );
  });

  it("a farm file with any damage", () => {
    const edit = fc.tuple(fc.nat(drawing.length), fc.nat(12), fc.oneof(yamlWords, fc.string({ maxLength: 6 })));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const damaged = edits.reduce((text, [at, removed, added]) => text.slice(0, at) + added + text.slice(at + removed), drawing);
        judgeOutcome(loadFarm(damaged, "x.farm.yml"));
      }),
      { numRuns: 300 },
    );
  });

  it("any JSON value", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => judgeOutcome(loadFarm(JSON.stringify(value), "x.farm.yml"))));
  });

  // 100000 keys took the parser's own check of duplicates two minutes; a watch on the work, not on the clock.
  it.each([
    ["brackets", "[".repeat(1_000_000)],
    ["keys", Array.from({ length: 100_000 }, (_, index) => `k${index}: 1\n`).join("")],
    ["one key again and again", "a: 1\n".repeat(40_000)],
    ["wrong escapes", `"${"\\q".repeat(500_000)}"`],
    ["directives", "%\n".repeat(500_000)],
    ["an alias of itself", "a: &a [*a]"],
  ])("a flood of %s", (_, text) => {
    judgeOutcome(loadFarm(text, "x.farm.yml"));
  });
});

describe("loadFarm", () => {
  const { farm, places, document } = expectValue(loadFarm(drawing, "x.farm.yml"));
  const node = farm.nodes[0];

  it("fills in gateways from the segment's router", () => {
    expect(
      node?.nics.map(({ name, gateway4, gateway6 }) => [name, gateway4 && formatAddress(gateway4), gateway6 && formatAddress(gateway6)]),
    ).toEqual([
      ["eth0", "185.69.166.1", "2a02:1802:5e::1"],
      ["eth1", undefined, undefined],
    ]);
    expect(node?.public?.gateway4 && formatAddress(node.public.gateway4)).toBe("185.69.166.1");
    expect(node?.exitNode?.gateway4 && formatAddress(node.exitNode.gateway4)).toBe("185.69.166.1");
    expect(farm.nodes[1]?.nics[0]?.gateway4 && formatAddress(farm.nodes[1].nics[0].gateway4)).toBe("192.168.1.1");
    expect(farm.nodes[1]?.nics[0]).not.toHaveProperty("gateway6");
  });

  it("gives networks and exit nodes the only allocation", () => {
    expect(node?.exitNode).toMatchObject({ number: 1, allocationNumber: 1, nic: "eth1" });
    expect(farm.networks.map(({ name, allocationNumber }) => [name, allocationNumber])).toEqual([
      ["blue", 1],
      ["red", 1],
    ]);
  });

  it("reads resources, services and port forwards", () => {
    const blue = farm.networks[0];
    expect(blue?.resources.map(({ node: name, exitPoint, prefix }) => [name, exitPoint, prefix && formatPrefix(prefix)])).toEqual([
      ["node-1", true, "2a02:1802:5e:1abc::/64"],
      ["node-2", false, "2a02:1802:5e:1b2c::/64"],
      ["node-3", false, "2a02:1802:5e:1c3d::/64"],
    ]);
    expect(blue?.workloads[0]).toEqual({
      name: "blue-1",
      node: "node-1",
      host: 2,
      services: [
        { protocol: "tcp", port: 80 },
        { protocol: "udp", port: 53 },
      ],
    });
    expect(blue?.portForwards[1]).toEqual({
      address: { family: 4, value: 0xb945a6c8n },
      protocol: "udp",
      port: 5353,
      workload: "blue-2",
      workloadPort: 53,
    });
  });

  it("keeps stated gateways", () => {
    const stated = drawing.replace("ipv4: 192.168.1.10/24 }", "ipv4: 192.168.1.10/24, gateway4: 192.168.1.254 }");
    const nic = expectValue(loadFarm(stated, "x.farm.yml")).farm.nodes[1]?.nics[0];
    expect(nic?.gateway4 && formatAddress(nic.gateway4)).toBe("192.168.1.254");
  });

  it("gives the document as written besides", () => {
    expect(document.networks?.["red"]?.resources[1]).toEqual({ node: "node-2", prefix: "2a02:1802:5e:1124::/64" });
  });

  it("knows the place of every value", () => {
    const lines = drawing.split("\n");
    const textAt = (path: readonly (string | number)[]): string => {
      const { line, column, width = 1 } = places.of(path);
      return (lines[line - 1] ?? "").slice(column - 1, column - 1 + width);
    };
    expect(textAt(["allocations", 0, "prefix"])).toBe("2a02:1802:5e::/48");
    expect(textAt(["networks", "blue", "resources", 1, "prefix"])).toBe('"2a02:1802:5e:1b2c::/64"');
    expect(textAt(["nodes", "node-2"])).toBe("node-2");
    expect(textAt(["nodes", "node-1", "exit-node", "gateway4"])).toBe("exit-node");
    expect(textAt(["nodes", "no-such-node", "nics"])).toBe("nodes");
    expect(places.ofKey(["nodes", "node-3", "nics", "eth0", "segment"]).text).toBe("      eth0: { segment: lan-b, ipv4: 192.168.1.10/24 }");
    expect(places.of(["nothing", "of", "this"])).toMatchObject({ file: "x.farm.yml" });
  });

  it("EX-3 warns of a documentation prefix and loads the farm", () => {
    const outcome = loadFarm(drawing.replaceAll("2a02:1802:5e:", "2001:db8:5e:"), "x.farm.yml");
    expect(outcome.ok).toBe(true);
    expect(outcome.problems.map(({ severity, code, place }) => [severity, code, place?.line, place?.column])).toEqual([
      ["warning", "documentation-prefix", 7, 13],
    ]);
  });

  it("takes anchors and aliases, Windows line ends and a byte order mark", () => {
    const aliased = drawing
      .replace("services: [tcp/80, udp/53] }", "services: &web [tcp/80, udp/53] }")
      .replaceAll("services: [tcp/80, udp/53]", "services: *web");
    for (const text of [aliased, drawing.replaceAll("\n", "\r\n"), `\ufeff${drawing}`]) {
      expect(expectValue(loadFarm(text, "x.farm.yml")).farm).toEqual(farm);
    }
  });

  it("does not mistake keys for what every object has", () => {
    for (const key of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
      const outcome = loadFarm(drawing.replace("about:", `${key}:`), "x.farm.yml");
      expect(outcome.problems.map(({ code, place }) => [code, place?.line])).toEqual([
        [key === "__proto__" ? "bad-key" : "unknown-key", 4],
      ]);
    }
  });
});
