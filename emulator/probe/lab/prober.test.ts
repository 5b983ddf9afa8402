import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "../../../core/common/index.ts";
import type { Address } from "../../../core/common/index.ts";
import { ensureRuntime } from "../../image/index.ts";
import { netnsBackend } from "../../netns/index.ts";
import type { NetnsLab } from "../../netns/index.ts";
import type { NodeConfig, Topology } from "../../topology/index.ts";
import { startProber } from "../index.ts";
import type { Prober, ProbeOutcome, ProbeProtocol, ProbeRequest } from "../index.ts";

const address = (text: string): Address => parseAddress(text)!;

/** Addresses are usable at once; errors are not rationed. A ratemask, for a ratelimit of 0 would also silence unreachable routes. */
const sysctls = {
  "net/ipv6/conf/all/accept_dad": "0",
  "net/ipv6/conf/default/accept_dad": "0",
  "net/ipv6/conf/default/dad_transmits": "0",
  "net/ipv4/icmp_ratemask": "0",
  "net/ipv6/icmp/ratelimit": "0",
};

/** `left` and `right` with a router between them that translates left's IPv4 and has no way to two prefixes. */
const host = (number: number): NodeConfig => ({
  sysctls,
  addresses: [
    { interface: "eth0", address: `10.0.${number}.2/24` },
    { interface: "eth0", address: `2001:db8:${number}::2/64` },
    { interface: "eth0", address: `2001:db8:${number}::3/64` },
  ],
  routes: [
    { family: 4, to: "default", via: `10.0.${number}.1` },
    { family: 6, to: "default", via: `2001:db8:${number}::1` },
  ],
});
const router: NodeConfig = {
  sysctls: { ...sysctls, "net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1" },
  addresses: [1, 2].flatMap((number) => [
    { interface: `eth${number}`, address: `10.0.${number}.1/24` },
    { interface: `eth${number}`, address: `2001:db8:${number}::1/64` },
  ]),
  routes: [
    { family: 4, to: "192.0.2.0/24", type: "unreachable" },
    { family: 6, to: "2001:db8:ffff::/48", type: "unreachable" },
  ],
  nft: 'table ip nat {\n  chain out {\n    type nat hook postrouting priority 100;\n    oifname "eth2" masquerade\n  }\n}\n',
};
const name = `prober-${process.pid}`;
const topology: Topology = {
  name,
  seed: 1,
  nodes: [
    { name: "left", init: false, role: "host", config: host(1) },
    { name: "router", init: false, role: "host", config: router },
    { name: "right", init: false, role: "host", config: host(2) },
  ],
  links: [
    {
      name: "one",
      endpoints: [
        { node: "left", interface: "eth0" },
        { node: "router", interface: "eth1" },
      ],
    },
    {
      name: "two",
      endpoints: [
        { node: "router", interface: "eth2" },
        { node: "right", interface: "eth0" },
      ],
    },
  ],
};

const right: Readonly<Record<4 | 6, string>> = { 4: "10.0.2.2", 6: "2001:db8:2::2" };
const protocols: readonly ProbeProtocol[] = ["icmp", "udp", "tcp"];
const families = [4, 6] as const;

let lab: NetnsLab;
let prober: Prober;

const probe = (request: Omit<ProbeRequest, "from" | "timeoutMs">): Promise<ProbeOutcome> =>
  prober.probe({ from: { namespacePath: lab.namespacePath("left") }, timeoutMs: 2000, port: 7000, ...request });

beforeAll(async () => {
  lab = await netnsBackend(await ensureRuntime()).up(topology, { name });
  prober = startProber((argv) => lab.startHelper(argv));
  for (const protocol of ["udp", "tcp"] as const) {
    for (const unspecified of ["0.0.0.0", "::"]) {
      await prober.listen({ namespacePath: lab.namespacePath("right"), protocol, address: address(unspecified), port: 7000, who: "right" });
    }
  }
});

afterAll(async () => {
  await prober.close();
  await lab.down();
});

