/** How farmlab knows its own: whatever these do not name is never changed or removed. Its links in the host's namespace are in `hostLinkGroup`. */

/** Marks farmlab's routes (`ip route ... proto 98`). */
export const routeProtocol = "98";
/** Links about to be removed are gathered in this group, because the kernel removes a group in the time of one link. */
export const removalGroup = "9898";
/** Begins the names of farmlab's nft tables. */
export const tablePrefix = "farmlab";

/** Names of namespaces that farmlab owns whole: gateway, public, network resources, workloads. */
export function isOwnNamespace(name: string): boolean {
  return /^(gateway|public|net-[0-9a-f]{4}-\d{1,3}|w-[0-9a-f]{4}-\d{1,3})$/.test(name);
}

/** Services (and interfaces) of WireGuard tunnels. */
export function isTunnelName(name: string): boolean {
  return /^wg-[0-9a-f]{4}-\d{1,3}$/.test(name);
}
