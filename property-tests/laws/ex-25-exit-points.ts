/** EX-25: a network has exactly one exit point, on an exit node of its allocation; forwarding has a NIC of its own. */
import type { Prefix } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { Intents } from "../../core/intents/index.ts";
import { expectedFacts, planNode } from "../../core/plan/index.ts";
import type { NamespacePlan, NodePlan } from "../../core/plan/index.ts";
import { edited, farmsToBreak, foundIn, freshName, judgeBreak, judgeWhole, withAllocationBeside } from "./broken-farms.ts";
import type { Break, Draft } from "./broken-farms.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

const codes = ["exit-point-count", "exit-point-not-on-exit-node", "forwarding-nic-is-public", "forwarding-nic-in-use"];

type Network = Draft<NonNullable<FarmFile["networks"]>[string]>;

const inNetwork = (document: FarmFile, name: string, edit: (network: Network) => void): FarmFile =>
  edited(document, (draft) => {
    const network = draft.networks?.[name];
    if (network !== undefined) edit(network);
  });

function networkBreaks(document: FarmFile, name: string): Break[] {
  const resources = document.networks?.[name]?.resources ?? [];
  const point = resources.findIndex((resource) => resource["exit-point"] === true);
  const path = ["networks", name, "resources"];
  const plain = freshName(document, "plain");
  // Set up as an exit node, but for being one.
  const withPlain = edited(document, (draft) => {
    const [segment = ""] = draft.segments;
    draft.nodes[plain] = { nics: { eth0: { segment, ipv4: "198.18.0.2/15", gateway4: "198.18.0.1" }, eth1: { segment } } };
  });
  const other = withAllocationBeside(document, 3);
  const moved = (base: FarmFile, node: string): FarmFile =>
    inNetwork(base, name, (network) => {
      const resource = network.resources[point];
      if (resource !== undefined) network.resources[point] = { node, "exit-point": true };
      for (const workload of Object.values(network.workloads ?? {})) if (workload.node === resource?.node) workload.node = node;
    });
  return [
    {
      what: `no exit point in ${name}`,
      code: "exit-point-count",
      path,
      names: [name],
      document: inNetwork(document, name, (network) => void delete network.resources[point]?.["exit-point"]),
    },
    ...(resources.length < 2
      ? []
      : [
          {
            what: `two exit points in ${name}`,
            code: "exit-point-count",
            path: [...path, 1, "exit-point"],
            names: [name, resources[point]?.node ?? ""],
            // The right one first: the one that comes second in the file is one too many.
            document: inNetwork(document, name, (network) => {
              const rest = network.resources.filter((_, index) => index !== point);
              network.resources = [...network.resources.slice(point, point + 1), ...rest];
              const [, next] = network.resources;
              if (next !== undefined) next["exit-point"] = true;
            }),
          },
        ]),
    {
      what: `the exit point of ${name} on a node that is no exit node`,
      code: "exit-point-not-on-exit-node",
      path: [...path, point, "node"],
      names: [name, plain],
      document: moved(withPlain, plain),
    },
    {
      what: `the exit point of ${name} on an exit node of another allocation`,
      code: "exit-point-not-on-exit-node",
      path: [...path, point, "node"],
      names: [name, other.exitNode],
      document: moved(other.document, other.exitNode),
    },
  ];
}

function nicBreaks(document: FarmFile): Break[] {
  return Object.entries(document.nodes).flatMap(([name, node]): Break[] => {
    const exit = node["exit-node"];
    if (exit === undefined) return [];
    const path = ["nodes", name, "exit-node", "nic"];
    const sharing: Break = {
      what: `tunnels and forwarding on one NIC of ${name}`,
      code: "forwarding-nic-is-public",
      path,
      names: [exit.nic],
      document: edited(document, (draft) => {
        const held = draft.nodes[name];
        if (held?.public !== undefined) held.public.nic = exit.nic;
      }),
    };
    const used: Break = {
      what: `the host's address on the forwarding NIC of ${name}`,
      code: "forwarding-nic-in-use",
      path,
      names: [exit.nic],
      document: edited(document, (draft) => {
        const nic = draft.nodes[name]?.nics[exit.nic];
        if (nic !== undefined) nic.ipv6 = "2001:db8:dead::2/64";
      }),
    };
    return [...(node.public === undefined ? [] : [sharing]), used];
  });
}

async function othersRefused(subject: PureSubject): Promise<PropertyOutcome> {
  const stories: string[] = [];
  let runs = 0;
  for (const document of farmsToBreak(subject)) {
    const breaks = [...Object.keys(document.networks ?? {}).flatMap((name) => networkBreaks(document, name)), ...nicBreaks(document)];
    const beside = withAllocationBeside(document, 3).document;
    stories.push(
      ...judgeWhole("EX-25", "nothing broken", document, codes),
      ...judgeWhole("EX-25", "another allocation beside its own", beside, codes),
      ...breaks.flatMap((one) => judgeBreak("EX-25", one, codes)),
      ...intentsRefused(document),
    );
    runs += breaks.length + 2;
  }
  return Promise.resolve(outcomeOf(runs, stories));
}

