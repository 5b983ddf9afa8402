/** Expectations that cannot come true, whatever the farm's machines do: what derived networks never let through, or always do. */
import type { Family } from "../common/index.ts";
import type { Expectation, ExpectedParty, Farm, Finding, UserNetwork } from "../farm/index.ts";
import { warn } from "./finding.ts";
import type { FarmCheck } from "./finding.ts";

/** What is known of one family of an expectation before anything runs. */
interface Fate {
  readonly reached: boolean;
  readonly because: string;
  readonly hint: string;
}

const nameOf = (party: ExpectedParty): string => (party.kind === "internet" ? "internet" : `${party.network}/${party.workload}`);

const networkOfParty = (farm: Farm, party: ExpectedParty): UserNetwork | undefined =>
  party.kind === "internet" ? undefined : farm.networks.find(({ name }) => name === party.network);

/** Of those whose gateways the packets pass, one that has no way to the IPv4 internet. */
function networkWithoutIpv4(farm: Farm, parties: readonly ExpectedParty[]): UserNetwork | undefined {
  const networks = parties.flatMap((party) => networkOfParty(farm, party) ?? []);
  return networks.find(({ resources }) => {
    const point = resources.find(({ exitPoint }) => exitPoint);
    return farm.nodes.find(({ name }) => name === point?.node)?.exitNode?.ipv4 === undefined;
  });
}

const withoutIpv4 = ({ name }: UserNetwork): Fate => ({
  reached: false,
  because: `the gateway of network ${name} has no IPv4`,
  hint: "add ipv4 to its exit-node, or say family: ipv6",
});

function fateOnIpv4(farm: Farm, { from, to, service, family }: Expectation): Fate | undefined {
  const cut = networkWithoutIpv4(farm, [from, to]);
  if (to.kind === "internet") {
    if (cut !== undefined) return withoutIpv4(cut);
    return { reached: true, because: "every network reaches the IPv4 internet by its gateway", hint: "leave it out" };
  }
  if (from.kind === "workload" && from.network === to.network) {
    return { reached: true, because: "within a network nothing is blocked", hint: "leave it out" };
  }
  const forwarded = networkOfParty(farm, to)?.portForwards.some(
    ({ workload, protocol, workloadPort }) => workload === to.workload && protocol === service?.protocol && workloadPort === service.port,
  );
  if (forwarded === true) {
    if (cut !== undefined) return withoutIpv4(cut);
    return { reached: true, because: "a port forward leads to it", hint: "leave out the port forward, or the expectation" };
  }
  // Who does not say IPv4 does not mean it then: an IPv6 address is all that such a workload has outside of its network.
  if (family === undefined) return undefined;
  const because = "outside of its network a workload has IPv4 only where a port forward leads to the service";
  const hint =
    service === undefined ? "say family: ipv6, or a service that a port forward leads to" : "add a port forward, or say family: ipv6";
  return { reached: false, because, hint };
}

const onIpv6: Fate = {
  reached: true,
  because: "addresses of workloads are global there, and nothing closes them",
  hint: "say family: ipv4, or leave it out",
};

/** Undefined where nobody is asked in the family. */
function fateOf(farm: Farm, expectation: Expectation, family: Family): Fate | undefined {
  const { from, to, service } = expectation;
  const hosts = farm.internet.hosts.filter((host) => (family === 4 ? host.ipv4 : host.ipv6) !== undefined);
  if (from.kind === "internet" && hosts.length === 0) return undefined;
  // The store's host serves nothing else.
  if (to.kind === "internet" && !hosts.some(({ store }) => service === undefined || !store)) return undefined;
  return family === 4 ? fateOnIpv4(farm, expectation) : onIpv6;
}

export const expectationFindings: FarmCheck = (farm) =>
  farm.expectations.flatMap((expectation, index): Finding[] => {
    const { from, to, service, reachable } = expectation;
    const path = ["expectations", index];
    const families: readonly Family[] = expectation.family === undefined ? [4, 6] : [expectation.family];
    const fates = families.flatMap((family) => {
      const fate = fateOf(farm, expectation, family);
      return fate === undefined ? [] : [{ ...fate, family }];
    });
    if (fates.length === 0) {
      const who = service === undefined || to.kind === "workload" ? "of the internet has" : `of the internet but the store's has`;
      const which = expectation.family === undefined ? "any address" : `IPv${expectation.family}`;
      return [
        warn("expects-nobody", path, `no host ${who} ${which}: nobody is asked`, "add a host under internet that has, or leave it out"),
      ];
    }
    return fates
      .filter(({ reached }) => reached !== reachable)
      .map(({ family, because, hint }) => {
        const message = `${nameOf(from)} ${reachable ? "never" : "always"} reaches ${nameOf(to)} on IPv${family}: ${because}`;
        return warn("expects-in-vain", path, message, hint);
      });
  });
