/** EX-24: `farmlab check` finds each requirement of the seed that a farm misses, by its code and where it is missed, and nothing of a farm that misses none. */
import { formatAddress, parseAddress, parsePrefix } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import {
  allocationNumberOf,
  allocationPrefix,
  edited,
  farmsToBreak,
  freshName,
  inPrefixZero,
  judgeBreak,
  judgeWhole,
} from "./broken-farms.ts";
import type { Break, DraftFarm } from "./broken-farms.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

/** What the law speaks of; nothing of it is found in a farm that is whole. */
const codes = [
  "exit-node-needs-two-nics",
  "no-ipv4",
  "ipv4-too-small",
  "no-ipv6-uplink",
  "prefix-zero-unrouted",
  "missing-route",
  "wrong-next-hop",
  "missing-unreachable",
  "no-spare-node",
];

interface ExitNode {
  readonly name: string;
  readonly number: number;
  readonly allocation: number;
  readonly nic: string;
  readonly segment: string;
}

function exitNodesOf(document: FarmFile): ExitNode[] {
  return Object.entries(document.nodes).flatMap(([name, node]) => {
    const exit = node["exit-node"];
    const segment = exit === undefined ? undefined : node.nics[exit.nic]?.segment;
    if (exit === undefined || segment === undefined) return [];
    return [{ name, number: exit.number, allocation: allocationNumberOf(document, exit.allocation), nic: exit.nic, segment }];
  });
}

const routerOn = (document: FarmFile, segment: string): string => {
  const found = Object.entries(document.upstreams ?? {}).find(([, router]) => router.segment === segment);
  if (found === undefined) throw new Error(`segment ${segment} has no router`);
  return found[0];
};

const prefixOf = (document: FarmFile, number: number): string => {
  const found = document.allocations.find((allocation) => allocation.number === number);
  if (found === undefined) throw new Error(`there is no allocation ${number}`);
  return found.prefix;
};

/** Another node set up alike, on every segment where exit nodes forward. */
function withSpares(document: FarmFile): FarmFile {
  const exits = exitNodesOf(document);
  const segments = [...new Set(exits.map(({ segment }) => segment))];
  return segments.reduce((whole, segment) => {
    const exit = exits.find((one) => one.segment === segment);
    const name = freshName(whole, "spare");
    const address = inPrefixZero(allocationPrefix(prefixOf(document, exit?.allocation ?? 0)), 0x5aen);
    return edited(whole, (draft) => {
      draft.nodes[name] = { nics: { eth0: { segment, ipv6: `${address}/64` }, eth1: { segment } } };
    });
  }, document);
}

/** Networks live as before without the addresses that their users own. */
function withoutOwned(draft: DraftFarm, allocation: number, document: FarmFile): void {
  for (const network of Object.values(draft.networks ?? {})) {
    if (allocationNumberOf(document, network.allocation) !== allocation) continue;
    delete network["owned-ipv4"];
    delete network["port-forwards"];
  }
}

/** Gateways of an allocation without IPv4, but for one that may stay. */
function withoutGatewayIpv4(draft: DraftFarm, exits: readonly ExitNode[], allocation: number, staying?: string): void {
  for (const { name } of exits.filter((exit) => exit.allocation === allocation && exit.name !== staying)) {
    delete draft.nodes[name]?.["exit-node"]?.ipv4;
    delete draft.nodes[name]?.["exit-node"]?.gateway4;
  }
}

/** One NIC is left, which is that of forwarding; what was on the other goes with it. */
const oneNic = (document: FarmFile, { name, nic }: ExitNode): Break => ({
  what: `one NIC on ${name}`,
  code: "exit-node-needs-two-nics",
  path: ["nodes", name, "exit-node"],
  names: [name],
  document: edited(document, (draft) => {
    const node = draft.nodes[name];
    if (node === undefined) return;
    node.nics = Object.fromEntries(Object.entries(node.nics).filter(([one]) => one === nic));
    delete node.public;
  }),
});

