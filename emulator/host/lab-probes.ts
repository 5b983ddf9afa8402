/** What labs use of the kernel. */
import { existsSync } from "node:fs";
import { attemptInNamespace, attemptTun } from "./attempts.ts";
import type { Refusal } from "./attempts.ts";
import { attemptDropReasons } from "./attempts-tracing.ts";
import { hugepages } from "./machine.ts";
import { namespaces } from "./namespaces.ts";
import type { Finding, Probe, Surroundings } from "./probe.ts";
import { howToGetTunnels, manyTunnels } from "./tunnel-limit.ts";

const refusing = async (attempt: Promise<Refusal>): Promise<Finding> => ({ refusal: await attempt });

const link =
  (words: string) =>
  (surroundings: Surroundings): Promise<Finding> =>
    refusing(surroundings.link(words));

const inNamespace =
  (...argv: readonly string[]) =>
  ({ rootfs }: Surroundings): Promise<Finding> =>
    refusing(attemptInNamespace(rootfs, argv));

/** A device that is there is closed to ordinary users on some machines only. */
async function tun({ root }: Surroundings): Promise<Finding> {
  const refusal = await attemptTun(root);
  return { refusal, ...(!root && existsSync("/dev/net/tun") ? { how: "sudo chmod 666 /dev/net/tun" } : {}) };
}

/** By opening one with tcpdump; where there is none, by what the kernel shows of those that are open. */
async function packetSockets({ rootfs }: Surroundings): Promise<Finding> {
  const refusal = await attemptInNamespace(rootfs, ["sh", "-c", "ip link set lo up && exec tcpdump -i lo -L"]);
  return refusal !== undefined && /not found/.test(refusal) && existsSync("/proc/net/packet") ? {} : { refusal };
}

export const natRuleset =
  "add table ip probe; add chain ip probe nat { type nat hook postrouting priority 100; }; add rule ip probe nat masquerade";

const required = { area: "labs", required: true, standIn: null } as const;
const optional = { area: "labs", required: false } as const;

export const labProbes: readonly Probe[] = [
  {
    ...required,
    capability: "namespaces",
    usedFor: "the sandbox that a whole lab lives in",
    how: "run as root; where root is refused too, allow user namespaces (sysctl user.max_user_namespaces); in a container: --privileged",
    howToLook: "apt-get install util-linux, whose unshare does the looking",
    attempt: namespaces,
  },
  {
    ...required,
    capability: "veth",
    usedFor: "links between nodes",
    how: "modprobe veth",
    attempt: link("name probe-veth type veth peer name probe-peer"),
  },
  {
    ...required,
    capability: "bridge",
    usedFor: "segments and the bridges of network resources",
    how: "modprobe bridge",
    attempt: link("name probe-bridge type bridge"),
  },
  {
    ...required,
    capability: "nftables",
    usedFor: "NAT and firewall rules",
    how: "modprobe nf_tables nft_masq nft_chain_nat",
    attempt: inNamespace("nft", natRuleset),
  },
  {
    ...optional,
    capability: "tun",
    usedFor: "WireGuard in user space, where the kernel has none",
    standIn: null,
    how: "modprobe tun; in a container: --device /dev/net/tun, with mode 666",
    attempt: tun,
  },
  {
    ...optional,
    capability: "packet-sockets",
    usedFor: "captures, probes that count packets, the wire and DPDK's af_packet driver",
    standIn: null,
    how: "modprobe af_packet",
    attempt: packetSockets,
  },
  {
    ...optional,
    capability: "conntrack",
    usedFor: "following packets through NAT",
    standIn: null,
    how: "modprobe nf_conntrack_netlink",
    attempt: inNamespace("conntrack", "-L"),
  },
  {
    ...optional,
    capability: "wireguard",
    usedFor: "tunnels between network resources",
    standIn: "wireguard-go",
    how: "modprobe wireguard (Linux 5.6 or newer)",
    attempt: link("name probe-wg type wireguard"),
    choice: ["wireguard", "kernel", "wireguard-go"],
  },
  {
    ...optional,
    capability: "many-tunnels",
    usedFor: "hundreds of tunnels of wireguard-go (inotify instances)",
    standIn: "labs with fewer of them",
    how: howToGetTunnels,
    attempt: () => Promise.resolve(manyTunnels()),
  },
  {
    ...optional,
    capability: "vrf",
    usedFor: "routing tables of tenants",
    standIn: "a network namespace per tenant",
    how: "modprobe vrf",
    attempt: link("name probe-vrf type vrf table 10"),
    choice: ["vrf", "kernel", "namespaces"],
  },
  {
    ...optional,
    capability: "vlan",
    usedFor: "802.1Q interfaces",
    standIn: "VLAN filtering of the bridge",
    how: "modprobe 8021q",
    attempt: link("link lo name probe-vlan type vlan id 5"),
    choice: ["vlan", "kernel", "bridge-filtering"],
  },
  {
    ...optional,
    capability: "bridge-vlans",
    usedFor: "VLANs where there are no 802.1Q interfaces",
    standIn: null,
    how: "a kernel with CONFIG_BRIDGE_VLAN_FILTERING",
    attempt: link("name probe-vlans type bridge vlan_filtering 1"),
  },
  {
    ...optional,
    capability: "bond",
    usedFor: "two NICs as one",
    standIn: "two NICs with a failover route",
    how: "modprobe bonding",
    attempt: link("name probe-bond type bond"),
    choice: ["bond", "kernel", "failover-route"],
  },
  {
    ...optional,
    capability: "netem",
    usedFor: "delay and rate of links, which the wire makes on every host",
    standIn: "farmlab's own wire",
    how: "modprobe sch_netem",
    attempt: inNamespace("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"),
    choice: ["netem", "wire", "wire"],
  },
  {
    ...optional,
    capability: "drop-reasons",
    usedFor: "why the kernel dropped a packet (the tracepoint skb:kfree_skb)",
    standIn: "the last capture that saw the packet",
    how: "run as root on Linux 5.17 or newer with CONFIG_BPF_SYSCALL, CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF",
    howToLook: "npm start builds the native helper, which does the looking",
    attempt: ({ native }) => refusing(native === undefined ? Promise.resolve("ENOENT: no native helper yet") : attemptDropReasons(native)),
  },
  {
    ...optional,
    capability: "hugepages",
    usedFor: "memory of DPDK programs",
    standIn: "ordinary pages (--no-huge)",
    how: "sysctl vm.nr_hugepages=128",
    attempt: hugepages,
  },
];
