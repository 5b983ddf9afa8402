/** `docs/farm-file.md`: made from the schema and from an example that loads. `npx vitest run --project unit core/farm -u` writes it anew. */
import { describe, expect, it } from "vitest";
import { farmFileJsonSchema, loadFarm } from "./index.ts";
import type { JsonSchema } from "../common/reading/index.ts";

/** Each key of the top with what may stand there; together they are one farm. */
const example: Readonly<Record<string, string>> = {
  farm: "farm: small",
  about: "about: One exit node, and a node behind a home router.",
  allocations: `allocations:
  - { prefix: "2a02:1802:5e::/48", number: 1, ipv4: 185.69.166.0/24 }`,
  segments: "segments: [prefix-zero, lan-a, storage]",
  internet: `internet:
  hosts:
    grid: { ipv4: 198.51.100.53, ipv6: "2001:db8:53::53", store: true }
    somebody: { ipv4: 198.51.100.4 }`,
  upstreams: `upstreams:
  upstream:
    segment: prefix-zero
    ipv4: 185.69.166.1/24
    ipv6: "2a02:1802:5e::1/64"
    wan4: 192.0.2.10
    wan6: "2001:db8:10::1"
    routes:
      - { to: "2a02:1802:5e:1000::/52", via: "fe80::1000:0:0:1" }
      - { to: "2a02:1802:5e::/48", unreachable: true }`,
  "home-routers": `home-routers:
  home-a:
    segment: lan-a
    lan4: 192.168.1.1/24
    wan4: 100.64.0.10
    behind: isp
    nat: full-cone
    nat-overrides:
      mapping: endpoint-independent
      filtering: address-dependent
      hairpin: none
      ports: preserve
      overloading: false
      timeouts: { udp: 30, udp-stream: 180, tcp-established: 7440, tcp-transitory: 240 }
    port-forwards:
      - { service: tcp/8080, to: 192.168.1.10, port: 80 }`,
  carriers: `carriers:
  isp: { lan4: 100.64.0.1/10, wan4: 203.0.113.7, nat: cgnat, nat-overrides: { hairpin: none } }`,
  nodes: `nodes:
  node-1:
    nics:
      eth0: { segment: prefix-zero, ipv4: 185.69.166.2/24, gateway4: 185.69.166.1, ipv6: "2a02:1802:5e::2/64", gateway6: "2a02:1802:5e::1" }
      eth1: { segment: prefix-zero }
    public: { nic: eth0, ipv4: 185.69.166.3/24, gateway4: 185.69.166.1, ipv6: "2a02:1802:5e::3/64", gateway6: "fe80::1" }
    exit-node:
      number: 1
      allocation: 1
      nic: eth1
      isolation: filter
      ipv4: 185.69.166.123/24
      gateway4: 185.69.166.1
      standby: [{ node: node-3, nic: eth1 }]
    services: [tcp/8051, udp/9943]
  node-2:
    nics:
      eth0: { segment: lan-a, ipv4: 192.168.1.10/24 }
      eth1: { segment: storage }
  node-3:
    nics:
      eth0: { segment: prefix-zero, ipv4: 185.69.166.4/24, ipv6: "2a02:1802:5e::4/64" }
      eth1: { segment: prefix-zero }
    public: { nic: eth0, ipv4: 185.69.166.5/24, ipv6: "2a02:1802:5e::5/64" }
  node-4:
    nics:
      eth0: { segment: prefix-zero, ipv4: 185.69.166.6/24, ipv6: "2a02:1802:5e::6/64" }
      eth1: { segment: prefix-zero }
      eth2: { segment: storage }
    public: { nic: eth0, ipv4: 185.69.166.7/24, ipv6: "2a02:1802:5e::7/64" }
    exit-node: { number: 2, nic: eth1, ipv4: 185.69.166.124/24 }
  node-5:
    nics:
      eth0: { segment: lan-a, ipv4: 192.168.1.11/24 }
    emulate: false
  node-6:
    nics:
      eth0: { segment: prefix-zero, ipv4: 185.69.166.8/24, ipv6: "2a02:1802:5e::8/64" }
      eth1: { segment: prefix-zero }
    public: { nic: eth0, ipv4: 185.69.166.9/24, ipv6: "2a02:1802:5e::9/64" }
    exit-node: { number: 3, nic: eth1, ipv4: 185.69.166.125/24, partner: node-7 }
  node-7:
    nics:
      eth0: { segment: prefix-zero, ipv4: 185.69.166.10/24, ipv6: "2a02:1802:5e::a/64" }
      eth1: { segment: prefix-zero }
    public: { nic: eth0, ipv4: 185.69.166.11/24, ipv6: "2a02:1802:5e::b/64" }
    exit-node: { number: 4, nic: eth1, ipv4: 185.69.166.126/24, partner: node-6 }`,
  networks: `networks:
  blue:
    kind: exit-node
    overlay: wireguard
    allocation: 1
    owned-ipv4: [185.69.166.200]
    resources:
      - { node: node-1, prefix: "2a02:1802:5e:1abc::/64", exit-point: true }
      - { node: node-2 }
    workloads:
      blue-1: { node: node-1, host: 2, services: [tcp/80, udp/53] }
    port-forwards:
      - { address: 185.69.166.200, service: tcp/8080, workload: blue-1, port: 80 }
  red:
    kind: exit-node
    overlay: segment
    segment: storage
    resources:
      - { node: node-4, exit-point: true }
      - { node: node-2 }
    workloads:
      red-1: { node: node-4, host: 2, services: [tcp/80] }`,
  conditions: `conditions:
  - { link: "home-a:wan", like: 4g, jitter-ms: 10 }
  - { link: "home-a:lan", edits: [{ flow: "*", index: 3, action: drop }] }
  - { link: "node-1:eth1", direction: down, delay-ms: 5, loss-percent: 0.1, rate-kbit: 50000 }
  - { segment: lan-a, like: wifi }`,
  timeline: `timeline:
  - { at-ms: 500, until-ms: 1500, fault: cut, link: "home-a:wan", from: home-a }
  - at-ms: 500
    until-ms: 1500
    fault: packets
    link: "node-2:eth0"
    only: { protocol: udp, source: 192.168.1.0/24, destination: 0.0.0.0/0, source-port: 5000, destination-port: 53 }
    loss-percent: 10
    delay-ms: 20
    jitter-ms: 5
    reorder-percent: 1
    reorder-behind: 2
    reorder-hold-ms: 50
    duplicate-percent: 1
    corrupt-percent: 0.1
    rate-kbit: 1000
    queue-ms: 100
    edits:
      - { flow: "*", index: 3, action: drop }
      - { flow: "udp 192.168.1.10:* > 198.51.100.4:53 #1", index: 2, action: delay, delay-ms: 30 }
  - { at-ms: 2000, until-ms: 2500, fault: link-down, link: "node-1:eth0" }
  - { at-ms: 2500, until-ms: 3000, fault: partition, nodes: [node-2, lan-a] }
  - { at-ms: 3000, until-ms: 3500, fault: node-death, node: home-a, carrier: lost }
  - { at-ms: 3500, until-ms: 4000, fault: node-pause, node: node-2 }
  - { at-ms: 4500, fault: node-reboot, node: node-2 }
  - { at-ms: 6000, fault: process-kill, node: upstream, service: zebra, signal: SIGTERM }
  - { at-ms: 6000, fault: agent-clock, node: node-1, ahead-ms: 3600000, rate: 2 }
  - { at-ms: 6000, fault: disk-full, node: node-1, folder: /run }
  - { at-ms: 7000, leave: blue/node-2 }
  - { at-ms: 8000, join: blue/node-2 }
  - { at-ms: 9000, leave: blue }`,
  expectations: `expectations:
  - { from: internet, to: blue/blue-1, service: tcp/80, survives: [process], within-ms: 3000 }
  - { from: internet, to: blue/blue-1, family: ipv4, reachable: false }`,
};

