/** A node's plan for people, namespace by namespace. */
import type { LinkPlan, NamespacePlan, NodePlan, PolicyPlan, RoutePlan, ServicePlan, WireguardPeerPlan } from "./node-plan.ts";

function linkKind(link: LinkPlan): string {
  switch (link.kind) {
    case "bridge":
      return "bridge";
    case "veth":
      return `veth to ${link.peerName} in ${link.peerNamespace}`;
    case "macvlan":
      return `macvlan on ${link.parent}${link.sources === undefined ? "" : `, for what ${link.sources.join(" and ") || "nobody"} sends`}`;
    case "vxlan":
      return `vxlan ${link.vxlan.vni}, port ${link.vxlan.port}, from ${link.vxlan.local} in ${link.vxlan.socketNamespace}`;
    case "wireguard":
      return `wireguard, port ${link.wireguard.listenPort}, socket in ${link.wireguard.socketNamespace}`;
  }
}

function peerLines(peer: WireguardPeerPlan): string[] {
  const endpoint = peer.endpoint === undefined ? "endpoint learnt" : `endpoint ${peer.endpoint}`;
  return [
    `    peer ${peer.publicKey}`,
    `      ${endpoint}, keepalive ${peer.keepaliveSeconds} s`,
    `      allowed ${peer.allowedIps.join(", ")}`,
  ];
}

function linkLines(link: LinkPlan, namespace: NamespacePlan): string[] {
  const port = link.bridge === undefined ? "" : `, port of ${link.bridge}`;
  const mtu = link.mtu === undefined ? "" : `, mtu ${link.mtu}`;
  const addresses = namespace.addresses
    .filter((address) => address.link === link.name)
    .map(({ address, by }) => `    ${address}${by === undefined ? "" : " while it is the active one"}`);
  const peers =
    link.kind === "wireguard"
      ? link.wireguard.peers.flatMap(peerLines)
      : link.kind === "vxlan"
        ? link.vxlan.forwarding.map(({ mac, destination }) => `    ${mac} at ${destination}`)
        : [];
  return [`  ${link.name}  (${linkKind(link)}${port}${mtu})`, ...addresses, ...peers];
}

function routeLine(route: RoutePlan): string {
  const parts = [
    route.type === "unreachable" ? `unreachable ${route.to}` : route.to === "default" ? `default (IPv${route.family})` : route.to,
    ...(route.via === undefined ? [] : [`via ${route.via}`]),
    ...(route.link === undefined ? [] : [`dev ${route.link}`]),
    ...(route.source === undefined ? [] : [`src ${route.source}`]),
    ...(route.onlink === true ? ["onlink"] : []),
    ...(route.table === undefined ? [] : [`table ${route.table}`]),
    ...(route.by === undefined ? [] : ["while it is the active one"]),
  ];
  return `    ${parts.join(" ")}`;
}

function policyLine({ family, priority, mark, table, withoutDefault }: PolicyPlan): string {
  const what = `${withoutDefault === true ? "all but the default route of " : ""}table ${table}`;
  return `    rule ${priority} (IPv${family})${mark === undefined ? "" : ` marked ${mark}`}: ${what}`;
}

function serviceLines({ name, namespace, argv, files }: ServicePlan, withFiles: boolean): string[] {
  const texts = files.flatMap(({ path, content }) => [
    `  ${path}`,
    ...content
      .trimEnd()
      .split("\n")
      .map((line) => `    ${line}`),
  ]);
  return [`daemon ${name} in ${namespace}: ${argv.join(" ")}`, ...(withFiles ? texts : [])];
}

function namespaceLines(namespace: NamespacePlan): string[] {
  const known = new Set(namespace.links.map((link) => link.name));
  const others = namespace.addresses.filter(({ link }) => !known.has(link)).map(({ link, address }) => `  ${link}\n    ${address}`);
  return [
    `namespace ${namespace.name}`,
    ...others,
    ...namespace.links.flatMap((link) => linkLines(link, namespace)),
    ...(namespace.routes.length === 0 ? [] : ["  routes", ...namespace.routes.map(routeLine)]),
    ...namespace.policies.map(policyLine),
    ...Object.entries(namespace.sysctls).map(([path, value]) => `  sysctl ${path} = ${value}`),
    ...namespace.tables.flatMap((table) => [`  nft table ${table.family} ${table.name}`, ...table.body.map((line) => `    ${line}`)]),
  ];
}

/** Lines without a line feed at the end; `withSettings` adds sysctls and rules. */
export function planText(plan: NodePlan, withSettings: boolean): string {
  const shown = plan.namespaces.map((namespace) => (withSettings ? namespace : { ...namespace, sysctls: {}, tables: [] }));
  const lines = shown.filter(
    (namespace) => namespace.links.length + namespace.addresses.length + namespace.routes.length > 0 || withSettings,
  );
  return [
    `node ${plan.node}`,
    ...[...lines.flatMap(namespaceLines), ...plan.services.flatMap((service) => serviceLines(service, withSettings))].map(
      (line) => `  ${line}`,
    ),
  ].join("\n");
}
