/** Plan - observed = what has to be done, as data: pure, and empty when the node is right. */
import type { Problem } from "../common/index.ts";
import type { NamespacePlan, NodePlan, WireguardPlan } from "../plan/index.ts";
import { addressLines, movedAddresses } from "./addresses.ts";
import { linkLines, settingLines } from "./links.ts";
import type { LinkLines } from "./links.ts";
import { namespaceLines } from "./namespaces.ts";
import { isAsLeft, nothing } from "./observed.ts";
import type { ObservedNamespace, ObservedNode } from "./observed.ts";
import { policyLines } from "./policies.ts";
import { routeLines, unroutedPrefixes } from "./routes.ts";
import { serviceChanges } from "./services.ts";
import type { ServiceChanges } from "./services.ts";
import { differingSettings, linkOfSetting } from "./sysctls.ts";
import type { Flows, Setting } from "./system.ts";
import { tableScript } from "./tables.ts";
import { tunnelChanges } from "./tunnels.ts";
import type { TunnelChange } from "./tunnels.ts";
import { forwardingLines } from "./vxlan.ts";
import { wireguardChange } from "./wireguard.ts";
import type { WireguardChange } from "./wireguard.ts";

/** In the order in which they are carried out; lines are for `ip -batch`. */
export interface Changes {
  readonly stopServices: readonly string[];
  /** Per living namespace: links that go. */
  readonly removeLinks: ReadonlyMap<string, readonly string[]>;
  /** In `host`: namespaces that go and come. */
  readonly namespaces: readonly string[];
  readonly tunnels: readonly TunnelChange[];
  /** In `host`: links that come, and what its bridges and their ports are set to. */
  readonly hostLinks: readonly string[];
  /** In the namespaces of sockets: links that come, straight into other namespaces. */
  readonly linksFrom: ReadonlyMap<string, readonly string[]>;
  readonly inside: ReadonlyMap<string, InsideChanges>;
  /** When all else is in place. */
  readonly services: Omit<ServiceChanges, "stop">;
  /** At last: flows of what is no longer routed or held here, and what was sent elsewhere that is held here now. */
  readonly forget: readonly Flows[];
  /** What cannot be had, for a reason that only a person can remove. */
  readonly problems: readonly Problem[];
  /** How many things change state; 0: nothing to do. */
  readonly count: number;
  /** Whether something that lived was taken away or put right, which may have taken other things along (a link its routes). */
  readonly repairs: boolean;
}

export interface InsideChanges {
  readonly sysctls: readonly Omit<Setting, "namespace">[];
  /** For `nft -f -`; empty: nothing. */
  readonly tables: string;
  readonly ip: readonly string[];
  /** For `ip -6 -batch`, after that. */
  readonly policies6: readonly string[];
  /** For `bridge -batch`, after that. */
  readonly forwarding: readonly string[];
  readonly wireguard: readonly { readonly name: string; readonly plan: WireguardPlan; readonly change: WireguardChange }[];
}

/** What was on a link that is made anew is gone with it. */
const withoutLinks = (namespace: string, observed: ObservedNamespace, made: ReadonlySet<string>): ObservedNamespace => {
  if (made.size === 0) return observed;
  const isGone = (link: string): boolean => made.has(`${namespace} ${link}`);
  const linkOfRoute = (text: string): string => / dev (\S+)/.exec(text)?.[1] ?? "";
  return {
    ...observed,
    links: new Map([...observed.links].filter(([name]) => !isGone(name))),
    addresses: new Set([...observed.addresses].filter((entry) => !isGone(entry.split(" ")[0] ?? ""))),
    routes: new Map([...observed.routes].filter(([, text]) => !isGone(linkOfRoute(text)))),
    sysctls: new Map([...observed.sysctls].filter(([path]) => !isGone(linkOfSetting(path) ?? ""))),
  };
};

const removedNames = (lines: LinkLines): ReadonlySet<string> =>
  new Set(
    [...lines.remove].flatMap(([namespace, entries]) =>
      entries.flatMap((entry) => {
        const name = / dev (\S+) group /.exec(entry)?.[1];
        return name === undefined ? [] : [`${namespace} ${name}`];
      }),
    ),
  );