function ipv4Breaks(document: FarmFile, exits: readonly ExitNode[]): Break[] {
  return document.allocations.flatMap(({ ipv4, number }, index): Break[] => {
    const held = exits.find(({ allocation, name }) => allocation === number && document.nodes[name]?.["exit-node"]?.ipv4 !== undefined);
    if (ipv4 === undefined) return [];
    const gateway = held === undefined ? undefined : document.nodes[held.name]?.["exit-node"]?.ipv4;
    const single = (gateway ?? ipv4).replace(/\/.*$/u, "");
    return [
      {
        what: `a single IPv4 address for allocation ${number}`,
        code: "ipv4-too-small",
        path: ["allocations", index, "ipv4"],
        names: [single],
        document: edited(document, (draft) => {
          withoutOwned(draft, number, document);
          withoutGatewayIpv4(draft, exits, number, held?.name);
          const allocation = draft.allocations[index];
          if (allocation !== undefined) allocation.ipv4 = `${single}/32`;
        }),
      },
      {
        what: `no IPv4 for allocation ${number}`,
        code: "no-ipv4",
        path: ["allocations", index, "prefix"],
        document: edited(document, (draft) => {
          withoutOwned(draft, number, document);
          withoutGatewayIpv4(draft, exits, number);
          delete draft.allocations[index]?.ipv4;
        }),
      },
    ];
  });
}

/** Two addresses are more than one. */
function twoAddresses(document: FarmFile, exits: readonly ExitNode[]): FarmFile {
  return edited(document, (draft) => {
    for (const allocation of draft.allocations) {
      const held = parsePrefix(allocation.ipv4 ?? "");
      if (held === undefined) continue;
      withoutOwned(draft, allocation.number, document);
      withoutGatewayIpv4(draft, exits, allocation.number);
      allocation.ipv4 = `${formatAddress(held.address)}/31`;
    }
  });
}

/** The router of a segment has an address of another /64; who is on the segment still finds it by its link-local one. */
function prefixZeroBreak(document: FarmFile, { segment, allocation }: ExitNode): Break {
  const router = routerOn(document, segment);
  const prefix = allocationPrefix(prefixOf(document, allocation));
  return {
    what: `PrefixZero of allocation ${allocation} not on its router`,
    code: "prefix-zero-unrouted",
    path: ["upstreams", router, "ipv6"],
    names: [router],
    document: edited(document, (draft) => {
      const upstream = draft.upstreams?.[router];
      if (upstream !== undefined) upstream.ipv6 = `${inPrefixZero(prefix, (5n << 64n) | 1n)}/64`;
      for (const node of Object.values(draft.nodes)) {
        const holders = Object.values(node.nics).filter((nic) => nic.segment === segment);
        if (node.public !== undefined && node.nics[node.public.nic]?.segment === segment) holders.push({ ...node.public, segment });
        for (const holder of holders) if (holder.ipv6 !== undefined) holder.gateway6 = "fe80::1";
        if (node.public?.ipv6 !== undefined && node.nics[node.public.nic]?.segment === segment) node.public.gateway6 = "fe80::1";
      }
    }),
  };
}

function routeBreaks(document: FarmFile, { name, number, allocation, segment }: ExitNode): Break[] {
  const router = routerOn(document, segment);
  const routes = document.upstreams?.[router]?.routes ?? [];
  const whole = allocationPrefix(prefixOf(document, allocation)).address.value;
  const part = (text: string): boolean => {
    const prefix = parsePrefix(text);
    return prefix?.length === 52 && prefix.address.value === (whole | (BigInt(number) << 76n));
  };
  const index = routes.findIndex(({ to }) => part(to));
  const path = ["upstreams", router, "routes"];
  const changed = (change: (routes: { to: string; via?: string; unreachable?: true }[]) => void): FarmFile =>
    edited(document, (draft) => {
      const upstream = draft.upstreams?.[router];
      if (upstream?.routes !== undefined) change(upstream.routes);
    });
  // That of exit node 0, which there is none of: nobody answers there.
  const nobody = "fe80::dead:0:0:1";
  return [
    {
      what: `no route to the part of ${name}`,
      code: "missing-route",
      path,
      names: [name, router],
      document: changed((list) => void list.splice(index, 1)),
    },
    {
      what: `a route to the part of ${name} that leads to nobody`,
      code: "wrong-next-hop",
      path: [...path, index, "via"],
      names: [name],
      document: changed((list) => void (list[index] = { to: routes[index]?.to ?? "", via: nobody })),
    },
    {
      what: `the part of ${name} unreachable`,
      code: "wrong-next-hop",
      path: [...path, index, "unreachable"],
      document: changed((list) => void (list[index] = { to: routes[index]?.to ?? "", unreachable: true })),
    },
  ];
}

