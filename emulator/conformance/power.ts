/** A node's power: frozen, off, on again. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { Lab } from "../lab.ts";
import type { ServiceSpec } from "../topology/index.ts";
import type { ConformanceCase, Sketch } from "./case.ts";
import { eventually, pingArguments, refused, said, silenceWaitS } from "./case.ts";
import { addressesOn, linkOf, nodeOf, pair } from "./sketches.ts";

const counter: ServiceSpec = {
  name: "counter",
  argv: ["sh", "-c", "i=0; while :; do i=$((i+1)); echo $i >/run/count; sleep 0.01; done"],
  restart: "always",
  readyPath: "/run/count",
};

const router: Sketch = {
  nodes: [
    nodeOf("left", { ...addressesOn("eth1", "10.1.0.2/24"), routes: [{ family: 4, to: "default", via: "10.1.0.1" }] }),
    nodeOf("right", { ...addressesOn("eth1", "10.2.0.2/24"), routes: [{ family: 4, to: "default", via: "10.2.0.1" }] }),
    nodeOf(
      "middle",
      {
        sysctls: { "net/ipv4/ip_forward": "1", "net/ipv6/conf/default/addr_gen_mode": "1" },
        bridges: [{ name: "br0", ports: ["eth1"] }],
        addresses: [
          { interface: "br0", address: "10.1.0.1/24" },
          { interface: "eth2", address: "10.2.0.1/24" },
        ],
        nft: "table ip t {\n  chain c {\n    type filter hook forward priority 0;\n  }\n}\n",
        files: { "/etc/provided": "first\n", "/run/provided": "memory\n" },
        services: [counter],
      },
      true,
    ),
  ],
  links: [linkOf("left:eth1", "middle:eth1"), linkOf("right:eth1", "middle:eth2")],
};

const count = async (lab: Lab): Promise<number> => Number(await readFile(lab.node("middle").hostPath("/run/count"), "utf8"));
const carrier = (lab: Lab): Promise<string> => said(lab.node("right"), ["cat", "/sys/class/net/eth1/carrier"]);

async function isAsAtFirst(lab: Lab): Promise<void> {
  await said(lab.node("left"), pingArguments("10.2.0.2"));
  const middle = lab.node("middle");
  assert.equal(await said(middle, ["sysctl", "-n", "net.ipv4.ip_forward"]), "1");
  assert.equal(await said(middle, ["sh", "-c", "ls /sys/class/net | sort | tr '\\n' ' '"]), "br0 eth1 eth2 lo");
  assert.match(await said(middle, ["nft", "list", "ruleset"]), /hook forward/);
  assert.equal(await said(middle, ["cat", "/run/provided"]), "memory");
  await eventually("the daemon to count", async () => assert.ok((await count(lab)) > 0));
}

export const powerCases: readonly ConformanceCase[] = [
  {
    name: "ends what a node's namespaces have on its links with the node, and not when the kernel comes to it",
    async check({ up }) {
      const lab = await up(router);
      const middle = lab.node("middle");
      const commands = [
        "netns add inner",
        "link add upper link eth2 type macvlan mode bridge",
        "link set upper netns inner",
        "-n inner link set upper up",
        "-n inner address add 10.2.0.9/24 dev upper",
      ];
      for (const command of commands) await said(middle, ["ip", ...command.split(" ")]);
      await said(lab.node("right"), pingArguments("10.2.0.9"));
      await middle.powerOff();
      await middle.powerOn();
      await refused(lab.node("right"), pingArguments("10.2.0.9", 84, silenceWaitS));
      await isAsAtFirst(lab);
    },
  },
  {
    name: "starts a node again as a machine: links, disk and configuration are there, memory is empty, traffic passes",
    async check({ up }) {
      const lab = await up(router);
      await isAsAtFirst(lab);
      const middle = lab.node("middle");
      const look = ["sh", "-c", "cat /sys/class/net/eth1/address /sys/class/net/eth2/address"];
      const addresses = await said(middle, look);
      await said(middle, ["sh", "-c", "echo mine >/etc/provided; echo kept >/var/kept; echo lost >/run/lost; echo lost >/tmp/lost"]);
      for (const argv of [
        ["ip", "netns", "add", "blue"],
        ["ip", "address", "add", "10.9.9.9/32", "dev", "lo"],
        ["ip", "route", "add", "unreachable", "10.8.0.0/16"],
        ["nft", "add", "table", "ip", "extra"],
        ["ip", "link", "add", "name", "inner", "type", "bridge"],
      ])
        await said(middle, argv);
      await middle.reboot();
      await isAsAtFirst(lab);
      assert.equal(await said(middle, look), addresses);
      assert.equal(await said(middle, ["cat", "/etc/provided", "/var/kept"]), "mine\nkept");
      await refused(middle, ["sh", "-c", "cat /run/lost || cat /tmp/lost"]);
      assert.equal(await said(middle, ["ls", "/run/netns"]), "");
      assert.doesNotMatch(await said(middle, ["ip", "address"]), /10\.9\.9\.9/);
      assert.doesNotMatch(await said(middle, ["ip", "route"]), /10\.8/);
      assert.doesNotMatch(await said(middle, ["nft", "list", "ruleset"]), /extra/);
    },
  },
  {
    name: "switches a node off: nothing of it runs or answers, and its neighbours' links have no carrier",
    async check({ up }) {
      const lab = await up(router);
      const middle = lab.node("middle");
      assert.equal(await carrier(lab), "1");
      await middle.powerOff();
      await middle.powerOff();
      assert.equal((await middle.exec(["true"])).code, 125);
      assert.equal(await carrier(lab), "0");
      await refused(lab.node("left"), pingArguments("10.1.0.1", 84, silenceWaitS));
      await middle.powerOn();
      await middle.powerOn();
      assert.equal(await carrier(lab), "1");
      await isAsAtFirst(lab);
    },
  },
  {
    name: "starts nodes again many times, of either kind",
    async check({ up }) {
      const lab = await up(pair);
      for (let round = 0; round < 3; round += 1) {
        for (const name of ["left", "right"]) await lab.node(name).reboot();
        for (const to of ["10.0.0.2", "2001:db8::2"]) await said(lab.node("left"), pingArguments(to));
      }
    },
  },
  {
    name: "freezes a node: no program takes a step until it goes on, its kernel answers",
    async check({ up }) {
      const lab = await up(router);
      const middle = lab.node("middle");
      await eventually("the daemon to count", async () => assert.ok((await count(lab)) > 5));
      await middle.pause();
      await middle.pause();
      const frozen = await count(lab);
      for (let echo = 0; echo < 5; echo += 1) await said(lab.node("left"), pingArguments("10.1.0.1"));
      assert.equal(await count(lab), frozen);
      await middle.resume();
      await middle.resume();
      await eventually("the daemon to go on", async () => assert.ok((await count(lab)) > frozen));
    },
  },
];
