/** EX-21: what derivation can collide on is refused before anything is changed, naming both sides; ports that a kernel could take are made safe. */
import { formatPrefix } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { Intents } from "../../core/intents/index.ts";
import { planNode } from "../../core/plan/index.ts";
import type { NamespacePlan, NodePlan } from "../../core/plan/index.ts";
import { edited, farmsToBreak, foundIn, freshName, judgeBreak, judgeWhole, subnetText, withAllocationBeside } from "./broken-farms.ts";
import type { Break } from "./broken-farms.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

const codes = ["prefix-collision", "port-held", "prefix-reserved", "tunnel-port-is-vxlan"];

/** The UDP port of every VXLAN (RFC 7348). */
const vxlanPort = 4789;

/** A resource with the 16 bits of its prefix, which are its port too where it has a tunnel. */
interface Numbered {
  readonly overlay: "wireguard" | "vxlan" | "segment";
  readonly network: string;
  readonly index: number;
  readonly node: string;
  readonly prefix: string;
  readonly subnet: number;
}

/** The farm with every prefix stated that the allocator gives, and its resources. */
function stated(document: FarmFile): { readonly document: FarmFile; readonly resources: readonly Numbered[] } | undefined {
  const { farm } = foundIn(document);
  const intents = farm === undefined ? undefined : intentsOf(farm);
  if (intents?.ok !== true) return undefined;
  const given = (network: string, node: string): Numbered["prefix"] | undefined => {
    const resource = intents.value.networks.find(({ name }) => name === network)?.resources.find((one) => one.node === node);
    return resource === undefined ? undefined : formatPrefix(resource.prefix);
  };
  const next = edited(document, (draft) => {
    for (const [name, network] of Object.entries(draft.networks ?? {})) {
      for (const resource of network.resources) {
        const prefix = given(name, resource.node);
        if (prefix !== undefined) resource.prefix = prefix;
      }
    }
  });
  const numbered = intents.value.networks.flatMap(({ name, resources }) =>
    resources.map(({ node, prefix }): Numbered => {
      const index = next.networks?.[name]?.resources.findIndex((one) => one.node === node) ?? -1;
      const overlay = next.networks?.[name]?.overlay ?? "wireguard";
      return { overlay, network: name, index, node, prefix: formatPrefix(prefix), subnet: Number((prefix.address.value >> 64n) & 0xffffn) };
    }),
  );
  return { document: next, resources: numbered };
}

/** A network of another allocation has a resource on the same node; `subnet` are its 16 bits there. */
function beside(
  document: FarmFile,
  node: string,
  subnet: number,
): { readonly document: FarmFile; readonly network: string; readonly prefix: string } {
  const other = withAllocationBeside(document, subnet >> 12);
  const network = freshName(document, "beside");
  const prefix = subnetText(other.prefix, subnet);
  return {
    ...{ network, prefix },
    document: edited(other.document, (draft) => {
      draft.networks = {
        ...draft.networks,
        [network]: {
          kind: "exit-node",
          allocation: other.number,
          resources: [
            { node: other.exitNode, "exit-point": true },
            { node, prefix },
          ],
        },
      };
    }),
  };
}

function meeting(document: FarmFile, { network, node, prefix, subnet }: Numbered): Break {
  const other = beside(document, node, subnet);
  return {
    what: `16 bits of ${network}'s prefix twice on ${node}`,
    code: "prefix-collision",
    path: ["networks", other.network, "resources", 1, "prefix"],
    names: [network, prefix, other.network, other.prefix],
    document: other.document,
  };
}

const withService = (document: FarmFile, node: string, service: string): FarmFile =>
  edited(document, (draft) => {
    const held = draft.nodes[node];
    if (held !== undefined) held.services = [service];
  });

const held = (document: FarmFile, { network, index, node, prefix, subnet }: Numbered): Break => ({
  what: `a service of ${node} on the port of ${network}`,
  code: "port-held",
  path: ["networks", network, "resources", index, "prefix"],
  names: [network, prefix, node, `udp/${subnet}`],
  document: withService(document, node, `udp/${subnet}`),
});

const heldByVxlan = (document: FarmFile, { network, index, node }: Numbered): Break => ({
  what: `a service of ${node} on the port of the VXLAN of ${network}`,
  code: "port-held",
  path: ["networks", network, "resources", index, "node"],
  names: [network, node, `udp/${vxlanPort}`],
  document: withService(document, node, `udp/${vxlanPort}`),
});

/** A tunnel on a node would have the port of the node's VXLANs, of which the file's first is named. */
function onVxlanPort(document: FarmFile, node: string): Break {
  const other = beside(document, node, vxlanPort);
  const vxlan = Object.entries(document.networks ?? {}).find(
    ([, { overlay, resources }]) => overlay === "vxlan" && resources.some((resource) => resource.node === node),
  );
  return {
    what: `a tunnel on the port of the VXLANs of ${node}`,
    code: "tunnel-port-is-vxlan",
    path: ["networks", other.network, "resources", 1, "prefix"],
    names: [other.prefix, node, vxlan?.[0] ?? "a VXLAN"],
    document: other.document,
  };
}

