/** Segments: links lead to segments that exist, one router each, every address once. */
import { contains, formatAddress, formatPrefix, networkOf, sameAddress, wellKnown } from "../../common/index.ts";
import type { Address, Prefix } from "../../common/index.ts";
import type { Farm } from "../farm.ts";
import { nearestHint } from "../../common/reading/index.ts";
import type { Path } from "../../common/reading/index.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, refuseKey, repeats } from "./rule.ts";

/** An address that the farm file gives to something, and where: `segment` is null on the internet, and a carrier's name on its inside. */
export interface UsedAddress {
  readonly segment: string | null;
  readonly address: Address;
  /** With the interface's prefix length; absent where the file states none. */
  readonly prefix?: Prefix;
  readonly who: string;
  readonly path: Path;
}

/** All addresses that the file states for interfaces, in the file's order. */
export function usedAddresses(farm: Farm): readonly UsedAddress[] {
  const used: UsedAddress[] = [];
  const add = (segment: string | null | undefined, held: Address | Prefix | undefined, who: string, path: Path): void => {
    if (held === undefined || segment === undefined) return;
    used.push("length" in held ? { segment, address: held.address, prefix: held, who, path } : { segment, address: held, who, path });
  };
  for (const host of farm.internet.hosts) {
    add(null, host.ipv4, host.name, ["internet", "hosts", host.name, "ipv4"]);
    add(null, host.ipv6, host.name, ["internet", "hosts", host.name, "ipv6"]);
  }
  for (const upstream of farm.upstreams) {
    const path = ["upstreams", upstream.name];
    add(upstream.segment, upstream.ipv4, upstream.name, [...path, "ipv4"]);
    add(upstream.segment, upstream.ipv6, upstream.name, [...path, "ipv6"]);
    add(null, upstream.wan4, upstream.name, [...path, "wan4"]);
    add(null, upstream.wan6, upstream.name, [...path, "wan6"]);
  }
  for (const home of farm.homeRouters) {
    add(home.segment, home.lan4, home.name, ["home-routers", home.name, "lan4"]);
    add(home.behind ?? null, home.wan4, home.name, ["home-routers", home.name, "wan4"]);
  }
  for (const carrier of farm.carriers) {
    add(carrier.name, carrier.lan4, carrier.name, ["carriers", carrier.name, "lan4"]);
    add(null, carrier.wan4, carrier.name, ["carriers", carrier.name, "wan4"]);
  }
  for (const node of farm.nodes) {
    const path = ["nodes", node.name];
    const segmentOf = (name: string): string | undefined => node.nics.find((nic) => nic.name === name)?.segment;
    for (const nic of node.nics) {
      add(nic.segment, nic.ipv4, `${node.name}'s ${nic.name}`, [...path, "nics", nic.name, "ipv4"]);
      add(nic.segment, nic.ipv6, `${node.name}'s ${nic.name}`, [...path, "nics", nic.name, "ipv6"]);
    }
    if (node.public !== undefined) {
      add(segmentOf(node.public.nic), node.public.ipv4, `${node.name}'s public namespace`, [...path, "public", "ipv4"]);
      add(segmentOf(node.public.nic), node.public.ipv6, `${node.name}'s public namespace`, [...path, "public", "ipv6"]);
    }
    if (node.exitNode !== undefined)
      add(segmentOf(node.exitNode.nic), node.exitNode.ipv4, `${node.name}'s gateway`, [...path, "exit-node", "ipv4"]);
  }
  return used;
}

const segmentExists: Rule = (farm) => {
  const names = farm.segments.map(({ name }) => name);
  const links: { readonly segment: string; readonly path: Path }[] = [
    ...farm.upstreams.map(({ name, segment }) => ({ segment, path: ["upstreams", name, "segment"] })),
    ...farm.homeRouters.map(({ name, segment }) => ({ segment, path: ["home-routers", name, "segment"] })),
    ...farm.nodes.flatMap((node) =>
      node.nics.map((nic) => ({ segment: nic.segment, path: ["nodes", node.name, "nics", nic.name, "segment"] })),
    ),
  ];
  return links
    .filter(({ segment }) => !names.includes(segment))
    .map(({ segment, path }) =>
      refuse("unknown-segment", path, `there is no segment "${segment}"`, nearestHint(segment, names, "segments")),
    );
};

const oneRouter: Rule = (farm) => {
  const routers = [
    ...farm.upstreams.map(({ name, segment }) => ({ name, segment, path: ["upstreams", name, "segment"] })),
    ...farm.homeRouters.map(({ name, segment }) => ({ name, segment, path: ["home-routers", name, "segment"] })),
  ];
  return repeats(routers, ({ segment }) => segment).map(({ entry, first }) =>
    refuse(
      "two-routers",
      entry.path,
      `segment ${entry.segment} has a router already: ${first.name}`,
      "a segment has at most one router; give this one a segment of its own",
    ),
  );
};