const insideOf = (
  plan: NamespacePlan,
  seen: ObservedNamespace | undefined,
  gone: ReadonlySet<string>,
  taken: readonly string[],
): InsideChanges => {
  const observed = withoutLinks(plan.name, seen ?? nothing, gone);
  const settings = plan.links
    .filter((link) => !(plan.name === "host" && taken.includes(link.name)))
    .map((link) => settingLines(plan.name, link, observed.links.get(link.name)));
  const addresses = addressLines(plan, observed.addresses);
  const routes = routeLines(plan, observed.routes);
  return {
    sysctls: differingSettings(plan, observed.sysctls),
    tables: tableScript(plan, observed.tables),
    ip: [
      ...routes.remove,
      ...addresses.remove,
      ...settings.flatMap(({ before }) => before),
      // Before the links come up: coming up, they announce their addresses to the neighbours.
      ...addresses.add,
      ...(plan.name === "host" || observed.links.get("lo")?.up === true ? [] : ["link set dev lo up"]),
      ...settings.flatMap(({ up }) => up),
      ...routes.add,
      ...policyLines(plan, observed.policies, 4),
    ],
    policies6: policyLines(plan, observed.policies, 6),
    forwarding: forwardingLines(plan, observed.links),
    wireguard: plan.links.flatMap((link) => {
      if (link.kind !== "wireguard") return [];
      const change = wireguardChange(link.wireguard, observed.links.get(link.name)?.wireguard);
      return !change.whole && change.peerArguments.length === 0 ? [] : [{ name: link.name, plan: link.wireguard, change }];
    }),
  };
};

const countOf = (inside: InsideChanges): number =>
  inside.sysctls.length +
  inside.ip.length +
  inside.policies6.length +
  inside.forwarding.length +
  inside.wireguard.length +
  (inside.tables === "" ? 0 : 1);

const hostOnly = (observed: ObservedNamespace): ObservedNamespace => ({ ...observed, addresses: new Set(), routes: new Map() });

/** Everything that brings a node from `observed` to `plan`. */
export function difference(plan: NodePlan, observed: ObservedNode): Changes {
  const tunnels = tunnelChanges(plan, observed);
  const links = linkLines(plan, observed);
  const services = serviceChanges(plan, observed);
  const namespaces = namespaceLines(plan, observed);
  const gone = new Set([...links.made, ...removedNames(links), ...tunnels.make.map(({ namespace, name }) => `${namespace} ${name}`)]);
  const touched = new Set([...gone].map((entry) => entry.split(" ")[0]));
  const differing = plan.namespaces.filter(
    (namespace) => touched.has(namespace.name) || !isAsLeft(namespace, observed.namespaces.get(namespace.name)),
  );
  const none: ReadonlySet<string> = new Set();
  const inside = new Map<string, InsideChanges>();
  for (const namespace of differing) {
    const seen = observed.namespaces.get(namespace.name);
    // Addresses and routes of the host are not farmlab's.
    const changes = insideOf(
      namespace,
      namespace.name === "host" && seen !== undefined ? hostOnly(seen) : seen,
      touched.has(namespace.name) ? gone : none,
      links.taken,
    );
    if (countOf(changes) > 0) inside.set(namespace.name, changes);
  }
  // Bridges and their ports come up as soon as they are made, before anything at their other ends does: a neighbour solicitation that
  // finds its way closed is repeated only a second later.
  const ports = inside.get("host")?.ip ?? [];
  const removals = [...links.remove.values()].reduce((sum, lines) => sum + lines.length, 0);
  const isLiving = (name: string): boolean => observed.namespaces.has(name);
  return {
    stopServices: [...tunnels.stop, ...services.stop],
    removeLinks: links.remove,
    namespaces: [...namespaces.remove, ...namespaces.add],
    tunnels: tunnels.make,
    hostLinks: [...(links.add.get("host") ?? []), ...ports],
    linksFrom: new Map([...links.add].filter(([name]) => name !== "host")),
    inside: new Map([...inside].map(([name, changes]) => [name, name === "host" ? { ...changes, ip: [] } : changes])),
    services,
    forget: differing.flatMap((namespace) => {
      const seen = namespace.name === "host" ? undefined : observed.namespaces.get(namespace.name);
      if (seen === undefined) return [];
      const { gone, come } = movedAddresses(namespace, seen.addresses, seen.held);
      const flows =
        (which: Flows["which"]) =>
        (prefix: string): Flows => ({ namespace: namespace.name, prefix, which });
      // Who was sent to an address before it was here was sent upstream, and stays so: no rule translates what is on record.
      return [...[...unroutedPrefixes(namespace, seen.routes), ...gone].map(flows("all")), ...come.map(flows("untranslated"))];
    }),
    problems: links.taken.map((name) => ({
      severity: "error",
      code: "link-name-taken",
      message: `the node has an interface ${name} that farmlab did not make`,
      hint: "rename or remove it; farmlab touches only links that it made",
    })),
    count:
      tunnels.stop.length +
      services.stop.length +
      services.files.length +
      services.start.length +
      services.signal.length +
      removals +
      namespaces.remove.length +
      namespaces.add.length +
      tunnels.make.length +
      [...links.add.values()].reduce((sum, lines) => sum + lines.length, 0) +
      [...inside.values()].reduce((sum, changes) => sum + countOf(changes), 0),
    repairs: removals > 0 || [...inside].some(([name, changes]) => name !== "host" && isLiving(name) && changes.ip.length > 0),
  };
}
