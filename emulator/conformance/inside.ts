/** What programs may do inside a node: namespaces, kernel settings, TUN devices, raw sockets. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConformanceCase } from "./case.ts";
import { pingArguments, refused, said } from "./case.ts";
import { nativeInLab, programsFolder } from "../topology/index.ts";
import { nodeOf, pair } from "./sketches.ts";

const nodeInLab = `${programsFolder}/node`;
const inner = "inner";

/** Answers one datagram; whoever is asked and whoever asks has 10 s for it on a busy machine. */
const answersOne = `
const socket = require("node:dgram").createSocket("udp6");
socket.once("message", (data, { port, address }) => socket.send("heard", port, address, () => process.exit()));
socket.bind(2, "fd08::2");
setTimeout(() => process.exit(), 10_000);
`;

/**
 * Sends datagrams from port 1 of fd08::1 to port 2 of fd08::2, which may only begin to listen, until one is answered, and prints the answer. With
 * these two bytes in it their checksum comes out as zero (RFC 768: sent as ones): the words fd08, 1, fd08, 2, length 10 twice, protocol 17, and
 * the ports 1 and 2 make up the rest.
 */
const asksWithZero = `
const words = [0xfd08, 1, 0xfd08, 2, 10, 10, 17, 1, 2];
let sum = words.reduce((total, word) => total + word);
while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
const payload = Buffer.from([(0xffff - sum) >> 8, (0xffff - sum) & 0xff]);
const socket = require("node:dgram").createSocket("udp6");
socket.once("message", (data) => process.stdout.write(data, () => process.exit()));
socket.bind(1, "fd08::1", () => setInterval(() => socket.send(payload, 2, "fd08::2", () => undefined), 50));
setTimeout(() => process.exit(), 10_000);
`;