/** Every prober of this machine with the PID namespace that it is in: what starts one stays outside of the lab's sandbox. */
function probers(): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of readdirSync("/proc").filter((one) => /^[0-9]+$/.test(one))) {
    try {
      if (readFileSync(`/proc/${name}/cmdline`, "utf8") === "/usr/lib/farmlab/native\0probe\0")
        found.set(Number(name), readlinkSync(`/proc/${name}/ns/pid`));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Longer than the deadlines of what waits meanwhile. */
const heldUpMs = 1500;

describe("a prober that is held up", () => {
  it("does not take its own delay for an answer that never came", async () => {
    const earlier = probers();
    const ours = readlinkSync(`/proc/${lab.sandboxPid}/ns/pid`);
    const own = startProber((argv) => lab.startHelper(argv));
    const ask = (to: string, timeoutMs: number): Promise<ProbeOutcome> =>
      own.probe({ from: { namespacePath: lab.namespacePath("left") }, protocol: "udp", to: address(to), port: 7000, timeoutMs });
    const ended: string[] = [];
    const silent = "2001:db8:2::99";
    try {
      const before = ask(silent, 1000).then(({ kind }) => ended.push(`asked before: ${kind}`));
      // What was asked later is answered: so the first waits already.
      expect(await ask(right[6], 2000)).toMatchObject({ kind: "reply" });
      const processes = [...probers()].filter(([pid, sandbox]) => !earlier.has(pid) && sandbox === ours).map(([pid]) => pid);
      expect(processes).toHaveLength(1);
      for (const pid of processes) process.kill(pid, "SIGSTOP");
      await pause(heldUpMs);
      for (const pid of processes) process.kill(pid, "SIGCONT");
      const after = ask(silent, 500).then(({ kind }) => ended.push(`asked after: ${kind}`));
      await Promise.all([before, after]);
      expect(ended).toEqual(["asked after: timeout", "asked before: timeout"]);
    } finally {
      await own.close();
    }
  });
});

describe("a probe between real hosts", () => {
  it("is answered, and the responder says what it saw", async () => {
    for (const protocol of ["udp", "tcp"] as const) {
      expect(await probe({ protocol, to: address(right[4]) })).toMatchObject({
        kind: "reply",
        who: "right",
        from: address(right[4]),
        seen: { source: address("10.0.2.1"), destination: address(right[4]), ttl: 63, hops: 1 },
      });
      const source = address("2001:db8:1::3");
      const from = { namespacePath: lab.namespacePath("left"), source, sourcePort: 4321 };
      const to = address("2001:db8:2::3");
      const outcome = await prober.probe({ from, protocol, to, port: 7000, timeoutMs: 2000 });
      expect(outcome).toMatchObject({ kind: "reply", from: to, seen: { source, sourcePort: 4321, destination: to, hops: 1 } });
    }
    for (const family of families) {
      expect(await probe({ protocol: "icmp", to: address(right[family]) })).toMatchObject({ kind: "reply", who: null, replyTtl: 63 });
    }
  });

  it("ends where its TTL, a route, or a closed port ends it", async () => {
    const gateways = { 4: address("10.0.1.1"), 6: address("2001:db8:1::1") };
    const nowhere = { 4: address("192.0.2.1"), 6: address("2001:db8:ffff::1") };
    for (const family of families) {
      for (const protocol of protocols) {
        const dead = await probe({ protocol, to: address(right[family]), ttl: 1 });
        expect(dead).toMatchObject({ kind: "time-exceeded", from: gateways[family] });
      }
      const lost = await probe({ protocol: "udp", to: nowhere[family] });
      expect(lost).toMatchObject({ kind: "unreachable", from: gateways[family], reason: family === 4 ? "host-unreachable" : "no-route" });
      const closed = await probe({ protocol: "udp", to: address(right[family]), port: 7001 });
      expect(closed).toMatchObject({ kind: "unreachable", reason: "port-unreachable", from: address(right[family]) });
      expect((await probe({ protocol: "tcp", to: address(right[family]), port: 7001 })).kind).toBe("refused");
    }
  });

  it("does not leave a host from an address that is not its own", async () => {
    const from = { namespacePath: lab.namespacePath("left"), source: address("2001:db8:9::9") };
    const outcome = await prober.probe({ from, protocol: "udp", to: address(right[6]), port: 7000, timeoutMs: 2000 });
    expect(outcome).toMatchObject({ kind: "local-error", errno: "EADDRNOTAVAIL" });
  });

  it.each(families)("leaves on IPv%i from an address that is another's, where it is told to", async (family) => {
    const source = address(family === 4 ? "203.0.113.99" : "2001:db8:9::9");
    const token = prober.newToken();
    const watch = await prober.watch({ namespacePath: lab.namespacePath("router"), interface: "eth1", token });
    const from = { namespacePath: lab.namespacePath("left"), source, foreign: true } as const;
    const outcome = await prober.probe({ from, protocol: "udp", to: address(right[family]), port: 7000, timeoutMs: 200, token });
    expect(outcome.kind).toBe("timeout");
    const { packets } = await watch.stop();
    expect(packets.map((packet) => [packet.direction, formatAddress(packet.source)])).toEqual([["in", formatAddress(source)]]);
  });

  it.each(families)("is answered over udp on IPv%i with as many bytes as it asks for", async (family) => {
    const token = prober.newToken();
    const watch = await prober.watch({ namespacePath: lab.namespacePath("left"), interface: "eth0", token });
    const from = { namespacePath: lab.namespacePath("left") };
    const request = { from, to: address(right[family]), port: 7000, timeoutMs: 2000, size: 200, answerSize: 900 } as const;
    expect((await prober.probe({ ...request, protocol: "udp", token })).kind).toBe("reply");
    const headers = family === 4 ? 28 : 48;
    const { packets } = await watch.stop();
    expect(packets.map(({ kind, length }) => [kind, length - headers])).toEqual([
      ["request", 200],
      ["answer", 900],
    ]);
    await expect(prober.probe({ ...request, protocol: "tcp" })).rejects.toThrow("only udp is answered with more than was sent");
  });

  it("rejects a namespace that is none", async () => {
    const from = { namespacePath: "/etc/passwd" };
    await expect(prober.probe({ from, protocol: "icmp", to: address(right[6]), timeoutMs: 100 })).rejects.toThrow(/EINVAL/);
  });

  it("is never confused with one of a thousand others under way", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        probe({ protocol: protocols[index % 3] ?? "udp", to: address(right[index % 2 === 0 ? 4 : 6]), count: 3 }),
      ),
    );
    const kinds = new Set(outcomes.map((outcome) => outcome.kind));
    expect([...kinds]).toEqual(["reply"]);
  });
});

