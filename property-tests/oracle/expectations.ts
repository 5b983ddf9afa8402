/** What the farmer's expectations speak of: which flows, and who is asked by them. */
import type { Address, Family } from "../../core/common/address.ts";
import type { Expectation, ExpectedParty } from "../../core/farm/index.ts";
import type { Flow } from "./predict.ts";
import { addressOf } from "./world.ts";
import type { InternetParty, Party, World, WorkloadParty } from "./world.ts";

export const families: readonly Family[] = [4, 6];

/** A flow by which an expectation is held against a farm. */
export interface ExpectedFlow {
  readonly flow: Flow;
  /** Who answers where it is expected to be reached. */
  readonly asked: Party;
}

const nameOf = (party: ExpectedParty): string => (party.kind === "internet" ? "internet" : `${party.network}/${party.workload}`);

/** An expectation in words: `internet reaches blue/blue-1 tcp/80 on IPv6`. */
export function expectationText({ from, to, service, family, reachable }: Expectation): string {
  const how = [service === undefined ? "" : ` ${service.protocol}/${service.port}`, family === undefined ? "" : ` on IPv${family}`].join(
    "",
  );
  return `${nameOf(from)} ${reachable ? "reaches" : "does not reach"} ${nameOf(to)}${how}`;
}

const isStore = (world: World, { name }: InternetParty): boolean =>
  world.farm.internet.hosts.some((host) => host.name === name && host.store);

/** The host that stands for the internet in a family: one that does nothing else, where there is one. */
export function internetHost(world: World, family: Family): InternetParty | undefined {
  const able = world.internetHosts.filter((host) => addressOf(host, family) !== undefined);
  return able.find((host) => !isStore(world, host)) ?? able[0];
}

function workloadOf(world: World, party: ExpectedParty): WorkloadParty | undefined {
  if (party.kind === "internet") return undefined;
  return world.workloads.find(({ network, name }) => network === party.network && name === party.workload);
}

/** The internet, by an echo or the service that is named, which the store's host does not serve. */
function toInternet(world: World, from: Party, family: Family, service: Expectation["service"]): ExpectedFlow[] {
  const host = internetHost(world, family);
  const to = host === undefined ? undefined : addressOf(host, family);
  if (host === undefined || to === undefined || (service !== undefined && isStore(world, host))) return [];
  return [{ flow: { from, to, protocol: "icmp", ...service }, asked: host }];
}

/** Where a workload is asked by somebody: of its own network and on IPv6 at its own address, else where a port forward leads to it. */
function toWorkload(
  world: World,
  from: Party,
  asked: WorkloadParty,
  family: Family,
  { service, reachable, family: stated }: Expectation,
): ExpectedFlow[] {
  const own: Address | undefined = addressOf(asked, family);
  const direct: ExpectedFlow[] = own === undefined ? [] : [{ flow: { from, to: own, protocol: "icmp", ...service }, asked }];
  const isInside = from.kind === "workload" && from.network === asked.network;
  if (family === 6 || isInside) return direct;
  const forwards = world.networks
    .filter(({ network }) => network.name === asked.network)
    .flatMap(({ network }) => network.portForwards)
    .filter(
      ({ workload, workloadPort, protocol }) => workload === asked.name && protocol === service?.protocol && workloadPort === service.port,
    )
    .map(({ address, protocol, port }): ExpectedFlow => ({ flow: { from, to: address, protocol, port }, asked }));
  if (!reachable) return [...direct, ...forwards];
  // Without a port forward nobody outside has its IPv4: only who says IPv4 expects it.
  return forwards.length > 0 || stated === undefined ? forwards : direct;
}

/** The flows that an expectation is about. None where neither has a family of the other's. */
export function expectedFlows(world: World, expectation: Expectation): readonly ExpectedFlow[] {
  const chosen = expectation.family === undefined ? families : [expectation.family];
  return chosen.flatMap((family) => {
    const from = expectation.from.kind === "internet" ? internetHost(world, family) : workloadOf(world, expectation.from);
    if (from === undefined || addressOf(from, family) === undefined) return [];
    const target = workloadOf(world, expectation.to);
    return target === undefined
      ? toInternet(world, from, family, expectation.service)
      : toWorkload(world, from, target, family, expectation);
  });
}