export const insideCases: readonly ConformanceCase[] = [
  {
    name: "lets a node make network namespaces of its own, and runs programs in them",
    async check({ up }) {
      const lab = await up(pair);
      const node = lab.node("right");
      const commands = [
        "netns add blue",
        "link add name inner type veth peer name eth0 netns blue",
        "link set inner up",
        "address add 10.9.0.1/30 dev inner",
        "-n blue link set lo up",
        "-n blue link set eth0 up",
        "-n blue address add 10.9.0.2/30 dev eth0",
        "-n blue route add default via 10.9.0.1",
      ];
      for (const command of commands) await said(node, ["ip", ...command.split(" ")]);
      await said(node, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
      await said(lab.node("left"), ["ip", "route", "add", "10.9.0.0/30", "via", "10.0.0.2"]);
      await said(node, pingArguments("10.0.0.1"), "blue");
      await said(lab.node("left"), pingArguments("10.9.0.2"));
      assert.equal((await node.exec(["true"], { namespace: "green" })).code, 125);
    },
  },
  {
    name: "keeps kernel settings of a node's network apart from those of others",
    async check({ up }) {
      const lab = await up({
        nodes: [nodeOf("one", { sysctls: { "net/ipv4/ip_forward": "1", "net/no/such?": "1" } }), nodeOf("two", {}, true)],
        links: [],
      });
      assert.equal(await said(lab.node("one"), ["sysctl", "-n", "net.ipv4.ip_forward"]), "1");
      assert.equal(await said(lab.node("two"), ["sysctl", "-n", "net.ipv4.ip_forward"]), "0");
      await said(lab.node("two"), ["sysctl", "-qw", "net.ipv4.ip_default_ttl=33"]);
      assert.equal(await said(lab.node("two"), ["sysctl", "-n", "net.ipv4.ip_default_ttl"]), "33");
      assert.equal(await said(lab.node("one"), ["sysctl", "-n", "net.ipv4.ip_default_ttl"]), "64");
    },
  },
  {
    name: "gives nodes TUN and TAP devices",
    async check({ up }) {
      const lab = await up(pair);
      const node = lab.node("right");
      for (const mode of ["tun", "tap"]) await said(node, ["ip", "tuntap", "add", "dev", `${mode}0`, "mode", mode]);
      assert.match(await said(node, ["ip", "-d", "link", "show", "tap0"]), /tun type tap/);
    },
  },
  {
    name: "passes packets through WireGuard in user space, whatever their checksum, from another namespace than its sockets'",
    async check({ up }) {
      const init = { ...pair, nodes: pair.nodes.map((node) => ({ ...node, init: true })) };
      const lab = await up(init);
      const ends = [
        { name: "left", own: "10.8.0.1", peer: "10.8.0.2", own6: "fd08::1", peer6: "fd08::2", endpoint: "10.0.0.2" },
        { name: "right", own: "10.8.0.2", peer: "10.8.0.1", own6: "fd08::2", peer6: "fd08::1", endpoint: "10.0.0.1" },
      ];
      const keys = new Map<string, string>();
      for (const { name } of ends) {
        const node = lab.node(name);
        await said(node, ["ip", "netns", "add", inner]);
        await node.services.start({
          name: "wg0",
          argv: [nativeInLab, "tunnel", "wg0", inner],
          environment: { GOMAXPROCS: "1" },
          restart: "never",
          readyPath: "/run/wireguard/wg0.sock",
        });
        await said(node, ["sh", "-c", "umask 077; wg genkey >/run/key"]);
        keys.set(name, await said(node, ["sh", "-c", "wg pubkey </run/key"]));
      }
      for (const { name, own, peer, own6, peer6, endpoint } of ends) {
        const node = lab.node(name);
        const key = keys.get(name === "left" ? "right" : "left") ?? "";
        const settings = ["set", "wg0", "private-key", "/run/key", "listen-port", "51820", "peer", key];
        const within = (argv: readonly string[]): Promise<string> => said(node, ["ip", "netns", "exec", inner, ...argv]);
        await within(["wg", ...settings, "allowed-ips", `${peer}/32,${peer6}/128`, "endpoint", `${endpoint}:51820`]);
        await within(["ip", "address", "add", `${own}/24`, "dev", "wg0"]);
        await within(["ip", "address", "add", `${own6}/64`, "dev", "wg0", "nodad"]);
        await within(["ip", "link", "set", "wg0", "up"]);
      }
      const inside = (name: string, argv: readonly string[]): Promise<string> =>
        said(lab.node(name), ["ip", "netns", "exec", inner, ...argv]);
      await inside("left", ["ping", "-c1", "-W5", "10.8.0.2"]);
      const [answer] = await Promise.all([inside("left", [nodeInLab, "-e", asksWithZero]), inside("right", [nodeInLab, "-e", answersOne])]);
      assert.equal(answer, "heard");
      // Who is told of each link that is made ends where hundreds are.
      const listening = (await said(lab.node("left"), ["cat", "/proc/net/netlink"])).split("\n").map((line) => line.trim().split(/\s+/));
      const isToldOfLinks = ([, protocol, , groups = "0"]: readonly string[]): boolean =>
        protocol === "0" && (Number.parseInt(groups, 16) & 1) === 1;
      assert.deepEqual(listening.slice(1).filter(isToldOfLinks), []);
      assert.equal(listening.slice(1).filter(([, protocol, , groups]) => protocol === "0" && groups === "00000040").length, 1);
    },
  },
  {
    name: "lets programs send and see raw frames",
    async check({ up }) {
      const lab = await up(pair);
      const watching = lab.node("right").exec(["timeout", "5", "tcpdump", "-c1", "-nni", "eth1", "icmp6 and ip6[40] == 128"]);
      const sent = lab.node("left").exec(["ping", "-c20", "-i0.1", "-W1", "2001:db8::2"]);
      assert.match((await watching).stdout, /2001:db8::1 > 2001:db8::2: ICMP6, echo request/);
      assert.equal((await sent).code, 0);
    },
  },
  {
    name: "lets no program out: the machine's files, processes and kernel settings are not there",
    async check({ up }) {
      const lab = await up(pair);
      const folder = await mkdtemp(join(tmpdir(), "farmlab-outside-"));
      try {
        await writeFile(join(folder, "mark"), "outside");
        for (const name of ["left", "right"]) {
          const node = lab.node(name);
          await refused(node, ["cat", join(folder, "mark")]);
          await refused(node, ["cat", `/proc/1/root${folder}/mark`]);
          await refused(node, ["sh", "-c", "echo 1 >/proc/sys/kernel/sysrq"]);
          // The pattern in brackets does not find the program that looks.
          await refused(node, ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -e '[v]itest' -e '[f]armlab.ts'"]);
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  },
];
