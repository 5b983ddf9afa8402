/**
 * From the file's document to a `Farm`: lists for maps, numbers for addresses, defaults filled in. Pure; judges nothing.
 * Needs a document that has passed the schema. Lists keep the order of the file.
 */
import type { Address } from "../common/index.ts";
import type {
  CarrierEntry,
  ConditionEntry,
  ExitNodeEntry,
  FarmFile,
  HomeRouterEntry,
  NetworkEntry,
  NicEntry,
  NodeEntry,
  RouteEntry,
} from "./document.ts";
import type {
  Allocation,
  Carrier,
  Condition,
  ExitNodeConfig,
  Farm,
  FarmNode,
  HomeRouter,
  InternetHost,
  Nic,
  Overlay,
  PublicConfig,
  StaticRoute,
  UpstreamRouter,
  UserNetwork,
} from "./farm.ts";
import { natOf } from "./nat.ts";
import type { NatBehaviour } from "./nat.ts";
import { namedConditions } from "./faults/conditions.ts";
import { editsOf, expectationOf, timelineOf } from "./normalise-timeline.ts";
import { address, optional, prefix, present, service } from "./normalise-values.ts";

const entries = <T>(map: Readonly<Record<string, T>> | undefined): [string, T][] => Object.entries(map ?? {});

/** A segment's router, as the nodes on it see it. */
interface Router {
  readonly ipv4?: Address | undefined;
  readonly ipv6?: Address | undefined;
}

function routersOf(file: FarmFile): ReadonlyMap<string, Router> {
  const routers = new Map<string, Router>();
  for (const [, home] of entries(file["home-routers"])) routers.set(home.segment, { ipv4: prefix(home.lan4).address });
  for (const [, upstream] of entries(file.upstreams)) {
    routers.set(upstream.segment, { ipv4: optional(upstream.ipv4, prefix)?.address, ipv6: prefix(upstream.ipv6).address });
  }
  return routers;
}

type Addresses = Pick<NicEntry, "ipv4" | "gateway4" | "ipv6" | "gateway6">;

/** A gateway goes with an address of its family: stated, or the segment's router. */
function addressed(entry: Addresses, router: Router | undefined): Pick<Nic, "ipv4" | "gateway4" | "ipv6" | "gateway6"> {
  return present({
    ipv4: optional(entry.ipv4, prefix),
    gateway4: optional(entry.gateway4, address) ?? (entry.ipv4 === undefined ? undefined : router?.ipv4),
    ipv6: optional(entry.ipv6, prefix),
    gateway6: optional(entry.gateway6, address) ?? (entry.ipv6 === undefined ? undefined : router?.ipv6),
  });
}

function nodeOf(name: string, entry: NodeEntry, routers: ReadonlyMap<string, Router>, onlyAllocation: number): FarmNode {
  const routerOf = (nic: string): Router | undefined => {
    const segment = Object.hasOwn(entry.nics, nic) ? entry.nics[nic]?.segment : undefined;
    return segment === undefined ? undefined : routers.get(segment);
  };
  const exitNodeOf = (exit: ExitNodeEntry): ExitNodeConfig => {
    const { ipv4, gateway4 } = addressed(exit, routerOf(exit.nic));
    return {
      number: exit.number,
      allocationNumber: exit.allocation ?? onlyAllocation,
      nic: exit.nic,
      ...(exit.isolation === "vrf" ? { isolation: exit.isolation } : {}),
      ...present({ ipv4, gateway4 }),
      ...(exit.standby === undefined || exit.standby.length === 0
        ? {}
        : { standbys: exit.standby.map(({ node, nic }) => ({ node, nic })) }),
      ...(exit.partner === undefined ? {} : { partner: exit.partner }),
    };
  };
  const publicOf = (config: NonNullable<NodeEntry["public"]>): PublicConfig => ({
    nic: config.nic,
    ...addressed(config, routerOf(config.nic)),
  });
  return {
    name,
    nics: entries(entry.nics).map(([nic, held]) => ({ name: nic, segment: held.segment, ...addressed(held, routers.get(held.segment)) })),
    ...(entry.public === undefined ? {} : { public: publicOf(entry.public) }),
    ...(entry["exit-node"] === undefined ? {} : { exitNode: exitNodeOf(entry["exit-node"]) }),
    ...(entry.services === undefined ? {} : { services: entry.services.map(service) }),
    emulate: entry.emulate ?? true,
  };
}

/** A segment that is left out is one that there is not: a rule refuses both. */
function overlayOf({ overlay, segment = "" }: NetworkEntry): Overlay | undefined {
  if (overlay === undefined || overlay === "wireguard") return undefined;
  return overlay === "vxlan" ? { kind: overlay } : { kind: overlay, segment };
}

