/** Kernel settings of the namespaces that farmlab owns; all are set before the first link is there, so that links inherit them. */

/** No address but the planned ones, usable at once: planned addresses are unique by derivation, so nothing has to be probed for. */
const everywhere: Readonly<Record<string, string>> = {
  "net/ipv4/conf/all/accept_redirects": "0",
  "net/ipv4/conf/all/rp_filter": "0",
  "net/ipv4/conf/all/send_redirects": "0",
  "net/ipv4/conf/default/accept_redirects": "0",
  "net/ipv4/conf/default/arp_notify": "1",
  "net/ipv4/conf/default/rp_filter": "0",
  "net/ipv4/conf/default/send_redirects": "0",
  "net/ipv4/ip_default_ttl": "64",
  "net/ipv6/conf/default/accept_dad": "0",
  "net/ipv6/conf/default/accept_ra": "0",
  "net/ipv6/conf/default/accept_redirects": "0",
  // 1: no link-local address made by the kernel.
  "net/ipv6/conf/default/addr_gen_mode": "1",
  "net/ipv6/conf/default/dad_transmits": "0",
  "net/ipv6/conf/default/ndisc_notify": "1",
};

/** For a namespace that forwards: a gateway or a network resource. */
export const routerSysctls: Readonly<Record<string, string>> = {
  ...everywhere,
  "net/ipv4/ip_forward": "1",
  "net/ipv6/conf/all/forwarding": "1",
};

/**
 * Besides, for what two exit nodes keep by turns: flows go on elsewhere for a while, and TCP's sequence numbers are by then none that connection
 * tracking would take for theirs.
 */
export const byTurnsSysctls: Readonly<Record<string, string>> = { "net/netfilter/nf_conntrack_tcp_be_liberal": "1" };

/** For a namespace that never forwards: `public`, a workload. */
export const hostSysctls: Readonly<Record<string, string>> = {
  ...everywhere,
  "net/ipv4/ip_forward": "0",
  "net/ipv6/conf/all/forwarding": "0",
};

/** For a namespace with bridges: bridged frames do not pass the rules of the IP layer. */
export const bridgeSysctls: Readonly<Record<string, string>> = {
  "net/bridge/bridge-nf-call-arptables": "0",
  "net/bridge/bridge-nf-call-ip6tables": "0",
  "net/bridge/bridge-nf-call-iptables": "0",
};

/**
 * Milliseconds after which an unanswered neighbour solicitation is repeated on a link that never leaves the node; the kernel's is 1000.
 * A whole number of ticks at every usual CONFIG_HZ (100, 250, 300, 1000): what the kernel had to round would look like drift for ever.
 */
const neighbourRetryMs = 60;
/** So many of them that the kernel gives a neighbour up no sooner than else (after 3 s): on a busy machine an answer may take its time. */
const neighbourTries = 50;

const neighbourSettings = Object.entries({
  retrans_time_ms: neighbourRetryMs,
  mcast_solicit: neighbourTries,
  ucast_solicit: neighbourTries,
}).map(([name, value]) => [name, String(value)] as const);

/**
 * Adds the settings of a veth whose other end is on the same node. A solicitation sent while that end is still coming up finds nobody, and
 * the first packets would wait a whole second for the next.
 */
export function setWithinNode(sysctls: Record<string, string>, link: string): void {
  for (const family of ["ipv4", "ipv6"]) {
    const directory = `net/${family}/neigh/${link}/`;
    for (const [name, value] of neighbourSettings) sysctls[directory + name] = value;
  }
}

/** Ports as the kernel writes a list of them: sorted, neighbours joined to ranges. */
const portList = (ports: readonly number[]): string => {
  const ranges: { first: number; last: number }[] = [];
  for (const port of [...new Set(ports)].sort((one, other) => one - other)) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === port - 1) range.last = port;
    else ranges.push({ first: port, last: port });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
};

/** Keeps the kernel from giving a tunnel's derived port to a socket that asks for any port (EX-21: 8000-ee47 are ephemeral ports). */
export function reservedPorts(ports: readonly number[]): Readonly<Record<string, string>> {
  return { "net/ipv4/ip_local_reserved_ports": portList(ports) };
}
