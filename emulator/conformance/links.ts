/** Links, addresses, routes and bridges. */
import assert from "node:assert/strict";
import { seededMac } from "../../core/common/index.ts";
import type { ConformanceCase } from "./case.ts";
import { pingArguments, refused, said, silenceWaitS } from "./case.ts";
import { addressesOn, chainOver, linkOf, nodeOf, pair } from "./sketches.ts";

const forwarding = { "net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1" };

export const linkCases: readonly ConformanceCase[] = [
  {
    name: "passes full-size packets on both families, and nothing larger than the link's MTU",
    async check({ up }) {
      for (const mtu of [1500, 1400, 9000]) {
        const lab = await up({ ...pair, links: [linkOf("left:eth1", "right:eth1", mtu)] });
        const left = lab.node("left");
        for (const to of ["10.0.0.2", "2001:db8::2"]) {
          await said(left, pingArguments(to, mtu));
          await refused(left, pingArguments(to, mtu + 1, silenceWaitS));
        }
        for (const name of ["left", "right"]) assert.equal(await said(lab.node(name), ["cat", "/sys/class/net/eth1/mtu"]), String(mtu));
        await lab.down();
      }
    },
  },
  {
    name: "gives interfaces the MAC addresses of its seed, and checksums as on a wire",
    async check({ up }) {
      const lab = await up(pair);
      for (const name of ["left", "right"]) {
        const node = lab.node(name);
        assert.equal(await said(node, ["cat", "/sys/class/net/eth1/address"]), seededMac(lab.topology.seed, name, "eth1"));
        const features = await said(node, ["ethtool", "-k", "eth1"]);
        for (const feature of ["tx-checksumming", "rx-checksumming", "generic-segmentation-offload", "tx-tcp-segmentation"])
          assert.match(features, new RegExp(`^\\s*${feature}: off`, "m"));
      }
    },
  },
  {
    name: "has no interface but those of its links, and loopback",
    async check({ up }) {
      const lab = await up(pair);
      for (const name of ["left", "right"])
        assert.equal(await said(lab.node(name), ["sh", "-c", "ls /sys/class/net | sort | tr '\\n' ' '"]), "eth1 lo");
      assert.equal(await said(lab.node("left"), ["ip", "route", "show", "default"]), "");
      assert.equal(await said(lab.node("left"), ["ip", "-6", "route", "show", "default"]), "");
    },
  },
  {
    name: "holds several addresses of both families on an interface, and routes between links",
    async check({ up }) {
      const lab = await up({
        nodes: [
          nodeOf("near", {
            ...addressesOn("eth1", "10.1.0.2/24", "10.1.0.3/24", "2001:db8:1::2/64", "fd00::2/64"),
            routes: [
              { family: 4, to: "default", via: "10.1.0.1" },
              { family: 6, to: "default", via: "2001:db8:1::1" },
            ],
          }),
          nodeOf("router", {
            sysctls: { ...forwarding, "net/ipv6/conf/all/accept_dad": "0", "net/ipv6/conf/default/accept_dad": "0" },
            addresses: [
              { interface: "eth1", address: "10.1.0.1/24" },
              { interface: "eth1", address: "2001:db8:1::1/64" },
              { interface: "eth2", address: "10.2.0.1/24" },
              { interface: "eth2", address: "2001:db8:2::1/64" },
            ],
            routes: [{ family: 4, to: "10.3.0.0/16", type: "unreachable" }],
          }),
          nodeOf("far", {
            ...addressesOn("eth1", "10.2.0.2/24", "2001:db8:2::2/64"),
            routes: [
              { family: 4, to: "default", via: "10.2.0.1" },
              { family: 6, to: "default", via: "2001:db8:2::1" },
            ],
          }),
        ],
        links: [linkOf("near:eth1", "router:eth1"), linkOf("far:eth1", "router:eth2")],
      });
      const near = lab.node("near");
      for (const to of ["10.2.0.2", "2001:db8:2::2"]) await said(near, pingArguments(to));
      const list = await said(near, ["ip", "-o", "address", "show", "eth1"]);
      for (const address of ["10.1.0.2/24", "10.1.0.3/24", "2001:db8:1::2/64", "fd00::2/64"]) assert.ok(list.includes(address), list);
      assert.match((await refused(near, pingArguments("10.3.0.1"))).stdout, /Destination (Net|Host) Unreachable/);
    },
  },
  {
    name: "forwards through a bridge inside a node",
    async check({ up }) {
      const lab = await up(chainOver("switch", { bridges: [{ name: "br0", ports: ["eth1", "eth2"] }] }, false));
      for (const to of ["10.0.0.2", "2001:db8::2"]) await said(lab.node("left"), pingArguments(to, 1500));
    },
  },
  {
    name: "filters and translates by a node's nft ruleset",
    async check({ up }) {
      const [left, right] = pair.nodes;
      assert.ok(left !== undefined && right !== undefined);
      const nft = "table ip guard {\n  chain input {\n    type filter hook input priority 0;\n    icmp type echo-request drop\n  }\n}\n";
      const lab = await up({ ...pair, nodes: [left, { ...right, config: { ...right.config, nft } }] });
      await refused(lab.node("left"), pingArguments("10.0.0.2", 84, silenceWaitS));
      await said(lab.node("left"), pingArguments("2001:db8::2"));
      assert.match(await said(lab.node("right"), ["nft", "list", "ruleset"]), /echo-request drop/);
    },
  },
];