/** Either next hop is right: the one that the farm does not have as it is. */
function otherNextHops(document: FarmFile): FarmFile {
  return edited(document, (draft) => {
    for (const upstream of Object.values(draft.upstreams ?? {})) {
      for (const route of upstream.routes ?? []) {
        const via = parseAddress(route.via ?? "");
        const to = parsePrefix(route.to);
        if (via === undefined || to === undefined) continue;
        const x = (to.address.value >> 76n) & 0xfn;
        const inZero = ((to.address.value >> 80n) << 80n) | (x << 60n) | 1n;
        const isLinkLocal = via.value >> 118n === 0x3fan;
        route.via = formatAddress({ family: 6, value: isLinkLocal ? inZero : (0xfe80n << 112n) | (x << 60n) | 1n });
      }
    }
  });
}

function routerBreaks(document: FarmFile, { allocation, segment }: ExitNode): Break[] {
  const router = routerOn(document, segment);
  return [
    {
      what: `no unreachable route for allocation ${allocation}`,
      code: "missing-unreachable",
      path: ["upstreams", router, "routes"],
      names: [router],
      document: edited(document, (draft) => {
        const upstream = draft.upstreams?.[router];
        if (upstream?.routes !== undefined) upstream.routes = upstream.routes.filter(({ unreachable }) => unreachable !== true);
      }),
    },
    {
      what: `no IPv6 uplink of ${router}`,
      code: "no-ipv6-uplink",
      path: ["upstreams", router],
      names: [router],
      document: edited(document, (draft) => void delete draft.upstreams?.[router]?.wan6),
    },
  ];
}

/** Nobody but exit nodes has a NIC without address on the segment; the first exit node there is named. */
const spareBreak = (document: FarmFile, { name, segment }: ExitNode): Break => ({
  what: `no node that could stand in on ${segment}`,
  code: "no-spare-node",
  path: ["nodes", name, "exit-node"],
  names: [name],
  document: edited(document, (draft) => {
    for (const node of Object.values(draft.nodes)) {
      // Who is named to stand in has to be able to, and a partner does: then nobody is named.
      if (node["exit-node"] !== undefined) delete node["exit-node"].standby;
      if (node["exit-node"] !== undefined) delete node["exit-node"].partner;
      if (node["exit-node"] !== undefined) continue;
      const isFree = (nic: string): boolean => {
        const held = node.nics[nic];
        return held?.segment === segment && held.ipv4 === undefined && held.ipv6 === undefined && node.public?.nic !== nic;
      };
      node.nics = Object.fromEntries(Object.entries(node.nics).filter(([nic]) => !isFree(nic)));
    }
  }),
});

const firstOf = <T>(list: readonly T[], keyOf: (one: T) => string | number): T[] =>
  list.filter((one, index) => list.findIndex((other) => keyOf(other) === keyOf(one)) === index);

async function requirementsFound(subject: PureSubject): Promise<PropertyOutcome> {
  const stories: string[] = [];
  let runs = 0;
  for (const bare of farmsToBreak(subject)) {
    const document = withSpares(bare);
    const exits = exitNodesOf(document);
    if (exits.length === 0) continue;
    const routers = firstOf(exits, ({ segment }) => segment);
    const breaks = [
      ...exits.map((exit) => oneNic(document, exit)),
      ...ipv4Breaks(document, exits),
      ...routers.flatMap((exit) => [prefixZeroBreak(document, exit), ...routerBreaks(document, exit), spareBreak(document, exit)]),
      ...exits.flatMap((exit) => routeBreaks(document, exit)),
    ];
    stories.push(
      ...judgeWhole("EX-24", "nothing broken", document, codes),
      ...judgeWhole("EX-24", "the other kind of next hop", otherNextHops(document), codes),
      ...judgeWhole("EX-24", "an IPv4 network of two addresses", twoAddresses(document, exits), codes),
      ...breaks.flatMap((one) => judgeBreak("EX-24", one, codes)),
    );
    runs += breaks.length + 3;
  }
  return Promise.resolve(outcomeOf(runs, stories, { nothing: "this farm has no exit node" }));
}

export const requirementProperties: readonly PureProperty[] = [
  {
    law: "EX-24",
    name: "EX-24 check finds every requirement that a farm misses, where it does, and nothing else",
    needs: [],
    run: requirementsFound,
  },
];
