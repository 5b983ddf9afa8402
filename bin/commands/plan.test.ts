import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { called } from "../command-line.fixture.ts";

const text = readFileSync(new URL("../../topologies/exit-node.farm.yml", import.meta.url), "utf8");
const frr = ["--for", "upstream", "--dialect", "frr"];
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-plan-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Of a farm file with some of its text replaced. */
async function planned(argv: readonly string[], ...replacements: readonly (readonly [string, string])[]): ReturnType<typeof called> {
  const changed = replacements.reduce((held, [from, to]) => {
    expect(held).toContain(from);
    return held.replace(from, to);
  }, text);
  writeFileSync(join(folder, "x.farm.yml"), changed);
  return await called(["plan", "x.farm.yml", ...argv], { folder });
}

/** What a farm without an upstream router cannot have: the router, the exit node on its segment, its networks. */
const below: readonly string[] = [
  text.slice(text.indexOf("upstreams:"), text.indexOf("home-routers:")),
  text.slice(text.indexOf("  node-1:"), text.indexOf("  node-2:")),
  text.slice(text.indexOf("networks:")),
];
/** A second router, on a segment of its own, with nothing of the allocation below it. */
const second: readonly (readonly [string, string])[] = [
  ["lan-a, lan-b]", "lan-a, lan-b, apart]"],
  ["home-routers:", '  other:\n    segment: apart\n    ipv6: "2001:db8:77::1/64"\n\nhome-routers:'],
];

describe("plan --for upstream", () => {
  it("prints the lines of a dialect alone, or all that is known of them as JSON", async () => {
    const { code, out, error } = await planned(frr);
    expect([code, error]).toEqual([0, ""]);
    const json = await planned([...frr, "--format", "json"]);
    expect(json).toMatchObject({ code: 0, error: "" });
    const object = JSON.parse(json.out) as { readonly configuration: readonly string[] };
    expect(`${object.configuration.join("\n")}\n`).toBe(out);
    expect({ ...object, configuration: undefined }).toEqual({
      ...{ schema: "farmlab.upstream/1", farm: "exit-node", router: "upstream", dialect: "frr", tried: true, interface: "swp1" },
      addresses: ["fe80::1/64", "2a02:1802:5e::1/64", "185.69.166.1/24"],
      routes: [
        { type: "unicast", to: "2a02:1802:5e:1000::/52", via: "fe80::1000:0:0:1", interface: "swp1", exitNode: 1 },
        { type: "unreachable", to: "2a02:1802:5e::/48", via: null, interface: null, exitNode: null },
      ],
    });
  });

  it("takes the router's own name for its interface, and either next hop", async () => {
    const { out } = await planned([...frr, "--interface", "eno2", "--next-hop", "prefix-zero"]);
    expect(out).toContain("interface eno2\n");
    expect(out).toContain("ipv6 route 2a02:1802:5e:1000::/52 2a02:1802:5e:0:1000::1\n");
  });

  it("of several routers prints the one that is named", async () => {
    expect((await planned([...frr, "--node", "upstream"], ...second)).code).toBe(0);
  });

  const mistakes: readonly (readonly [string, readonly string[], readonly (readonly [string, string])[]])[] = [
    ["no router", frr, below.map((part): [string, string] => [part, ""])],
    ["several routers", frr, second],
    ["a router that is not there", [...frr, "--node", "upsteam"], []],
    ["a router of no allocation", [...frr, "--node", "other"], second],
    ["no dialect", ["--for", "upstream"], []],
    ["an unknown dialect", ["--for", "upstream", "--dialect", "junos"], []],
    ["another thing than the router", ["--for", "downstream"], []],
    ["a name that a shell would read otherwise", ["--for", "upstream", "--dialect", "linux", "--interface", "eth1;reboot"], []],
    ["an unknown next hop", [...frr, "--next-hop", "anycast"], []],
    ["an option of the router's without it", ["--next-hop", "prefix-zero"], []],
  ];

  it("tells mistakes with a way on, and exits with 2", async () => {
    const told: string[] = [];
    for (const [what, argv, replacements] of mistakes) {
      const { code, out, error } = await planned(argv, ...replacements);
      expect([what, code, out]).toEqual([what, 2, ""]);
      told.push(`${what}: farmlab plan x.farm.yml ${argv.join(" ")}\n${error}`);
    }
    await expect(told.join("\n")).toMatchFileSnapshot(new URL("../golden/plan-upstream-mistakes.txt", import.meta.url).pathname);
  });
});