function networkOf(name: string, entry: NetworkEntry, onlyAllocation: number): UserNetwork {
  return {
    name,
    kind: entry.kind,
    ...present({ overlay: overlayOf(entry) }),
    allocationNumber: entry.allocation ?? onlyAllocation,
    ownedIpv4: (entry["owned-ipv4"] ?? []).map(address),
    resources: entry.resources.map((resource) => ({
      node: resource.node,
      exitPoint: resource["exit-point"] ?? false,
      ...(resource.prefix === undefined ? {} : { prefix: prefix(resource.prefix) }),
    })),
    workloads: entries(entry.workloads).map(([workload, held]) => ({
      name: workload,
      node: held.node,
      host: held.host,
      services: (held.services ?? []).map(service),
    })),
    portForwards: (entry["port-forwards"] ?? []).map((forward) => ({
      address: address(forward.address),
      ...service(forward.service),
      workload: forward.workload,
      workloadPort: forward.port,
    })),
  };
}

/** Without a preset a router is a usual one at home, a carrier as RFC 6888 wants it. */
function natOfEntry(entry: HomeRouterEntry | CarrierEntry, preset: "home" | "cgnat"): NatBehaviour {
  const { timeouts = {}, ...overrides } = entry["nat-overrides"] ?? {};
  return natOf(entry.nat ?? preset, {
    ...overrides,
    timeouts: present({
      udp: timeouts.udp,
      udpStream: timeouts["udp-stream"],
      tcpEstablished: timeouts["tcp-established"],
      tcpTransitory: timeouts["tcp-transitory"],
    }),
  });
}

function homeRouterOf(name: string, home: HomeRouterEntry): HomeRouter {
  return {
    name,
    segment: home.segment,
    lan4: prefix(home.lan4),
    wan4: address(home.wan4),
    ...present({ behind: home.behind }),
    nat: natOfEntry(home, "home"),
    portForwards: (home["port-forwards"] ?? []).map((forward) => {
      const arriving = service(forward.service);
      return { ...arriving, to: address(forward.to), toPort: forward.port ?? arriving.port };
    }),
  };
}

const routeOf = (route: RouteEntry): StaticRoute =>
  route.via === undefined
    ? { kind: "unreachable", prefix: prefix(route.to) }
    : { kind: "via", prefix: prefix(route.to), via: address(route.via) };

function conditionOf(entry: ConditionEntry): Condition {
  const named = entry.like === undefined ? undefined : namedConditions[entry.like];
  const loss = entry["loss-percent"];
  const own = present({
    delayMs: entry["delay-ms"],
    jitterMs: entry["jitter-ms"],
    loss: loss === undefined ? undefined : loss / 100,
    rateKbit: entry["rate-kbit"],
  });
  return {
    on: entry.segment === undefined ? { kind: "link", link: entry.link ?? "" } : { kind: "segment", segment: entry.segment },
    ...(entry.direction === "down" ? {} : { up: { ...named?.up, ...own } }),
    ...(entry.direction === "up" ? {} : { down: { ...named?.down, ...own } }),
    ...present({ edits: editsOf(entry.edits) }),
  };
}

export function normalise(file: FarmFile): Farm {
  const routers = routersOf(file);
  // Where there are several, a rule refuses the file that leaves the choice open.
  const onlyAllocation = file.allocations[0]?.number ?? 0;
  return {
    name: file.farm,
    about: file.about ?? "",
    allocations: file.allocations.map((allocation): Allocation =>
      present({ prefix: prefix(allocation.prefix), number: allocation.number, ipv4: optional(allocation.ipv4, prefix) }),
    ),
    segments: file.segments.map((name) => ({ name })),
    internet: {
      hosts: entries(file.internet.hosts).map(([name, host]): InternetHost => ({
        name,
        ...present({ ipv4: optional(host.ipv4, address), ipv6: optional(host.ipv6, address) }),
        store: host.store ?? false,
      })),
    },
    upstreams: entries(file.upstreams).map(([name, upstream]): UpstreamRouter =>
      present({
        name,
        segment: upstream.segment,
        ipv4: optional(upstream.ipv4, prefix),
        ipv6: prefix(upstream.ipv6),
        wan4: optional(upstream.wan4, address),
        wan6: optional(upstream.wan6, address),
        routes: (upstream.routes ?? []).map(routeOf),
      }),
    ),
    homeRouters: entries(file["home-routers"]).map(([name, home]) => homeRouterOf(name, home)),
    carriers: entries(file.carriers).map(([name, carrier]): Carrier => ({
      name,
      lan4: prefix(carrier.lan4),
      wan4: address(carrier.wan4),
      nat: natOfEntry(carrier, "cgnat"),
    })),
    nodes: entries(file.nodes).map(([name, entry]) => nodeOf(name, entry, routers, onlyAllocation)),
    networks: entries(file.networks).map(([name, entry]) => networkOf(name, entry, onlyAllocation)),
    conditions: (file.conditions ?? []).map(conditionOf),
    timeline: timelineOf(file.timeline ?? []),
    expectations: (file.expectations ?? []).map(expectationOf),
  };
}
