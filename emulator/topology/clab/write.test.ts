import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectValue, formatProblem } from "../../../core/common/index.ts";
import {
  macOf,
  readClab,
  writeClab,
  splitWords,
  joinWords,
  type Bind,
  type Topology,
  type TopologyNode,
  type WriteClabOptions,
} from "../index.ts";

const options: WriteClabOptions = { image: "farmlab/node:1", programs: { folder: "/programs" }, state: "none" };
const read = (text: string): Topology => expectValue(readClab(text, "x.clab.yml", { environment: {}, folder: "/labs", seed: 3 }));

const capabilities = ["NET_ADMIN", "NET_RAW", "SYS_ADMIN", "IPC_LOCK", "SYS_NICE"];
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string(),
  fc.constantFrom("no", "0x10", "1:20", "~", "$HOME", "${X:=y}", "{{.}}", "a: b", "# c", "\u2028\u0085\ufffd"),
);
const named = text.filter((value) => value !== "");
const key = named.filter((value) => value !== "__proto__" && value !== "farmlab-role");
const map = fc.dictionary(key, text, { maxKeys: 3, minKeys: 1 });
const path = fc
  .array(
    fc.stringMatching(/^[a-z0-9 .$-]{1,8}$/).filter((part) => part !== ".."),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => `/${parts.join("/")}`);
const bind: fc.Arbitrary<Bind> = fc.record({ source: path, target: path, readOnly: fc.boolean() });
const line = fc.array(fc.oneof(text, fc.constant("__clabNodeName__")), { minLength: 1, maxLength: 3 }).map(joinWords);
const optional = { requiredKeys: [] };
const linux = fc.record({
  role: named,
  sysctls: fc.constantFrom({}, { "net/ipv4/ip_forward": "1", "net/ipv4/conf/default/rp_filter": "0" }),
  container: fc.record(
    {
      image: named,
      command: named,
      environment: map,
      labels: map,
      binds: fc.uniqueArray(bind, { minLength: 1, maxLength: 3, selector: ({ target }) => target }),
      exec: fc.uniqueArray(line, { minLength: 1, maxLength: 3 }),
      capAdd: fc.uniqueArray(fc.constantFrom("SYS_PTRACE", "NET_RAW", "MKNOD"), { minLength: 1 }),
    },
    optional,
  ),
});
const plugs = fc.array(
  fc.record({
    near: fc.nat(),
    far: fc.nat(),
    mtu: fc.option(fc.integer({ min: 1280, max: 9500 })),
    mac: fc.option(fc.constantFrom("02:00:00:00:00:01")),
  }),
  { maxLength: 6 },
);

/** Of every third node a bridge; interfaces are numbered by their links. */
const topologies: fc.Arbitrary<Topology> = fc
  .record({ nodes: fc.array(linux, { minLength: 1, maxLength: 5 }), plugs })
  .map(({ nodes, plugs: all }) => {
    const names = nodes.map((_, index) => (index % 3 === 2 ? `br${index}` : `Node.${index}_x-`));
    const links = all.map(({ near, far, mtu, mac }, index) => ({
      name: `${names[near % names.length]}:a${index}`,
      endpoints: [
        { node: names[near % names.length] ?? "", interface: `a${index}`, ...(mac === null ? {} : { mac }) },
        { node: names[far % names.length] ?? "", interface: `b${index}` },
      ] as const,
      ...(mtu === null ? {} : { mtu }),
    }));
    const portsOf = (name: string): string[] =>
      links.flatMap((link) => link.endpoints.filter(({ node }) => node === name).map((end) => end.interface));
    return {
      name: "t",
      seed: 3,
      nodes: nodes.map(({ role, sysctls, container }, index): TopologyNode => {
        const name = names[index] ?? "";
        if (index % 3 === 2) return { name, role, kind: "bridge", init: false, config: { bridges: [{ name, ports: portsOf(name) }] } };
        return { name, role, init: true, config: Object.keys(sysctls).length === 0 ? {} : { sysctls }, container };
      }),
      links,
    };
  });