interface Key {
  /** `nodes.NAME.nics.NAME.ipv4`, `resources[]`. */
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Every key within a schema; a map's own keys are names, a list's entries are `[]`. */
function keysOf(schema: JsonSchema, path: string): Key[] {
  const required = (schema["required"] ?? []) as readonly string[];
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const at = path === "" ? key : `${path}.${key}`;
    return [{ path: at, schema: inner, required: required.includes(key) }, ...keysOf(inner, at)];
  });
  const named = typeof schema.additionalProperties === "object" ? keysOf(schema.additionalProperties, `${path}.NAME`) : [];
  return [...own, ...named, ...(schema.items === undefined ? [] : keysOf(schema.items, `${path}[]`))];
}

function valueText({ schema }: Key): string {
  if (Array.isArray(schema["enum"])) return (schema["enum"] as string[]).map((choice) => `\`${choice}\``).join(", ");
  if (schema["const"] !== undefined) return `\`${JSON.stringify(schema["const"])}\``;
  if (schema["minimum"] !== undefined) return `${String(schema["minimum"])} to ${String(schema["maximum"])}`;
  const examples = (schema["examples"] ?? schema.items?.["examples"]) as readonly string[] | undefined;
  const kinds: Readonly<Record<string, string>> = { object: "a map", array: "a list", boolean: "`true` or `false`", string: "text" };
  const kind = kinds[String(schema["type"])] ?? "";
  if (examples === undefined) return schema["pattern"] === undefined ? kind : "a name";
  return `${schema["type"] === "array" ? "a list, of such as " : "such as "}${examples.map((text) => `\`${text}\``).join(" or ")}`;
}

/** What a key is for comes before the first semicolon; what a value of its kind must be is told by the loader. */
const purpose = ({ schema }: Key): string => String(schema["description"] ?? "").split("; ")[0] ?? "";

function section(key: string, all: readonly Key[]): string[] {
  const [own, ...inner] = all.filter(({ path }) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`));
  if (own === undefined) throw new Error(`the schema has no ${key}`);
  const rows = inner.map(
    (one) =>
      `| \`${one.path.slice(key.length).replace(/^\./, "")}\` | ${one.required ? "yes" : ""} | ${valueText(one)} | ${purpose(one)} |`,
  );
  const table = rows.length === 0 ? [] : ["", "| key | needed | value | what it is |", "| --- | --- | --- | --- |", ...rows];
  const text = `${purpose(own)[0]?.toUpperCase() ?? ""}${purpose(own).slice(1)}.${own.required ? "" : " May be left out."}`;
  return [`## \`${key}\``, "", text, "", "```yaml", example[key] ?? "", "```", ...table, ""];
}