describe("a trace", () => {
  it("shows each hop on both families", async () => {
    const from = { namespacePath: lab.namespacePath("left") };
    for (const protocol of ["icmp", "udp"] as const) {
      for (const family of families) {
        const hops = await prober.trace({ from, protocol, to: address(right[family]), port: 7000, maxHops: 8, timeoutMs: 2000 });
        expect(hops.map((hop) => [hop.ttl, hop.how, hop.from === null ? null : formatAddress(hop.from)])).toEqual([
          [1, "exceeded", family === 4 ? "10.0.1.1" : "2001:db8:1::1"],
          [2, "reply", right[family]],
        ]);
      }
    }
  });
});

describe("a watch", () => {
  it("shows one packet and its answer passing a router once, translated in between", async () => {
    const token = prober.newToken();
    const namespacePath = lab.namespacePath("router");
    const watches = await Promise.all(["eth1", "eth2"].map((port) => prober.watch({ namespacePath, interface: port, token })));
    expect((await probe({ protocol: "udp", to: address(right[4]), token })).kind).toBe("reply");
    const results = await Promise.all(watches.map((watch) => watch.stop()));
    const packets = results.flatMap((result) => result.packets).toSorted((one, other) => one.atUs - other.atUs);
    const seen = packets.map((packet) =>
      [packet.interface, packet.direction, packet.kind, formatAddress(packet.source), formatAddress(packet.destination), packet.ttl].join(
        " ",
      ),
    );
    expect(results.map((result) => result.dropped)).toEqual([0, 0]);
    expect(seen).toEqual([
      "eth1 in request 10.0.1.2 10.0.2.2 64",
      "eth2 out request 10.0.2.1 10.0.2.2 63",
      "eth2 in answer 10.0.2.2 10.0.2.1 64",
      "eth1 out answer 10.0.2.2 10.0.1.2 63",
    ]);
  });
});