const placeText = (farm: Farm, segment: string | null): string => {
  if (segment === null) return "on the internet";
  return farm.carriers.some(({ name }) => name === segment) ? `inside ${segment}` : `on segment ${segment}`;
};

const addressOnce: Rule = (farm) =>
  repeats(usedAddresses(farm), ({ segment, address }) => `${segment ?? "*"} ${formatAddress(address)}`).map(({ entry, first }) =>
    refuse(
      "duplicate-address",
      entry.path,
      `${formatAddress(entry.address)} is ${first.who}'s already ${placeText(farm, entry.segment)}`,
      "give each interface an address of its own",
    ),
  );

const hostAddress: Rule = (farm) =>
  usedAddresses(farm).flatMap(({ prefix, path }) => {
    if (prefix === undefined) return [];
    const hostBits = (prefix.address.family === 4 ? 32 : 128) - prefix.length;
    const offset = prefix.address.value - networkOf(prefix).address.value;
    const isBroadcast = prefix.address.family === 4 && offset === (1n << BigInt(hostBits)) - 1n;
    if (hostBits < 2 || (offset !== 0n && !isBroadcast)) return [];
    const what = offset === 0n ? "the network's own address" : "the network's broadcast address";
    return [
      refuse(
        "not-a-host-address",
        path,
        `${formatPrefix(prefix)} is ${what}, which no interface may have`,
        "choose an address between the first and the last of the network",
      ),
    ];
  });

interface Gateway {
  readonly address: Prefix | undefined;
  readonly gateway: Address | undefined;
  readonly path: Path;
  readonly key: "ipv4" | "ipv6";
  readonly stated: boolean;
}

/** A gateway lies in its interface's own prefix, or is link-local; no gateway without an address. */
const gatewayOnLink: Rule = (farm, file) => {
  const gateways: Gateway[] = farm.nodes.flatMap((node) => {
    const path = ["nodes", node.name];
    const entry = file.nodes[node.name];
    const holders = [
      ...node.nics.map((nic) => ({ held: nic, entry: entry?.nics[nic.name], path: [...path, "nics", nic.name] })),
      ...(node.public === undefined ? [] : [{ held: node.public, entry: entry?.public, path: [...path, "public"] }]),
      ...(node.exitNode === undefined
        ? []
        : [
            {
              held: { ...node.exitNode, ipv6: undefined, gateway6: undefined },
              entry: { gateway6: undefined, ...entry?.["exit-node"] },
              path: [...path, "exit-node"],
            },
          ]),
    ];
    return holders.flatMap(({ held, entry: written, path: at }): Gateway[] => [
      { address: held.ipv4, gateway: held.gateway4, path: at, key: "ipv4", stated: written?.gateway4 !== undefined },
      { address: held.ipv6, gateway: held.gateway6, path: at, key: "ipv6", stated: written?.gateway6 !== undefined },
    ]);
  });
  return gateways.flatMap(({ address, gateway, path, key, stated }): Finding[] => {
    const gatewayPath = [...path, key === "ipv4" ? "gateway4" : "gateway6"];
    if (gateway === undefined) return [];
    if (address === undefined)
      return [
        refuse(
          "gateway-without-address",
          gatewayPath,
          "a gateway without an address of its family",
          `add ${key}, or leave the gateway out`,
        ),
      ];
    if (contains(wellKnown.linkLocal, gateway)) return [];
    if (sameAddress(address.address, gateway) && stated) {
      return [
        refuse(
          "gateway-off-link",
          gatewayPath,
          `${formatAddress(gateway)} is the interface's own address, not its gateway's`,
          "leave it out: the segment's router is the default",
        ),
      ];
    }
    if (contains(address, gateway)) return [];
    const what = stated ? "gateway" : "segment's router";
    const message = `${formatPrefix(networkOf(address))} does not hold the ${what} ${formatAddress(gateway)}`;
    return [
      refuse("gateway-off-link", stated ? gatewayPath : [...path, key], message, "address, prefix length and gateway must fit together"),
    ];
  });
};

const someNic: Rule = (farm) =>
  farm.nodes.flatMap((node) =>
    node.nics.length > 0
      ? []
      : [refuseKey("node-without-nic", ["nodes", node.name], `node ${node.name} has no NIC`, "add one, as eth0: { segment: ... }")],
  );

export const segmentRules: readonly Rule[] = [segmentExists, oneRouter, addressOnce, hostAddress, gatewayOnLink, someNic];
