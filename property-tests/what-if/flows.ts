/** The flows whose fate is watched: all that should work by the oracle, at least one for each two who should reach each other, and those that expectations speak of. */
import { formatAddress, seededRandom } from "../../core/common/index.ts";
import type { Address, Family } from "../../core/common/index.ts";
import type { Expectation } from "../../core/farm/index.ts";
import { addressOf, expectedFlows, families, internetHost, predict } from "../oracle/index.ts";
import type { Flow, Party, World } from "../oracle/index.ts";

export interface WatchedFlow extends Flow {
  /** In words, one of its kind. */
  readonly text: string;
  /** Who should answer; absent: nobody should. */
  readonly answeredBy?: Party;
}

const nameOf = (party: Party): string => (party.kind === "workload" ? `${party.network}/${party.name}` : "internet");

export const serviceText = ({ protocol, port }: Pick<Flow, "protocol" | "port">): string =>
  port === undefined ? protocol : `${protocol}/${port}`;

/** Who and what a flow is of, for a result. */
export function tellFlow(
  world: World,
  flow: Flow,
): { readonly from: string; readonly to: string; readonly family: Family; readonly service: string } {
  const prediction = predict(world, flow);
  const to = prediction?.delivered === true ? nameOf(prediction.answeredBy) : formatAddress(flow.to);
  return { from: nameOf(flow.from), to, family: flow.to.family, service: serviceText(flow) };
}

function watched(world: World, flow: Flow): WatchedFlow {
  const prediction = predict(world, flow);
  const { from, to, family, service } = tellFlow(world, flow);
  // The same workload by its own address and by a port forward.
  const via =
    prediction?.delivered === true && addressOf(prediction.answeredBy, family)?.value !== flow.to.value
      ? ` at ${formatAddress(flow.to)}`
      : "";
  return {
    ...flow,
    text: `${service} ${from} > ${to} IPv${family}${via}`,
    ...(prediction?.delivered === true ? { answeredBy: prediction.answeredBy } : {}),
  };
}

const echo = (from: Party, to: Address | undefined): Flow[] => (to === undefined ? [] : [{ from, to, protocol: "icmp" }]);

/** All that should work: within networks, to the internet and from it. */
export function flowsThatWork(world: World): readonly WatchedFlow[] {
  const flows = families.flatMap((family): Flow[] => {
    const host = internetHost(world, family);
    const within = world.workloads.flatMap((from) =>
      world.workloads.filter((to) => to !== from && to.network === from.network).flatMap((to) => echo(from, addressOf(to, family))),
    );
    if (host === undefined) return within;
    const out = world.workloads.flatMap((from) => echo(from, addressOf(host, family)));
    const direct = family === 6 ? world.workloads.flatMap((to) => echo(host, to.ipv6)) : [];
    const forwarded = world.networks.flatMap(({ network }) =>
      network.portForwards
        .filter(({ address }) => address.family === family)
        .map(({ address, protocol, port }): Flow => ({ from: host, to: address, protocol, port })),
    );
    return [...within, ...out, ...direct, ...forwarded];
  });
  return flows.map((flow) => watched(world, flow)).filter(({ answeredBy }) => answeredBy !== undefined);
}

/** The flows that an expectation is about, watched. */
export const flowsOfExpectation = (world: World, expectation: Expectation): readonly WatchedFlow[] =>
  expectedFlows(world, expectation).map(({ flow }) => watched(world, flow));

export interface FlowChoice {
  readonly flows: readonly WatchedFlow[];
  /** How many should work, before any were left out. */
  readonly known: number;
}

/** Those of the expectations, and of the others as many as are allowed, chosen by the seed. */
export function chooseFlows(world: World, most: number, seed: number): FlowChoice {
  const byText = (list: readonly WatchedFlow[]): Map<string, WatchedFlow> => new Map(list.map((flow) => [flow.text, flow]));
  const expected = byText(world.farm.expectations.flatMap((one) => flowsOfExpectation(world, one)));
  const others = [...byText(flowsThatWork(world)).values()].filter(({ text }) => !expected.has(text));
  const room = Math.max(0, most - expected.size);
  const kept = others.length <= room ? others : seededRandom(seed, "what-if flows").shuffle(others).slice(0, room);
  const shouldWork = [...expected.values()].filter(({ answeredBy }) => answeredBy !== undefined).length;
  return { flows: [...expected.values(), ...kept], known: shouldWork + others.length };
}

/** Rows of fewer lost probes are no outage: links that lose packets all the time lose some anyhow. */
export function leastLostOf({ farm }: World): number {
  const isLossy = farm.conditions.some(({ up, down }) => [up, down].some((conditions) => (conditions?.loss ?? 0) > 0));
  return isLossy ? 3 : 1;
}
