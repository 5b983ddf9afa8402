/** How farmlab knows its own: whatever these do not name is never changed or removed. Its links in the host's namespace are in `hostLinkGroup`. */

/** Marks farmlab's routes (`ip route ... proto 98`). */
export const routeProtocol = "98";
/** Links about to be removed are gathered in this group, because the kernel removes a group in the time of one link. */
export const removalGroup = "9898";
/** Begins the names of farmlab's nft tables. */
export const tablePrefix = "farmlab";

/** Names of namespaces that farmlab owns whole: gateway, its routing tables, public, network resources, workloads. */
export function isOwnNamespace(name: string): boolean {
  return /^(gateway(?:-\d{1,2}-\d{1,3})?|public|(?:net|vrf)-[0-9a-f]{4}-\d{1,3}|w-[0-9a-f]{4}-\d{1,3})$/.test(name);
}

const fallbackDevices: ReadonlySet<string> = new Set([
  "tunl0",
  "sit0",
  "ip6tnl0",
  "gre0",
  "gretap0",
  "erspan0",
  "ip6gre0",
  "ip_vti0",
  "ip6_vti0",
]);

/** Devices that the kernel's tunnel modules put into every namespace and that cannot be removed (net.core.fb_tunnels_only_for_init_net). */
export function isFallbackDevice(name: string): boolean {
  return fallbackDevices.has(name);
}

/** Daemons besides those of tunnels. */
export function isOwnService(name: string): boolean {
  return name.startsWith("farmlab-");
}

/** Priorities of farmlab's routing policy rules. */
export function isOwnPriority(priority: number): boolean {
  return priority >= 9800 && priority < 9900;
}

/** Services (and interfaces) of WireGuard tunnels. */
export function isTunnelName(name: string): boolean {
  return /^w[gh]-[0-9a-f]{4}-\d{1,3}$/.test(name);
}