function documentation(): string {
  const schema = farmFileJsonSchema();
  const keys = keysOf(schema, "");
  const head = `# The farm file

A farm file is YAML: what there is, not how it is configured. Everything else (addresses, names, ports, routes, rules, peers) is derived;
\`farmlab plan FILE\` shows it. \`farmlab init\` writes a file to start from, \`farmlab check FILE\` judges one. Keys that are not
named here are errors, with the nearest known one as a hint. The JSON Schema for editors is \`core/farm/farm.schema.json\`.

- Names of nodes, segments, routers and hosts share one space: 1 to 20 of a-z, 0-9 and hyphens.
- An address with its prefix length is an interface's (\`192.0.2.10/24\`), one without is a single address. Put IPv6 addresses in quotes:
  YAML takes a colon at the end of a word for a key.
- \`NAME\` below stands for a name of your choice, \`[]\` for each entry of a list.
- Networks of another kind than \`exit-node\` cannot be asked for yet.

Of the examples below every one is a part of the same farm.

## What carries a network

The \`overlay\` of a network is what joins its parts on different nodes. Addresses, routes and rules are the same with each.

- \`wireguard\`, where nothing is said: encrypted; reaches hidden nodes too, over a node that can be reached where two are hidden.
  Packets within the network have 1420 bytes.
- \`vxlan\`: not encrypted, and cheaper for that. All nodes of the network need a public address of one family, IPv4 where all have it. Each
  node takes the network's packets (UDP port 4789) from the network's other nodes only. Its identifier is the allocation's number followed by
  the 16 bits of the exit point's prefix, so that no two networks have the same one. Packets have 1450 bytes over IPv4, 1430 over IPv6.
- \`segment\`: over an Ethernet of the farm, named by \`segment\`, on which each of the nodes has a NIC without address that does nothing
  else; hidden nodes can be among them. It is like a VLAN: several networks can share a segment, and each takes frames from its own nodes
  only, by their MAC addresses; no tags are used, so that any switch will do. Not encrypted; packets have 1500 bytes.

## What keeps networks apart

Networks reach each other by global addresses as the internet reaches them, and never by private or link-local ones. The exit node's gateway
sees to that in one of two ways, which its \`isolation\` chooses:

- \`filter\`, where nothing is said: one routing table for all networks, and rules on what is forwarded between them.
- \`vrf\`: a routing table for each network, in which others' private addresses are unreachable, and none of these rules. Each is a namespace
  of its own between gateway and exit point; packets within the gateway take one routing step more.
`;
  const sections = Object.keys(schema.properties ?? {}).flatMap((key) => section(key, keys));
  return `${[head, ...sections].join("\n").trimEnd()}\n`;
}

describe("docs/farm-file.md", () => {
  it("says what the schema says", async () => {
    await expect(documentation()).toMatchFileSnapshot("../../docs/farm-file.md");
  });

  it("names a purpose for every key", () => {
    const without = keysOf(farmFileJsonSchema(), "").filter((key) => purpose(key) === "");
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  it("shows examples that are a farm, with every key of the schema in it", () => {
    const text = `${Object.values(example).join("\n")}\n`;
    const loaded = loadFarm(text, "docs/farm-file.md");
    expect(loaded.problems).toEqual([]);
    const last = keysOf(farmFileJsonSchema(), "").map(({ path }) => path.split(/[.[]/).findLast((step) => /^[a-z]/.test(step)) ?? "");
    expect([...new Set(last)].filter((key) => !new RegExp(`\\b${key}:`).test(text))).toEqual([]);
  });
});
