/** Histories of a farm's list: who comes, goes and comes back, drawn from a seed or handed in. */
import { seededRandom } from "../../core/common/index.ts";
import { networkWithout } from "../../core/intents/index.ts";
import type { Wishes } from "../../core/intents/index.ts";

/** One step: a network, or its NR on a node, comes or goes. */
export interface Step {
  readonly act: "come" | "go";
  /** Position among the list's networks. */
  readonly network: number;
  /** Position among the network's NRs; absent: the whole network. The exit point comes and goes with its network only. */
  readonly resource?: number;
  /** Whether the list says the prefixes that the file says. */
  readonly states: boolean;
  /** Until the next step, milliseconds. */
  readonly waitMs: number;
  /** Whether nodes are slow to give up what they had before this step. */
  readonly isSlow: boolean;
}

/** Steps chosen by a seed. */
export function drawSteps(wishes: Wishes, seed: number, label: string, count: number, mostWaitMs: number): readonly Step[] {
  const random = seededRandom(seed, label);
  const { networks } = wishes;
  if (networks.length === 0) return [];
  return Array.from({ length: count }, (): Step => {
    const network = random.below(networks.length);
    const resources = networks[network]?.resources.length ?? 0;
    return {
      ...{ network, act: random.pick(["come", "go"]), states: random.below(3) > 0 },
      ...{ waitMs: random.below(mostWaitMs + 1), isSlow: random.below(3) === 0 },
      ...(random.below(2) === 0 ? { resource: random.below(Math.max(1, resources)) } : {}),
    };
  });
}

/** The lists of a history, one after each step; nobody is there before the first. */
export function* listsOf(
  wishes: Wishes,
  steps: readonly Step[],
  isThereAtFirst = false,
): Generator<{ readonly step: Step; readonly list: Wishes }> {
  const away = new Set(isThereAtFirst ? [] : wishes.networks.map(({ name }) => name));
  const stated = new Map<string, boolean>();
  for (const step of steps) {
    const network = wishes.networks[step.network % Math.max(1, wishes.networks.length)];
    const resource = step.resource === undefined ? undefined : network?.resources[step.resource % Math.max(1, network.resources.length)];
    if (network === undefined) continue;
    const thing = resource === undefined || resource.exitPoint ? network.name : `${network.name}/${resource.node}`;
    if (step.act === "come") away.delete(thing);
    else away.add(thing);
    stated.set(network.name, step.states);
    const networks = wishes.networks
      .filter(({ name }) => !away.has(name))
      .map((one) => networkWithout(one, (node) => away.has(`${one.name}/${node}`)))
      .map((one) => ({
        ...one,
        resources: one.resources.map(({ prefix, ...rest }) =>
          prefix === undefined || stated.get(one.name) === false ? rest : { ...rest, prefix },
        ),
      }));
    yield { step, list: { ...wishes, networks } };
  }
}