/** What meets where the resources have tunnels, and where they have VXLANs instead. */
function portBreaks(document: FarmFile, resources: readonly Numbered[]): Break[] {
  const vxlans = resources.filter(({ overlay }) => overlay === "vxlan");
  return [
    ...resources.filter(({ overlay }) => overlay === "wireguard").map((one) => held(document, one)),
    ...vxlans.map((one) => heldByVxlan(document, one)),
    ...[...new Set(vxlans.map(({ node }) => node))].map((node) => onVxlanPort(document, node)),
  ];
}

/** The number of a resource without tunnel is nobody's port. */
const judgePortless = (document: FarmFile, { overlay, network, node, subnet }: Numbered): string[] =>
  overlay === "wireguard"
    ? []
    : judgeWhole("EX-21", `udp/${subnet} of ${network} a service of ${node}`, withService(document, node, `udp/${subnet}`), codes);

function reserved(document: FarmFile, node: string, subnet: number): Break {
  const other = beside(document, node, subnet);
  return {
    what: `the /64 ${subnet.toString(16)}, whose IPv4 network is the tunnels' transit`,
    code: "prefix-reserved",
    path: ["networks", other.network, "resources", 1, "prefix"],
    names: [other.prefix],
    document: other.document,
  };
}

/** The greatest number up to `most` that no resource on the node has. */
function freeBelow(resources: readonly Numbered[], node: string, most: number): number {
  const taken = new Set(resources.flatMap((one) => (one.node === node ? [one.subnet] : [])));
  let free = most;
  while (taken.has(free)) free -= 1;
  return free;
}

/** The same number elsewhere: an exit point of another allocation, on a node of its own. */
function elsewhere(document: FarmFile, subnet: number): FarmFile {
  const other = withAllocationBeside(document, subnet >> 12);
  const prefix = subnetText(other.prefix, subnet);
  return edited(other.document, (draft) => {
    const resources = [{ node: other.exitNode, prefix, "exit-point": true }];
    draft.networks = { ...draft.networks, [freshName(document, "beside")]: { kind: "exit-node", allocation: other.number, resources } };
  });
}

/** Nothing collides: the last number before the transit, one of the same part, another node, another protocol. */
function judgeNeighbours(document: FarmFile, resources: readonly Numbered[], { node, subnet }: Numbered): string[] {
  const fine = [0xfeff, (subnet & 0xf000) | 0xeff].map((most) => freeBelow(resources, node, most));
  return [
    ...fine.flatMap((other) =>
      judgeWhole("EX-21", `${other.toString(16)} beside ${subnet.toString(16)} on ${node}`, beside(document, node, other).document, codes),
    ),
    ...judgeWhole("EX-21", `${subnet.toString(16)} on another node than ${node}`, elsewhere(document, subnet), codes),
    ...judgeWhole("EX-21", `tcp/${subnet} a service of ${node}`, withService(document, node, `tcp/${subnet}`), codes),
  ];
}

/** Where the file leaves a prefix to the allocator, it keeps clear of what a service holds there. */
function judgeAvoided(document: FarmFile, { network, node }: Numbered): string[] {
  const left = edited(document, (draft) => {
    for (const resource of draft.networks?.[network]?.resources ?? []) if (resource.node === node) delete resource.prefix;
  });
  const given = (from: FarmFile): number | undefined =>
    stated(from)?.resources.find((one) => one.network === network && one.node === node)?.subnet;
  const wished = given(left);
  if (wished === undefined) return [`${network} gets no prefix on ${node}; expected: one (EX-21)`];
  const other = given(withService(left, node, `udp/${wished}`));
  if (other !== undefined && other !== wished) return [];
  const got = other === undefined ? "no prefix" : `${other.toString(16)} again`;
  return [`${network} gets ${got} on ${node}, where a service holds port ${wished}; expected: another prefix (EX-21)`];
}

/** Of farms in which it is refused no intents are made either, whoever asks. */
function judgeIntents(document: FarmFile, { network, node, subnet }: Numbered): string[] {
  const { farm } = foundIn(document);
  if (farm === undefined) return [];
  const nodes = farm.nodes.map((one) => (one.name === node ? { ...one, services: [{ protocol: "udp" as const, port: subnet }] } : one));
  const outcome = intentsOf({ ...farm, nodes });
  const isRefused =
    !outcome.ok &&
    outcome.problems.some(({ code, message }) => code === "port-held" && message.includes(network) && message.includes(node));
  return isRefused ? [] : [`a farm whose ${node} holds port ${subnet} of ${network} gets intents; expected: refused, naming both (EX-21)`];
}

