/** Reads what a node has of farmlab's; changes nothing. */
import { atMost } from "../common/index.ts";
import { hostLinkGroup } from "../plan/index.ts";
import type { NodePlan } from "../plan/index.ts";
import { readAddresses, readHeld } from "./addresses.ts";
import { readLinks } from "./links.ts";
import { nothing } from "./observed.ts";
import type { ObservedLink, ObservedNamespace, ObservedNode } from "./observed.ts";
import { isOwnNamespace, isTunnelName, routeProtocol } from "./ownership.ts";
import { readPolicies } from "./policies.ts";
import { readRoutes } from "./routes.ts";
import { shownArrays } from "./shown.ts";
import type { ShownForwarding, ShownLink, ShownPolicy, ShownRoute } from "./shown.ts";
import { readSysctls, sysctlReadArgv } from "./sysctls.ts";
import type { System } from "./system.ts";
import { readTables } from "./tables.ts";
import { withForwarding } from "./vxlan.ts";
import { readWireguard } from "./wireguard.ts";

const show = async (namespace: string, lines: readonly string[], system: System): Promise<readonly (readonly unknown[])[]> => {
  const argv = ["ip", "-json", "-details", "-batch", "-"];
  const result = await system.run({ namespace, argv, input: lines.map((line) => `${line}\n`).join("") });
  if (result.code !== 0) throw new Error(`ip in ${namespace}: ${result.stderr.trim()}`);
  return shownArrays(result.stdout);
};

const tablesIn = async (namespace: string, system: System): Promise<ReadonlyMap<string, string>> => {
  const result = await system.run({ namespace, argv: ["nft", "-j", "list", "ruleset"] });
  if (result.code !== 0) throw new Error(`nft in ${namespace}: ${result.stderr.trim()}`);
  return readTables(result.stdout);
};

const sysctlsIn = async (namespace: string, paths: readonly string[], system: System): Promise<ReadonlyMap<string, string>> =>
  paths.length === 0 ? new Map() : readSysctls(paths, (await system.run({ namespace, argv: sysctlReadArgv(paths) })).stdout);

/** Adds what WireGuard says to the tunnels among the links; one whose daemon does not answer counts as not there. */
const withWireguard = async (
  namespace: string,
  links: ReadonlyMap<string, ObservedLink>,
  services: ReadonlySet<string>,
  system: System,
): Promise<ReadonlyMap<string, ObservedLink>> => {
  const complete = await Promise.all(
    [...links].map(async ([name, link]): Promise<[string, ObservedLink][]> => {
      if (!isTunnelName(name)) return [[name, link]];
      if (!services.has(name)) return [];
      const result = await system.run({ namespace, argv: ["wg", "show", name, "dump"] });
      if (result.code !== 0) return [];
      return [[name, { ...link, kind: "wireguard", wireguard: readWireguard(result.stdout, await system.privateKeyOf(name)) }]];
    }),
  );
  return new Map(complete.flat());
};

/** Adds whom VXLANs reach to those among the links. */
const withVxlans = async (
  namespace: string,
  links: ReadonlyMap<string, ObservedLink>,
  system: System,
): Promise<ReadonlyMap<string, ObservedLink>> => {
  if (![...links.values()].some(({ vxlan }) => vxlan !== undefined)) return links;
  const result = await system.run({ namespace, argv: ["bridge", "-json", "fdb", "show"] });
  if (result.code !== 0) throw new Error(`bridge in ${namespace}: ${result.stderr.trim()}`);
  return withForwarding(links, shownArrays(result.stdout).flat() as readonly ShownForwarding[]);
};

/** A kernel without IPv6 rules of farmlab's has none of IPv4 either, and needs no second look. */
const policiesIn = async (
  namespace: string,
  policies4: readonly ShownPolicy[],
  isPlanned: boolean,
  system: System,
): Promise<ReadonlyMap<string, string>> => {
  const own = readPolicies(4, policies4);
  if (own.size === 0 && !isPlanned) return own;
  const result = await system.run({ namespace, argv: ["ip", "-6", "-json", "rule", "show"] });
  if (result.code !== 0) throw new Error(`ip in ${namespace}: ${result.stderr.trim()}`);
  const [policies6 = []] = shownArrays(result.stdout);
  return new Map([...own, ...readPolicies(6, policies6 as readonly ShownPolicy[])]);
};

const observeNamespace = async (
  name: string,
  links: readonly ShownLink[],
  routes: readonly ShownRoute[],
  policies4: readonly ShownPolicy[],
  nics: ReadonlyMap<number, string>,
  plan: NodePlan,
  services: ReadonlySet<string>,
  system: System,
): Promise<ObservedNamespace> => {
  const planned = plan.namespaces.find((namespace) => namespace.name === name);
  const paths = Object.keys(planned?.sysctls ?? {});
  const read = readLinks(name, links, nics);
  const [tables, policies, sysctls, complete] = await Promise.all([
    tablesIn(name, system),
    policiesIn(name, policies4, (planned?.policies.length ?? 0) > 0, system),
    sysctlsIn(name, paths, system),
    withVxlans(name, read.links, system).then((links) => withWireguard(name, links, services, system)),
  ]);
  return {
    ...{
      links: complete,
      foreignLinks: read.foreignLinks,
      addresses: readAddresses(links),
      held: readHeld(links),
      routes: readRoutes(routes),
    },
    ...{ policies, sysctls, tables },
  };
};