/** The topology with what the file's defaults say of its nodes, and everything stated. */
function stated(topology: Topology): Topology {
  const programs: Bind = { source: "/programs", target: "/usr/lib/farmlab", readOnly: true };
  const order = (bind: Bind): string => `${bind.source}:${bind.target}`;
  return {
    ...topology,
    nodes: topology.nodes.map((node) => {
      if (node.kind === "bridge") return node;
      const given = node.container ?? {};
      const container = {
        ...given,
        image: given.image ?? "farmlab/node:1",
        command: given.command ?? "/usr/lib/farmlab/native init",
        binds: [programs, ...(given.binds ?? [])].toSorted((one, other) => (order(one) < order(other) ? -1 : 1)),
        capAdd: [...new Set([...capabilities, ...(given.capAdd ?? [])])],
      };
      return { ...node, container };
    }),
    links: topology.links.map(({ name, endpoints: [near, far], mtu = 1500 }) => ({
      name,
      endpoints: [
        { ...near, mac: macOf(3, near) },
        { ...far, mac: macOf(3, far) },
      ],
      mtu,
    })),
  };
}

describe("writeClab", () => {
  it("what is written reads as the same topology", () => {
    fc.assert(
      fc.property(topologies, (topology) => {
        expect(read(writeClab(topology, options))).toEqual(stated(topology));
      }),
    );
  });

  it("holds nothing that containerlab would replace, but for the one variable", () => {
    fc.assert(
      fc.property(topologies, (topology) => {
        const written = writeClab(topology, { ...options, programs: { folder: "/p", variable: "PROGRAMS" } });
        expect(written.match(/\$[^\n]*|\{\{/g)).toEqual(['${PROGRAMS:=/p}:/usr/lib/farmlab:ro"']);
      }),
    );
  });

  it("writes state as commands whose words are the data", () => {
    const node: TopologyNode = {
      name: "n",
      role: "host",
      init: true,
      config: {
        sysctls: {
          "net/ipv4/ip_forward": "1",
          "net/ipv6/conf/eth1/accept_ra": "0",
          "net/bridge/bridge-nf-call-iptables?": "0",
          "net/ipv6/conf/all/disable_ipv6": "1",
        },
        bridges: [{ name: "br0", ports: ["eth1"] }],
        addresses: [{ interface: "br0", address: "2001:db8::1/64" }],
        routes: [
          { family: 6, to: "default", via: "fe80::1", interface: "br0", onlink: true },
          { family: 4, to: "10.0.0.0/8", type: "unreachable" },
        ],
        nft: "table ip t { }\n",
        files: { "/etc/it's here": "$x\n", "/etc/empty": "", "/etc/long": "é".repeat(100_000) },
        services: [{ name: "s", argv: ["/bin/sh", "-c", 'exec "$0"'], environment: { A: "b c" }, restart: "never", readyPath: "/run/s" }],
      },
    };
    const text64 = (content: string): string => Buffer.from(content).toString("base64");
    const long = text64("é".repeat(100_000));
    const written = read(
      writeClab(
        {
          name: "t",
          seed: 3,
          nodes: [node],
          links: [
            {
              name: "l",
              endpoints: [
                { node: "n", interface: "eth1" },
                { node: "n", interface: "eth2" },
              ],
            },
          ],
        },
        { ...options, state: "exec" },
      ),
    );
    expect(written.nodes[0]?.config).toEqual({ sysctls: { "net/ipv4/ip_forward": "1" } });
    const off = "tx off rx off sg off tso off gso off gro off";
    expect(written.nodes[0]?.container?.exec?.map(splitWords)).toEqual([
      ["sh", "-c", "if mountpoint -q /proc/sys; then mount -o remount,rw /proc/sys; fi"],
      "sysctl -q -w net/ipv6/conf/eth1/accept_ra=0 net/ipv6/conf/all/disable_ipv6=1".split(" "),
      "sysctl -q -e -w net/bridge/bridge-nf-call-iptables=0".split(" "),
      `ethtool -K eth1 ${off}`.split(" "),
      `ethtool -K eth2 ${off}`.split(" "),
      `ip link add name br0 address ${macOf(3, { node: "n", interface: "br0" })} type bridge stp_state 0 forward_delay 0`.split(" "),
      "ip link set dev br0 up".split(" "),
      "ip link set dev eth1 master br0 up".split(" "),
      "ip address add 2001:db8::1/64 dev br0 nodad".split(" "),
      "ip -6 route add default via fe80::1 dev br0 onlink proto static".split(" "),
      "ip -4 route add unreachable 10.0.0.0/8 proto static".split(" "),
      ["/usr/lib/farmlab/native", "write", "new", "600", "/run/farmlab/ruleset.nft", text64("table ip t { }\n")],
      ["nft", "-f", "/run/farmlab/ruleset.nft"],
      ["/usr/lib/farmlab/native", "write", "new", "644", "/etc/it's here", text64("$x\n")],
      ["/usr/lib/farmlab/native", "write", "new", "644", "/etc/empty", ""],
      ...[long.slice(0, 98304), long.slice(98304, 2 * 98304), long.slice(2 * 98304)].map((part, index) => [
        ...["/usr/lib/farmlab/native", "write", index === 0 ? "new" : "more", "644", "/etc/long", part],
      ]),
      ["/usr/lib/farmlab/native", "start", "/run/s", "s", "never", "", "1", "A=b c", "/bin/sh", "-c", 'exec "$0"'],
    ]);
  });
});

describe("XC-6 any text gives a topology or an error with line, column and hint", () => {
  const words = fc.constantFrom(
    ...[
      "name: t",
      "topology:",
      "nodes:",
      "links:",
      "n1:",
      "kind: linux",
      "endpoints:",
      '["n1:e1", "n2:e1"]',
      "type: veth",
      "mtu: 1500",
      "exec:",
      "binds:",
      "- ",
    ],
    ...[
      "\n",
      "\n  ",
      "\n    ",
      "{",
      "}",
      "[",
      "]",
      ", ",
      ": ",
      "<<: ",
      "&a ",
      "*a",
      "$X",
      "${X",
      "{{",
      "~",
      "|",
      "!t ",
      "\t",
      "%",
      "---\n",
    ],
  );
  const judge = (source: string): void => {
    const outcome = readClab(source, "x", { environment: { X: "n1:\n y" }, folder: "/", seed: 1 });
    expect(outcome.ok).toBe(!outcome.problems.some(({ severity }) => severity === "error"));
    for (const problem of outcome.problems) {
      expect([problem.hint ?? "", problem.message]).not.toContain("");
      expect(problem.place?.line).toBeGreaterThanOrEqual(1);
      expect(problem.place?.column).toBeGreaterThanOrEqual(1);
      expect(formatProblem(problem, { color: false })).not.toBe("");
    }
  };

  it("any text", () => fc.assert(fc.property(fc.string({ unit: "binary" }), judge)));
  it("any bytes", () => fc.assert(fc.property(fc.uint8Array(), (bytes) => judge(new TextDecoder().decode(bytes)))));
  it("text that looks like a topology", () =>
    fc.assert(
      fc.property(
        fc.array(words, { maxLength: 60 }).map((all) => all.join("")),
        judge,
      ),
      { numRuns: 500 },
    ));
  it("a topology with any character changed", () => {
    const good = writeClab({ name: "t", seed: 1, nodes: [{ name: "n1", role: "host", init: true, config: {} }], links: [] }, options);
    fc.assert(
      fc.property(fc.nat(good.length), fc.string({ maxLength: 2 }), (at, change) => judge(good.slice(0, at) + change + good.slice(at + 1))),
      { numRuns: 500 },
    );
  });
});
