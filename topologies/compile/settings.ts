/** Kernel settings that nodes of a lab share. All are made before the node's links, so that links inherit the defaults. */

type Sysctls = Readonly<Record<string, string>>;

/**
 * For every node: addresses are those of the farm file and usable at once, so nothing is announced, asked for or probed for; asymmetric
 * ways are none of a lab's business to drop.
 */
export const commonSysctls: Sysctls = {
  "net/ipv4/conf/all/rp_filter": "0",
  "net/ipv4/conf/default/rp_filter": "0",
  "net/ipv6/conf/all/accept_ra": "0",
  "net/ipv6/conf/default/accept_ra": "0",
  "net/ipv6/conf/all/accept_dad": "0",
  "net/ipv6/conf/default/accept_dad": "0",
  "net/ipv6/conf/default/dad_transmits": "0",
};

/** For nodes whose link-local addresses are stated: the kernel makes none (mode 1). */
export const statedLinkLocals: Sysctls = { "net/ipv6/conf/default/addr_gen_mode": "1" };

/** For nodes that have no IPv6 at all. */
export const withoutIpv6: Sysctls = { "net/ipv6/conf/all/disable_ipv6": "1", "net/ipv6/conf/default/disable_ipv6": "1" };

/**
 * Each error that is owed is sent, however many probes a run makes in a second. `icmp_ratelimit` 0 would do the opposite here: after a
 * first error, route errors to the same peer stay away. The mask names no kind of error that is limited.
 */
export const unlimitedErrors4: Sysctls = { "net/ipv4/icmp_ratemask": "0" };

export const routerSysctls4: Sysctls = {
  "net/ipv4/ip_forward": "1",
  ...unlimitedErrors4,
  "net/ipv4/conf/all/send_redirects": "0",
  "net/ipv4/conf/default/send_redirects": "0",
};

export const routerSysctls6: Sysctls = { "net/ipv6/conf/all/forwarding": "1", "net/ipv6/icmp/ratelimit": "0" };

/** For nodes with bridges: bridged frames do not pass the rules of the IP layer. Absent where the kernel has no such filter, hence the `?`. */
export const bridgeSysctls: Sysctls = {
  "net/bridge/bridge-nf-call-arptables?": "0",
  "net/bridge/bridge-nf-call-ip6tables?": "0",
  "net/bridge/bridge-nf-call-iptables?": "0",
};
