/** DPDK in a node, over the two drivers that need no hardware. */
import assert from "node:assert/strict";
import type { NodeConfig, ServiceSpec } from "../topology/index.ts";
import type { ConformanceCase } from "./case.ts";
import { eventually, pingArguments, said } from "./case.ts";
import { chainOver, nodeOf } from "./sketches.ts";

/** testpmd ends with its standard input, hence the tail in front of it; without hugepages and without PCI. */
function testpmd(devices: readonly string[], forward: string): ServiceSpec {
  const eal = ["--no-huge", "-m", "256", "--no-pci", "--no-telemetry", "--no-shconf", "-l", "0-1"];
  const argv = ["dpdk-testpmd", ...eal, ...devices.flatMap((device) => ["--vdev", device])];
  const own = ["--", "--total-num-mbufs=4096", `--forward-mode=${forward}`, "--auto-start", "--stats-period=1"];
  return {
    name: "testpmd",
    argv: ["sh", "-c", 'tail -f /dev/null | exec "$@"', "testpmd", ...argv, ...own],
    restart: "never",
  };
}

const silent: NodeConfig = { sysctls: { "net/ipv6/conf/all/disable_ipv6": "1", "net/ipv6/conf/default/disable_ipv6": "1" } };

export const dataplaneCases: readonly ConformanceCase[] = [
  {
    name: "forwards packets through DPDK's testpmd over net_af_packet",
    async check({ up }) {
      const service = testpmd(["net_af_packet0,iface=eth1", "net_af_packet1,iface=eth2"], "io");
      const lab = await up(chainOver("forwarder", { ...silent, services: [service] }, true));
      for (const to of ["10.0.0.2", "2001:db8::2"])
        await eventually(`a packet to ${to} through testpmd`, async () => void (await said(lab.node("left"), pingArguments(to))));
    },
  },
  {
    name: "lets DPDK's testpmd make an interface with net_tap",
    async check({ up }) {
      const lab = await up({ nodes: [nodeOf("node", { services: [testpmd(["net_tap0,iface=dtap0"], "rxonly")] }, true)], links: [] });
      const node = lab.node("node");
      await eventually("testpmd to make dtap0", async () => void (await said(node, ["ip", "link", "show", "dtap0"])));
      await said(node, ["ip", "address", "add", "10.7.0.1/24", "dev", "dtap0"]);
      await eventually("testpmd to count a packet", async () => {
        await node.exec(["ping", "-c1", "-W1", "10.7.0.2"]);
        const counted = await said(node, ["sh", "-c", "grep -o 'RX-packets: *[0-9]*' /var/log/farmlab/testpmd.log | tail -n1"]);
        assert.match(counted, /[1-9]/);
      });
    },
  },
];
