/** `docs/exit-nodes.md`: drawn from the plan of the farm that runs. `npx vitest run --project unit property-tests/mutants -u` writes it anew. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { expectValue, formatPrefix } from "../../core/common/index.ts";
import { deriveExitNode, seedNames } from "../../core/derive/index.ts";
import type { SeedName } from "../../core/derive/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { FarmNode } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { dialects, expectedFacts, planNode, planUpstream } from "../../core/plan/index.ts";
import type { LinkPlan, NamespacePlan, RoutePlan } from "../../core/plan/index.ts";
import { lawNamed } from "../laws/index.ts";
import { mutants } from "./catalogue.ts";

const file = "topologies/exit-node.farm.yml";
const { farm } = expectValue(loadFarm(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), file));
const intents = expectValue(intentsOf(farm));
const exitNode = farm.nodes.find((node): node is FarmNode & Required<Pick<FarmNode, "exitNode">> => node.exitNode !== undefined);
const [upstream] = farm.upstreams;
if (exitNode === undefined || upstream === undefined) throw new Error(`${file} has no exit node below an upstream router`);
const plan = planNode(exitNode.name, intents, expectedFacts(intents));
const router = planUpstream(farm, upstream, { interface: "swp1", nextHop: "link-local" });
if (router === undefined) throw new Error(`the router of ${file} has nothing to hold`);

const namespace = (name: string): NamespacePlan => {
  const found = plan.namespaces.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${exitNode.name} has no namespace ${name}`);
  return found;
};

const addressesOn = ({ addresses }: NamespacePlan, link: string): string[] =>
  addresses.flatMap((one) => (one.link === link ? [one.address] : []));

/** Text in a frame, all lines of one length. */
function box(title: string, lines: readonly string[], atLeast = 0): string[] {
  const width = Math.max(atLeast, title.length + 2, ...lines.map((line) => line.length));
  const edge = `+-${"-".repeat(width)}-+`;
  return [
    `+- ${title} ${"-".repeat(width - title.length - 1)}+`.slice(0, edge.length - 1).concat("+"),
    ...lines.map((line) => `| ${line.padEnd(width)} |`),
    edge,
  ];
}

/** Boxes next to each other, all as high as the highest. */
function beside(boxes: readonly (readonly string[])[]): string[] {
  const height = Math.max(...boxes.map(({ length }) => length));
  return Array.from({ length: height }, (_, row) => boxes.map((lines) => lines[row] ?? " ".repeat(lines[0]?.length ?? 0)).join("  "));
}

const down = (indent: number, said = ""): string[] => [`${" ".repeat(indent)}|${said === "" ? "" : `   ${said}`}`];

const called = (link: LinkPlan): string =>
  link.kind === "macvlan"
    ? `${link.name}, on ${link.parent}`
    : link.kind === "wireguard"
      ? `${link.name}, UDP port ${link.wireguard.listenPort} in ${link.wireguard.socketNamespace}`
      : link.name;

const linkLines = (space: NamespacePlan, link: LinkPlan): string[] => [
  called(link),
  ...addressesOn(space, link.name).map((address) => `  ${address}`),
];

/** An exit point with what hangs on it, as far as the plan of its node shows it. */
function exitPointBox(name: string): string[] {
  const space = namespace(name);
  const network = intents.networks.find(({ resources, allocationNumber }) =>
    resources.some(
      ({ prefix }) => name === `net-${((prefix.address.value >> 64n) & 0xffffn).toString(16).padStart(4, "0")}-${allocationNumber}`,
    ),
  );
  const ordered = ["pub-", "wg-", "veth-"].flatMap((start) => space.links.filter((link) => link.name.startsWith(start)));
  const lines = ordered.flatMap((link) => [
    ...linkLines(space, link),
    ...(link.name.startsWith("pub-") ? addressesOn(space, "lo").map((one) => `  ${one} on lo`) : []),
  ]);
  return box(`${name}: exit point of ${network?.name ?? "?"}`, lines);
}

