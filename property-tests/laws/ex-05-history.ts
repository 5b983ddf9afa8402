/**
 * EX-5 over time: whatever was given, taken back and given again, in the end the allocator holds what the last list with its prefixes would
 * have it hold that begins with nothing, and the plan of every node is the same.
 */
import { isDeepStrictEqual } from "node:util";
import { grantedList, settle } from "../../core/allocate/index.ts";
import type { Book, Claim, Settlement } from "../../core/allocate/index.ts";
import { encodeAllocator } from "../../core/allocate/index.ts";
import { formatPrefix } from "../../core/common/index.ts";
import { wishesOf } from "../../core/intents/index.ts";
import type { Wishes } from "../../core/intents/index.ts";
import { expectedFacts, planNode } from "../../core/plan/index.ts";
import { drawSteps, listsOf } from "./history.ts";
import type { Step } from "./history.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

/** How long a prefix rests: a day, milliseconds. */
const restMs = 24 * 60 * 60 * 1000;
const histories = 5;
const stepsMost = 60;

const subnetOf = (value: bigint): number => Number((value >> 64n) & 0xffffn);

/** What nodes have by what was granted. */
const claimsOf = ({ networks }: Settlement): readonly Claim[] =>
  networks.flatMap(({ network, allocationNumber, resources }) =>
    resources.map(({ node, prefix }) => ({ network, node, allocationNumber, subnetNumber: subnetOf(prefix.address.value) })),
  );

/** The list with the prefixes that it was given, and without what was given none. */
function withItsPrefixes(list: Wishes, { networks }: Settlement): Wishes {
  const given = new Map(networks.map(({ network, resources }) => [network, new Map(resources.map(({ node, prefix }) => [node, prefix]))]));
  return {
    ...list,
    networks: list.networks
      .map((network) => {
        const prefixes = given.get(network.name);
        const resources = network.resources.flatMap((resource) => {
          const prefix = prefixes?.get(resource.node);
          return prefix === undefined ? [] : [{ ...resource, prefix }];
        });
        return { ...network, resources };
      })
      .filter(({ resources }) => resources.some(({ exitPoint }) => exitPoint)),
  };
}

const textsOf = ({ book }: Settlement): unknown => [...book].map(([number, state]) => [number, encodeAllocator(state)]);

/** Plan of every node, as text. */
function plansOf(list: Wishes, settled: Settlement): ReadonlyMap<string, string> {
  const intents = grantedList(list, settled).list;
  const facts = expectedFacts(intents);
  return new Map(list.nodes.map(({ name }) => [name, JSON.stringify(planNode(name, intents, facts))]));
}

/** What is wrong at any time of a history, or at its end. */
export function judgeHistory(wishes: Wishes, steps: readonly Step[]): readonly string[] {
  let book: Book = new Map();
  let nowMs = 0;
  let claims: readonly Claim[] = [];
  let list: Wishes = { ...wishes, networks: [] };
  const stories: string[] = [];
  for (const [index, next] of [...listsOf(wishes, steps)].entries()) {
    nowMs += next.step.waitMs;
    list = next.list;
    const before = claims;
    const now = settle(book, list, { nowMs, claims });
    book = now.book;
    const own = claimsOf(now);
    for (const { network, node, allocationNumber, subnetNumber } of own) {
      const other = before.find((one) => one.allocationNumber === allocationNumber && one.subnetNumber === subnetNumber);
      if (other !== undefined && (other.network !== network || other.node !== node))
        stories.push(
          `step ${index + 1} gives ${network} on ${node} what ${other.node} still has of ${other.network}; expected: another prefix (EX-5)`,
        );
    }
    const isTaken = (one: Claim): boolean =>
      own.some((other) => other.allocationNumber === one.allocationNumber && other.subnetNumber === one.subnetNumber);
    claims = [...own, ...(next.step.isSlow ? before.filter((one) => !isTaken(one)) : [])];
  }
  // Everything is gone from its node, and then has rested.
  const gone = settle(book, list, { nowMs });
  const end = settle(gone.book, list, { nowMs: nowMs + restMs });
  const last = withItsPrefixes(list, end);
  const ended = settle(end.book, last, { nowMs: nowMs + restMs });
  const fresh = settle(new Map(), last, { nowMs: 0 });
  for (const { network, resources } of fresh.networks) {
    const held = ended.networks.find((one) => one.network === network)?.resources;
    for (const { node, prefix } of resources)
      if (held?.some((one) => one.node === node && formatPrefix(one.prefix) === formatPrefix(prefix)) !== true)
        stories.push(
          `after ${steps.length} steps ${network} on ${node} has not ${formatPrefix(prefix)}; expected: as in a farm built anew (EX-5)`,
        );
  }
  if (!isDeepStrictEqual(textsOf(ended), textsOf(fresh)))
    stories.push(
      `after ${steps.length} steps the allocator's state is not that of a farm built anew from the last list; expected: the same (EX-5)`,
    );
  const plans = plansOf(last, fresh);
  for (const [node, plan] of plansOf(last, ended))
    if (plans.get(node) !== plan)
      stories.push(`after ${steps.length} steps the plan of ${node} is another; expected: as in a farm built anew (EX-5)`);
  return stories;
}

async function endsAsBuiltAnew({ farm, seed }: PureSubject): Promise<PropertyOutcome> {
  const wishes = wishesOf(farm);
  const runs = wishes.networks.length === 0 ? 0 : histories;
  const stories = Array.from({ length: runs }, (_, index) => {
    const steps = drawSteps(wishes, seed, `EX-5 history ${index}`, stepsMost, restMs / 4);
    return judgeHistory(wishes, steps).map((story) => `history ${index + 1}: ${story}`);
  });
  return Promise.resolve(outcomeOf(runs, stories.flat(), { nothing: "this farm has no network" }));
}

export const historyProperties: readonly PureProperty[] = [
  {
    law: "EX-5",
    name: "EX-5 any history of what is given, taken back and given again ends as the last list built anew",
    needs: [],
    run: endsAsBuiltAnew,
  },
];
