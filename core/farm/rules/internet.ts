/** Hosts on the internet, and the one that runs the store. */
import type { Finding, Rule } from "./rule.ts";
import { refuse, refuseKey } from "./rule.ts";

export const internetRules: Rule = (farm) => {
  const { hosts } = farm.internet;
  const stores = hosts.filter((host) => host.store);
  const hint = "write store: true at one host with ipv4 and ipv6: nodes of either family reach the store there";
  const counted: Finding[] =
    stores.length === 0
      ? [refuseKey("store-host", ["internet", "hosts"], "no host runs the store", hint)]
      : stores
          .slice(1)
          .map((host) =>
            refuse(
              "store-host",
              ["internet", "hosts", host.name, "store"],
              `the store runs on ${stores[0]?.name} already`,
              "one host runs the store",
            ),
          );
  return [
    ...counted,
    ...hosts.flatMap((host): Finding[] => {
      const path = ["internet", "hosts", host.name];
      if (host.store && (host.ipv4 === undefined || host.ipv6 === undefined)) {
        return [refuseKey("store-host", path, `the store's host ${host.name} has no ${host.ipv4 === undefined ? "ipv4" : "ipv6"}`, hint)];
      }
      if (host.ipv4 !== undefined || host.ipv6 !== undefined) return [];
      return [refuseKey("host-without-address", path, `host ${host.name} has no address`, "give it ipv4, ipv6 or both")];
    }),
  ];
};