const routeLine = ({ type, to, via, link, family }: RoutePlan): string =>
  [
    type === "unicast" ? "" : `${type} `,
    to === "default" ? `default (IPv${family})` : to,
    via === undefined ? "" : ` via ${via}`,
    link === undefined ? "" : ` dev ${link}`,
  ].join("");

function drawing(): string {
  const gateway = namespace("gateway");
  const [up] = gateway.links.filter(({ kind }) => kind === "macvlan");
  const [outer] = namespace("public").links;
  if (up === undefined || outer === undefined || router === undefined) throw new Error("the exit node has no way up");
  const towards = gateway.links.filter(({ kind }) => kind === "veth");
  const points = towards.flatMap((link) => (link.kind === "veth" ? [exitPointBox(link.peerNamespace)] : []));
  const ends = towards.map((link, index) => {
    const width = points[index]?.[0]?.length ?? 0;
    return linkLines(gateway, link).map((line) => `  ${line}`.padEnd(width));
  });
  const inner = beside(points);
  const width = inner[0]?.length ?? 0;
  const inGateway = box("namespace gateway: the router of this exit node", [...linkLines(gateway, up), "", ...beside(ends)], width - 4);
  const services = box("namespace public: where tunnels come in", linkLines(namespace("public"), outer), (inGateway[0]?.length ?? 0) - 4);
  const legs = points.map((point) => `        |`.padEnd(point[0]?.length ?? 0)).join("  ");
  const node = box(`${exitNode?.name ?? ""}: exit node ${exitNode?.exitNode.number ?? 0}`, [
    ...services,
    "",
    ...inGateway,
    legs.padEnd(inGateway[0]?.length ?? 0),
    ...inner,
  ]);
  const told = router.routes.map((route) =>
    route.kind === "unreachable"
      ? `unreachable ${formatPrefix(route.to)}`
      : `${formatPrefix(route.to)} to the gateway of exit node ${route.exitNode}`,
  );
  return [
    ...down(10, "to the internet"),
    ...box(`${router.router}: the router that the farmer owns`, [
      `${router.interface}  ${router.addresses.map(formatPrefix).join("  ")}`,
      ...told,
    ]),
    ...down(10, `segment ${upstream?.segment ?? ""}: PrefixZero`),
    ...node,
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** The seed's names of what the first exit point has. */
function namesTable(): string {
  const network = intents.networks.find(({ resources }) => resources.some((resource) => resource.exitPoint));
  const point = network?.resources.find((resource) => resource.exitPoint);
  if (network === undefined || point === undefined) throw new Error("no network has an exit point");
  const gatewayIp4 = exitNode?.exitNode.ipv4;
  const derived = expectValue(
    deriveExitNode({
      prefix: point.prefix,
      exitNode: exitNode?.exitNode.number ?? 0,
      allocation: network.allocationNumber,
      ...(gatewayIp4 === undefined ? {} : { gatewayIp4 }),
    }),
  );
  const rows = (Object.keys(seedNames) as SeedName[]).map((name) => `| \`${name}\` | ${derived[name] ?? "-"} | ${seedNames[name]} |\n`);
  return `| name | of ${network.name} | what it is |\n| --- | --- | --- |\n${rows.join("")}`;
}

const gatewayRoutes = (): string =>
  namespace("gateway")
    .routes.map((route) => `${routeLine(route)}\n`)
    .join("");

/** What `check` or loading says of each requirement. */
const requirements: readonly (readonly [string, string])[] = [
  ["a /48 of IPv6 that the provider routes to you, by a router with IPv6 towards it", "`no-ipv6-uplink`, and errors of the allocation"],
  ["a routable IPv4 network of more than one address", "`no-ipv4`, `ipv4-too-small`"],
  ["PrefixZero on that router: the first /64", "`prefix-zero-unrouted`"],
  ["a /52 route for every exit node, to its gateway", "`missing-route`, `wrong-next-hop`"],
  ["an unreachable /48 beneath them", "`missing-unreachable`"],
  [
    "two NICs in every exit node, one of them for forwarding alone",
    "`exit-node-needs-two-nics`, `forwarding-nic-is-public`, `forwarding-nic-in-use`",
  ],
  ["another node set up alike, which could stand in", "`no-spare-node`"],
  ["one exit point in each network, on an exit node of its allocation", "`exit-point-count`, `exit-point-not-on-exit-node`"],
  ["no 16 bits twice on a node, and no port of a service of the node's own", "`prefix-collision`, `port-held`, `prefix-reserved`"],
];

const requirementsTable = (): string =>
  `| what a farm needs | what \`farmlab check\` says where it is not so |\n| --- | --- |\n${requirements.map((row) => `| ${row.join(" | ")} |\n`).join("")}`;

function lawsTable(): string {
  const rows = ["EX-6", "EX-21", "EX-23", "EX-24", "EX-25"].map((id) => {
    const caught = mutants.flatMap(({ id: name, laws }) => (laws.includes(id) ? [`\`${name}\``] : []));
    return `| ${id} | ${lawNamed(id)?.text ?? ""} | ${caught.join(", ")} |\n`;
  });
  return `| law | what holds | seeded faults that it catches |\n| --- | --- | --- |\n${rows.join("")}`;
}

const document = (): string => `# Exit nodes: what becomes of your machines

An exit node is a machine of a farm through which users' networks reach the internet. It runs a router of its own, the gateway, for a
sixteenth of the farm's addresses. This page is made from \`${file}\`, which \`farmlab run\` brings up;
\`farmlab plan\` shows the same of your farm.

\`\`\`text
${drawing()}\`\`\`

Read it from the top. Your router has one address on the segment that exit nodes are on, and a route for each of them; it never learns of
users' networks. The gateway has an address that follows from the exit node's number, so that the route stays right whichever machine runs
it. Below it each network has one link to its exit point, a namespace of its own, from which tunnels lead to the network's other parts on
other nodes; a workload's packets take the tunnel to the exit point, then the gateway, then your router. On IPv6 they keep their own
address all the way. On IPv4 the gateway gives them its own, and what comes in unasked is refused but for forwarded ports.

Everything in the drawing follows from three things: the /48, the exit node's number, and two bytes of each /64, which stand in the names.

${namesTable()}
The gateway's routes. The unreachable ones keep what no network has from going in circles between it and your router, and private
addresses from leaving.

\`\`\`text
${gatewayRoutes()}\`\`\`

## Your router

\`farmlab plan FILE --for upstream --dialect LANGUAGE\` prints what your router has to be told: \`linux\` and \`frr\` were pasted into such
routers in a lab, \`routeros\` and \`ios\` say that they were not tried. \`--interface\` is what the router calls its interface on PrefixZero.
With \`--next-hop prefix-zero\` routes lead to the gateways' global addresses, for routers that take no link-local ones. Default routes are
left alone. For this farm:

    $ farmlab plan ${file} --for upstream --dialect linux

\`\`\`sh
${dialects.linux.lines(router).join("\n")}
\`\`\`

## What is needed

${requirementsTable()}
A node may say \`services: [udp/9943]\`: ports that something else has on the addresses of its tunnels. No tunnel gets one of them.

## How large packets may be

1500 bytes everywhere but in tunnels, which carry 1420. Whoever sends more is told so by the router in front of the tunnel, and on IPv4 the
gateway's translation is undone in what it is told. TCP does not have to rely on that: routers write into each connection's first packets
how large its segments may be.

## What is checked

${lawsTable()}`;

it("docs/exit-nodes.md shows the farm that runs", async () => {
  await expect(document()).toMatchFileSnapshot("../../docs/exit-nodes.md");
});