/** Which namespaces are looked at, and what is taken as known of all others. */
export interface PartialLook {
  /** With `host` where that is looked at too. */
  readonly names: ReadonlySet<string>;
  readonly known: ObservedNode;
  /** Asked before each namespace inside but the first; from the first no on what is left is taken as known. */
  readonly goesOn: () => boolean;
}

export interface Look {
  readonly node: ObservedNode;
  /** Namespaces that were to be looked at and were not, because the look did not go on. */
  readonly left: readonly string[];
}

/**
 * Each look into a namespace is four or five programs. A part is looked at beside other work, which more at once would hold up; for a whole
 * look all else waits.
 */
const mostAtOnce = { part: 2, whole: 16 };

/** What is known of a namespace that is not looked at; a tunnel whose program has ended is not there. */
const asKnown = (known: ObservedNamespace, services: ReadonlySet<string>): ObservedNamespace => {
  const links = [...known.links].filter(([name]) => !isTunnelName(name) || services.has(name));
  return links.length === known.links.size ? known : { ...known, links: new Map(links) };
};

const filesIn = async (plan: NodePlan, system: System): Promise<ReadonlyMap<string, string>> => {
  const paths = plan.services.flatMap(({ files }) => files.map(({ path }) => path));
  const read = await Promise.all(paths.map(async (path) => [path, await system.readFile(path)] as const));
  return new Map(read.flatMap(([path, content]) => (content === undefined ? [] : [[path, content]])));
};

const lookAtHost = async (system: System): Promise<readonly ShownLink[]> => {
  const [links = [], inGroup = []] = await show("host", ["address show", `link show group ${hostLinkGroup}`], system);
  // Who looks at addresses is not told whether the kernel makes some.
  const modes = new Map((inGroup as readonly ShownLink[]).map((link) => [link.ifname, link.inet6_addr_gen_mode]));
  return (links as readonly ShownLink[]).map((link) => {
    const mode = modes.get(link.ifname);
    return mode === undefined ? link : { ...link, inet6_addr_gen_mode: mode };
  });
};

/** What is to be taken as known of a namespace; undefined for one that is to be looked at, as it is where nothing is known of it. */
const takenAsKnown = (name: string, part: PartialLook | undefined): ObservedNamespace | undefined =>
  part === undefined || part.names.has(name) ? undefined : part.known.namespaces.get(name);

/** The links of `host` as far as they are needed: all of it where it is looked at, their numbers where a namespace has a link on one. */
const hostLinksFor = async (plan: NodePlan, system: System, part: PartialLook | undefined): Promise<readonly ShownLink[]> => {
  if (takenAsKnown("host", part) === undefined) return await lookAtHost(system);
  const looked = plan.namespaces.filter(({ name }) => takenAsKnown(name, part) === undefined);
  if (!looked.some(({ links }) => links.some(({ kind }) => kind === "macvlan"))) return [];
  const [links = []] = await show("host", ["link show"], system);
  return links as readonly ShownLink[];
};

/**
 * The list of namespaces tells which of those planned there are to look into: a fresh node costs one look. With `part` only some are looked
 * into. Throws if it cannot look.
 */
export async function observe(plan: NodePlan, system: System, part?: PartialLook): Promise<Look> {
  const wanted = new Set(plan.namespaces.map((namespace) => namespace.name));
  const [hostLinks, there, running] = await Promise.all([hostLinksFor(plan, system, part), system.listNamespaces(), system.listServices()]);
  const services = new Set(running);
  const names = there.filter(isOwnNamespace);
  const nics = new Map(hostLinks.map((link) => [link.ifindex ?? 0, link.ifname]));
  const atATime = atMost(part === undefined ? mostAtOnce.whole : mostAtOnce.part);
  const left: string[] = [];
  let isBegun = false;
  const lookInto = async (name: string): Promise<ObservedNamespace> => {
    // One that goes as a whole needs no look.
    if (!wanted.has(name)) return nothing;
    const taken = takenAsKnown(name, part);
    if (taken !== undefined) return asKnown(taken, services);
    return await atATime(async () => {
      const known = part?.known.namespaces.get(name);
      if (known !== undefined && isBegun && part?.goesOn() === false) {
        left.push(name);
        return asKnown(known, services);
      }
      isBegun = true;
      const lines = ["address show", `route show table all proto ${routeProtocol}`, "rule show"];
      const [links, routes, policies] = await show(name, lines, system);
      return await observeNamespace(
        name,
        (links ?? []) as readonly ShownLink[],
        (routes ?? []) as readonly ShownRoute[],
        (policies ?? []) as readonly ShownPolicy[],
        nics,
        plan,
        services,
        system,
      );
    });
  };
  const knownHost = takenAsKnown("host", part);
  const [host, ...inside] = await Promise.all([
    knownHost === undefined ? observeNamespace("host", hostLinks, [], [], nics, plan, services, system) : asKnown(knownHost, services),
    ...names.map(lookInto),
  ]);
  const namespaces = new Map([["host", host], ...names.map((name, index) => [name, inside[index] ?? nothing] as const)]);
  return { node: { namespaces, services, files: await filesIn(plan, system) }, left };
}