/** Who writes intents by other ways than a file is refused too. */
function intentsRefused(document: FarmFile): string[] {
  const { farm } = foundIn(document);
  if (farm === undefined) return [];
  return farm.networks.flatMap((network, position) => {
    const wrong = [false, true].map((exitPoint) => network.resources.map((resource) => ({ ...resource, exitPoint })));
    return wrong
      .filter((resources) => resources.filter(({ exitPoint }) => exitPoint).length !== 1)
      .filter((resources) => {
        const networks = farm.networks.map((one, index) => (index === position ? { ...one, resources } : one));
        const outcome = intentsOf({ ...farm, networks });
        return outcome.ok || !outcome.problems.some(({ code, message }) => code === "exit-point-count" && message.includes(network.name));
      })
      .map(
        (resources) =>
          `network ${network.name} with ${resources.filter(({ exitPoint }) => exitPoint).length} exit points gets intents; expected: refused by name (EX-25)`,
      );
  });
}

const namespacesNamed = (plans: readonly NodePlan[], name: string): { readonly node: string; readonly namespace: NamespacePlan }[] =>
  plans.flatMap(({ node, namespaces }) => namespaces.filter((one) => one.name === name).map((namespace) => ({ node, namespace })));

const hexOf = ({ address }: Prefix): string => ((address.value >> 64n) & 0xffffn).toString(16).padStart(4, "0");

/** The kind of link by which a network resource reaches the others of its network. */
const overlayLink = { wireguard: "wireguard", vxlan: "vxlan", segment: "macvlan" } as const;

/** Over all nodes there is one link between a gateway and the network, and its exit point is a network resource like the others. */
function judgeNetwork(plans: readonly NodePlan[], network: Intents["networks"][number]): string[] {
  const ends = network.resources.map(({ node, prefix }) => ({
    node,
    name: `net-${hexOf(prefix)}-${network.allocationNumber}`,
  }));
  const gateways = namespacesNamed(plans, "gateway");
  // The routing tables that a gateway has for single networks are parts of it.
  const tables = gateways.flatMap(({ node, namespace }) =>
    namespace.links.flatMap((link) =>
      link.kind === "veth" && link.peerNamespace.startsWith("vrf-")
        ? namespacesNamed(plans, link.peerNamespace).filter((one) => one.node === node)
        : [],
    ),
  );
  const links = [...gateways, ...tables].flatMap(({ node, namespace }) =>
    namespace.links.flatMap((link) =>
      link.kind === "veth" && ends.some(({ name }) => name === link.peerNamespace) ? [{ node, to: link.peerNamespace }] : [],
    ),
  );
  const [first] = links;
  const called = `network ${network.name}`;
  if (first === undefined || links.length !== 1)
    return [`${called} has ${links.length} links to gateways; expected: one, of its exit point (EX-25)`];
  const point = network.resources.find(({ exitPoint }) => exitPoint);
  if (first.node !== point?.node) return [`${called} leaves by ${first.node}; expected: by ${point?.node ?? "its exit point"} (EX-25)`];
  const [own] = namespacesNamed(plans, first.to).filter(({ node }) => node === first.node);
  const kinds = new Set(
    (own?.namespace.links ?? []).map(({ kind, name }) => (kind === "veth" && name.startsWith("veth-") ? "local" : kind)),
  );
  return kinds.has(overlayLink[network.overlay?.kind ?? "wireguard"]) && kinds.has("local")
    ? []
    : [
        `the exit point of ${called} has no link to the others or no place for workloads; expected: it is a network resource like the others (EX-25)`,
      ];
}

/** What forwarding is on: no other namespace's, and without an address of the host's own. */
function judgeNics({ node, namespaces }: NodePlan): string[] {
  const parents = namespaces.flatMap(({ name, links }) =>
    links.flatMap((link) => (link.kind === "macvlan" ? [{ name, parent: link.parent }] : [])),
  );
  // A partner's gateway forwards as the node's own does.
  const isGateway = (name: string): boolean => /^gateway(?:-\d+-\d+)?$/.test(name);
  const forwarding = parents.filter(({ name }) => isGateway(name));
  const shared = parents.filter(({ name, parent }) => !isGateway(name) && forwarding.some((one) => one.parent === parent));
  const onHost = namespaces
    .filter(({ name }) => name === "host")
    .flatMap(({ addresses }) => addresses.filter(({ link }) => forwarding.some(({ parent }) => parent === link)));
  return [
    ...shared.map(({ name, parent }) => `${node}: ${parent} carries ${name} and forwarding; expected: separate NICs (EX-25)`),
    ...onHost.map(({ link, address }) => `${node}: the host has ${address} on ${link}, which forwards; expected: none (EX-25)`),
  ];
}

async function plannedOnce({ intents }: PureSubject): Promise<PropertyOutcome> {
  const facts = expectedFacts(intents);
  const plans = intents.nodes.map(({ name }) => planNode(name, intents, facts));
  const stories = [...intents.networks.flatMap((network) => judgeNetwork(plans, network)), ...plans.flatMap(judgeNics)];
  return Promise.resolve(outcomeOf(intents.networks.length + plans.length, stories));
}

export const exitPointProperties: readonly PureProperty[] = [
  {
    law: "EX-25",
    name: "EX-25 refuses a network without exactly one exit point on an exit node, and a NIC that forwards and serves",
    needs: [],
    run: othersRefused,
  },
  {
    law: "EX-25",
    name: "EX-25 plans one link between each network and a gateway, and a NIC for forwarding alone",
    needs: [],
    run: plannedOnce,
  },
];
