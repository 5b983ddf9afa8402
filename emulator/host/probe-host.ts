import { findImage, imageIds } from "../image/index.ts";
import { attemptInNamespace, attemptSandbox, attemptTun, isToolMissing } from "./attempts.ts";
import type { Refusal } from "./attempts.ts";
import type { Capability, HostReport } from "./report.ts";

interface Probe extends Omit<Capability, "present" | "tried" | "answer"> {
  readonly attempt: (surroundings: Surroundings) => Promise<Refusal>;
  /** Subject of the choice, and the choice's name with and without the capability. */
  readonly choice?: readonly [subject: string, present: string, absent: string];
}

interface Surroundings {
  readonly root: boolean;
  readonly rootfs: string | undefined;
}

const link =
  (...words: readonly string[]) =>
  ({ rootfs }: Surroundings): Promise<Refusal> =>
    attemptInNamespace(rootfs, ["ip", "link", "add", ...words]);

const ruleset = "add table ip probe; add chain ip probe nat { type nat hook postrouting priority 100; }; add rule ip probe nat masquerade";

const probes: readonly Probe[] = [
  {
    capability: "namespaces",
    required: true,
    usedFor: "the sandbox that a whole lab lives in",
    standIn: null,
    how: "run as root; where root is refused too, allow user namespaces (sysctl user.max_user_namespaces); in a container: --privileged",
    attempt: ({ root }) => attemptSandbox(root, imageIds.start, imageIds.count),
  },
  {
    capability: "veth",
    required: true,
    usedFor: "links between nodes",
    standIn: null,
    how: "modprobe veth",
    attempt: link("name", "probe0", "type", "veth", "peer", "name", "probe1"),
  },
  {
    capability: "bridge",
    required: true,
    usedFor: "segments and the bridges of network resources",
    standIn: null,
    how: "modprobe bridge",
    attempt: link("name", "probe0", "type", "bridge"),
  },
  {
    capability: "nftables",
    required: true,
    usedFor: "NAT and firewall rules",
    standIn: null,
    how: "modprobe nf_tables nft_masq nft_chain_nat",
    attempt: ({ rootfs }) => attemptInNamespace(rootfs, ["nft", ruleset]),
  },
  {
    capability: "tun",
    required: true,
    usedFor: "WireGuard in user space",
    standIn: null,
    how: "modprobe tun; in a container: --device /dev/net/tun, with mode 666",
    attempt: ({ root }) => attemptTun(root),
  },
  {
    capability: "wireguard",
    required: false,
    usedFor: "tunnels between network resources",
    standIn: "wireguard-go",
    how: "modprobe wireguard (Linux 5.6 or newer)",
    attempt: link("name", "probe0", "type", "wireguard"),
    choice: ["wireguard", "kernel", "wireguard-go"],
  },
  {
    capability: "vrf",
    required: false,
    usedFor: "routing tables of tenants",
    standIn: "a network namespace per tenant",
    how: "modprobe vrf",
    attempt: link("name", "probe0", "type", "vrf", "table", "10"),
    choice: ["vrf", "kernel", "namespaces"],
  },
  {
    capability: "vlan",
    required: false,
    usedFor: "802.1Q interfaces",
    standIn: "VLAN filtering of the bridge",
    how: "modprobe 8021q",
    attempt: link("link", "lo", "name", "probe0", "type", "vlan", "id", "5"),
    choice: ["vlan", "kernel", "bridge-filtering"],
  },
  {
    capability: "bridge-vlans",
    required: false,
    usedFor: "VLANs where there are no 802.1Q interfaces",
    standIn: null,
    how: "a kernel with CONFIG_BRIDGE_VLAN_FILTERING",
    attempt: link("name", "probe0", "type", "bridge", "vlan_filtering", "1"),
  },
  {
    capability: "bond",
    required: false,
    usedFor: "two NICs as one",
    standIn: "two NICs with a failover route",
    how: "modprobe bonding",
    attempt: link("name", "probe0", "type", "bond"),
    choice: ["bond", "kernel", "failover-route"],
  },
  {
    capability: "netem",
    required: false,
    usedFor: "constant delay and rate of links",
    standIn: "farmlab's own wire",
    how: "modprobe sch_netem",
    attempt: ({ rootfs }) => attemptInNamespace(rootfs, ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]),
    choice: ["netem", "kernel", "wire"],
  },
];

/** Everything required tried at once, links and rules in one namespace: a hundredth of a second. Which one is missing it does not say. */
async function hasAllRequired({ root, rootfs }: Surroundings): Promise<boolean> {
  const links = "ip link add name probe0 type veth peer name probe1 && ip link add name probe2 type bridge";
  const refusals = await Promise.all([
    attemptSandbox(root, imageIds.start, imageIds.count),
    attemptTun(root),
    attemptInNamespace(rootfs, ["sh", "-c", `${links} && exec nft "$1"`, "sh", ruleset]),
  ]);
  return refusals.every((refusal) => refusal === undefined);
}

/** How to look, where the tool for it is missing. */
const howToLook = {
  namespaces: "apt-get install util-linux, whose unshare does the looking",
  others: "npm start builds the node image, whose tools do the looking",
} as const;

/**
 * What this machine can do, found by doing it in namespaces that vanish at once; a tenth of a second, or a hundredth when what is required
 * alone is asked for and there (`choices` then names the sandbox only). Tools are those of the node image where it is built, else the machine's own.
 */
export async function probeHost(which: "all" | "required" = "all"): Promise<HostReport> {
  const root = process.getuid?.() === 0;
  const rootfs = findImage()?.rootfs;
  const chosen = probes.filter((probe) => which === "all" || probe.required);
  const surroundings = { root, rootfs };
  const refusals =
    which === "required" && (await hasAllRequired(surroundings))
      ? chosen.map(() => undefined)
      : await Promise.all(chosen.map((probe) => probe.attempt(surroundings)));
  const choices: Record<string, string> = { sandbox: root ? "root" : "user-namespaces" };
  const capabilities = chosen.map(({ capability, required, usedFor, standIn, choice, ...probe }, index): Capability => {
    const answer = refusals[index] ?? null;
    const present = answer === null;
    const tried = !isToolMissing(refusals[index]);
    if (choice !== undefined) choices[choice[0]] = present ? choice[1] : choice[2];
    const how = tried ? probe.how : capability === "namespaces" ? howToLook.namespaces : howToLook.others;
    return { capability, present, tried, required, usedFor, standIn, answer, how: present ? null : how };
  });
  const noVlans = capabilities.filter(({ capability, present }) => !present && ["vlan", "bridge-vlans"].includes(capability)).length === 2;
  if (noVlans) choices["vlan"] = "none";
  return { root, capabilities, choices };
}