async function collisionsRefused(subject: PureSubject): Promise<PropertyOutcome> {
  const stories: string[] = [];
  let runs = 0;
  for (const bare of farmsToBreak(subject)) {
    const farm = stated(bare);
    const [first] = farm?.resources ?? [];
    if (farm === undefined || first === undefined) continue;
    const { document, resources } = farm;
    const tunnels = resources.filter(({ overlay }) => overlay === "wireguard").slice(0, 1);
    const breaks = [
      ...resources.map((one) => meeting(document, one)),
      ...portBreaks(document, resources),
      ...[0xff00, 0xff1a, 0xffff].map((subnet) => reserved(document, first.node, subnet)),
    ];
    stories.push(
      ...judgeWhole("EX-21", "every prefix stated", document, codes),
      ...judgeNeighbours(document, resources, first),
      ...resources.flatMap((one) => judgePortless(document, one)),
      ...tunnels.flatMap((one) => [...judgeAvoided(document, one), ...judgeIntents(document, one)]),
      ...breaks.flatMap((one) => judgeBreak("EX-21", one, codes)),
    );
    runs += breaks.length + 7;
  }
  return Promise.resolve(outcomeOf(runs, stories, { nothing: "this farm has no network resource" }));
}

/** What the kernel's list of reserved ports says: `4387-4388,6844`. */
function portsOf(list: string): (port: number) => boolean {
  const ranges = list.split(",").flatMap((range): [number, number][] => {
    const [low = "", high = low] = range.split("-");
    return low === "" ? [] : [[Number(low), Number(high)]];
  });
  return (port) => ranges.some(([low, high]) => port >= low && port <= high);
}

const addressesOf = ({ addresses }: NamespacePlan): string[] => addresses.map(({ address }) => address.replace(/\/.*$/u, ""));

/** Sources that a namespace's rules translate to; `own` where they take whatever address an interface has. */
function translations({ tables }: NamespacePlan): { readonly to: readonly string[]; readonly own: boolean } {
  const lines = tables.flatMap(({ body }) => body);
  return {
    to: lines.flatMap((line) => /\bsnat (?:ip6? )?to (\S+)/u.exec(line)?.[1] ?? []),
    own: lines.some((line) => /\bmasquerade\b/u.test(line)),
  };
}

/** The socket of each tunnel: its port is none that the kernel gives to others, and its address none that translated flows get ports of. */
function judgeSockets(plan: NodePlan): string[] {
  const tunnels = plan.namespaces.flatMap(({ links }) =>
    links.flatMap((link) => (link.kind === "wireguard" ? [{ name: link.name, ...link.wireguard }] : [])),
  );
  const listening = new Set(tunnels.map(({ socketNamespace, listenPort }) => `${socketNamespace} ${listenPort}`));
  const twice = tunnels.length - listening.size;
  return [
    ...(twice > 0 ? [`${plan.node}: ${twice} tunnels have the port of another; expected: each its own (EX-21)`] : []),
    ...tunnels.flatMap(({ name, socketNamespace, listenPort }) => {
      const space = plan.namespaces.find((one) => one.name === socketNamespace);
      const isReserved = portsOf(space?.sysctls["net/ipv4/ip_local_reserved_ports"] ?? "")(listenPort);
      const own = space === undefined ? [] : addressesOf(space);
      const shared = plan.namespaces.flatMap((one) => translations(one).to.filter((address) => own.includes(address)));
      return [
        ...(isReserved
          ? []
          : [
              `${plan.node}: the kernel may give port ${listenPort} of ${name} in ${socketNamespace} to others; expected: reserved (EX-21)`,
            ]),
        ...(space !== undefined && translations(space).own
          ? [`${plan.node}: flows are translated to whatever port in ${socketNamespace}, where ${name} listens; expected: none (EX-21)`]
          : []),
        ...shared.map(
          (address) =>
            `${plan.node}: flows are translated to ports of ${address}, where ${name} listens; expected: another address (EX-21)`,
        ),
      ];
    }),
  ];
}

/** As intended, and with every tunnel of a node at a port that the kernel gives out by itself (32768 to 60999). */
function inEphemeralRange(intents: Intents): Intents {
  const move = (value: bigint, count: bigint): bigint => ((value >> 80n) << 80n) | ((0x9000n + count) << 64n);
  return {
    ...intents,
    networks: intents.networks.map((network, position) => ({
      ...network,
      resources: network.resources.map((resource, index) => ({
        ...resource,
        prefix: {
          ...resource.prefix,
          address: { ...resource.prefix.address, value: move(resource.prefix.address.value, BigInt(position * 256 + index)) },
        },
      })),
    })),
  };
}

async function portsMadeSafe({ intents, facts }: PureSubject): Promise<PropertyOutcome> {
  const known = [...facts.values()];
  const plans = [intents, inEphemeralRange(intents)].flatMap((some) => some.nodes.map(({ name }) => planNode(name, some, known)));
  const runs = plans.reduce(
    (sum, { namespaces }) => sum + namespaces.flatMap(({ links }) => links.filter(({ kind }) => kind === "wireguard")).length,
    0,
  );
  return Promise.resolve(outcomeOf(runs, plans.flatMap(judgeSockets), { nothing: "this farm has no tunnel" }));
}

export const collisionProperties: readonly PureProperty[] = [
  { law: "EX-21", name: "EX-21 refuses what would collide, naming both sides and the line", needs: [], run: collisionsRefused },
  {
    law: "EX-21",
    name: "EX-21 keeps the kernel's own ports and those of translated flows off the tunnels'",
    needs: [],
    run: portsMadeSafe,
  },
];
