/** Routers that translate: carriers that exist, addresses that fit, forwards that lead somewhere, behaviours that can be. */
import { contains, formatAddress, formatPrefix, networkOf, sameAddress } from "../../common/index.ts";
import { natContradiction } from "../nat.ts";
import type { NatBehaviour } from "../nat.ts";
import { nearestHint, type Path } from "../../common/reading/index.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, refuseKey, repeats } from "./rule.ts";

const behindCarrier: Rule = (farm) =>
  farm.homeRouters.flatMap((router): Finding[] => {
    if (router.behind === undefined) return [];
    const path = ["home-routers", router.name];
    const carrier = farm.carriers.find(({ name }) => name === router.behind);
    if (carrier === undefined) {
      const names = farm.carriers.map(({ name }) => name);
      const message = `there is no carrier "${router.behind}"`;
      return [refuse("unknown-carrier", [...path, "behind"], message, nearestHint(router.behind, names, "carriers"))];
    }
    if (contains(carrier.lan4, router.wan4)) return [];
    return [
      refuse(
        "wan-outside-carrier",
        [...path, "wan4"],
        `${formatAddress(router.wan4)} is not of the network inside ${carrier.name}, ${formatPrefix(networkOf(carrier.lan4))}`,
        "a customer's outer address is one of its carrier's inner network",
      ),
    ];
  });

const forwards: Rule = (farm) =>
  farm.homeRouters.flatMap((router): Finding[] => {
    const path: Path = ["home-routers", router.name, "port-forwards"];
    const strays = router.portForwards.flatMap(({ to }, index): Finding[] => {
      const own = sameAddress(to, router.lan4.address);
      if (contains(router.lan4, to) && !own) return [];
      const message = own
        ? `${formatAddress(to)} is the router itself`
        : `${formatAddress(to)} is not of the LAN ${formatPrefix(networkOf(router.lan4))}`;
      return [refuse("forward-off-lan", [...path, index, "to"], message, "forward to a host of the LAN that the router hides")];
    });
    const twice = repeats(router.portForwards, ({ protocol, port }) => `${protocol}/${port}`).map(({ entry, index, first }) =>
      refuse(
        "duplicate-port-forward",
        [...path, index, "service"],
        `${entry.protocol}/${entry.port} of ${router.name} is forwarded to ${formatAddress(first.to)} already`,
        "a protocol and port lead to one host",
      ),
    );
    return [...strays, ...twice];
  });

const possible: Rule = (farm) => {
  const translating: readonly { readonly path: Path; readonly nat: NatBehaviour }[] = [
    ...farm.homeRouters.map(({ name, nat }) => ({ path: ["home-routers", name], nat })),
    ...farm.carriers.map(({ name, nat }) => ({ path: ["carriers", name], nat })),
  ];
  return translating.flatMap(({ path, nat }) => {
    const found = natContradiction(nat);
    return found === undefined ? [] : [refuseKey("nat-contradiction", path, found.message, found.hint)];
  });
};

export const routerRules: readonly Rule[] = [behindCarrier, forwards, possible];
