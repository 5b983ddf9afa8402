/** EX-4: a /48 is sixteen parts, of which exit nodes have 1 to 15. */
import { isDeepStrictEqual } from "node:util";
import { contains, expectValue, formatPrefix, overlaps } from "../../core/common/index.ts";
import type { Outcome } from "../../core/common/index.ts";
import { decodeAllocator, encodeAllocator, grantExitNode, reserveExitNode, startAllocator } from "../../core/allocate/index.ts";
import type { AllocatorState } from "../../core/allocate/index.ts";
import { exitNodePart } from "../../core/derive/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

type Allocation = PureSubject["farm"]["allocations"][number];

const everyNumber = Array.from({ length: 15 }, (_, index) => index + 1);

function judgeNumbers({ farm }: PureSubject, { prefix, number }: Allocation): string[] {
  const numbers = farm.nodes.flatMap(({ exitNode }) => (exitNode?.allocationNumber === number ? [exitNode.number] : []));
  return new Set(numbers).size === numbers.length && numbers.every((one) => one >= 1 && one <= 15)
    ? []
    : [`the exit nodes of ${formatPrefix(prefix)} have the numbers ${numbers.join(", ")}; expected: each its own, 1 to 15 (EX-4)`];
}

/** Sixteen that are the whole and have nothing in common. */
function judgeParts({ prefix }: Allocation): string[] {
  const parts = Array.from({ length: 16 }, (_, x) => exitNodePart(prefix, x));
  return parts.flatMap((part, x) => {
    const first = prefix.address.value | (BigInt(x) << 76n);
    const isRight = part.length === 52 && part.address.value === first && contains(prefix, part);
    const meets = parts.slice(0, x).filter((other) => overlaps(other, part));
    return isRight && meets.length === 0
      ? []
      : [`part ${x} of ${formatPrefix(prefix)} is ${formatPrefix(part)}; expected: the ${x + 1}th of sixteen /52 (EX-4)`];
  });
}

function judgeGrants({ prefix }: Allocation): string[] {
  const stories: string[] = [];
  const ask = (state: AllocatorState, name: string, expected: number): AllocatorState => {
    const granted = grantExitNode(state, name);
    if (!granted.ok) stories.push(`${name} is refused; expected: number ${expected} (EX-4)`);
    else if (granted.value.exitNode !== expected) stories.push(`${name} gets ${granted.value.exitNode}; expected: ${expected} (EX-4)`);
    return granted.ok ? granted.value.state : state;
  };
  let state = expectValue(startAllocator(prefix));
  for (const x of everyNumber) state = ask(ask(state, `exit-${x}`, x), `exit-${x}`, x);
  // Also when all others have been given meanwhile, and after a restart.
  for (const x of everyNumber) state = ask(state, `exit-${x}`, x);
  const read = decodeAllocator(encodeAllocator(state));
  if (!read.ok) stories.push("the allocator's state cannot be read again; expected: as it was written (EX-4)");
  for (const x of everyNumber) ask(read.ok ? read.value : state, `exit-${x}`, x);
  if (!isRefused(() => grantExitNode(state, "exit-16")))
    stories.push(`a 16th exit node of ${formatPrefix(prefix)} is accepted; expected: refused (EX-4)`);
  return stories;
}

/** Whether it is refused as it should be, with a reason: thrown it would end the agent. */
function isRefused(attempt: () => Outcome<unknown>): boolean {
  try {
    return !attempt().ok;
  } catch {
    return false;
  }
}

function judgeStated({ prefix }: Allocation): string[] {
  const fresh = expectValue(startAllocator(prefix));
  const third = expectValue(reserveExitNode(fresh, "third", 3));
  const wrong: [string, () => Outcome<unknown>][] = [
    ["number 0, which is PrefixZero's", () => reserveExitNode(fresh, "one", 0)],
    ["number 16", () => reserveExitNode(fresh, "one", 16)],
    ["another's number", () => reserveExitNode(third, "other", 3)],
    ["a second number", () => reserveExitNode(third, "third", 4)],
  ];
  const first = expectValue(grantExitNode(third, "first"));
  const again = expectValue(reserveExitNode(third, "third", 3));
  return [
    ...wrong
      .filter(([, attempt]) => !isRefused(attempt))
      .map(([what]) => `an exit node that states ${what} is not refused; expected: refused (EX-4)`),
    ...(first.exitNode === 1 ? [] : [`beside a stated 3 the first free number is ${first.exitNode}; expected: 1 (EX-4)`]),
    ...(isDeepStrictEqual(encodeAllocator(again), encodeAllocator(third))
      ? []
      : ["a number stated again changes the state; expected: nothing (EX-4)"]),
  ];
}

/** Farms in which an exit node states what it cannot have get no intents. */
function judgeIntents({ farm }: PureSubject): string[] {
  const exitNodes = farm.nodes.filter(({ exitNode }) => exitNode !== undefined);
  const withNumber = (name: string, number: number): Farm => ({
    ...farm,
    nodes: farm.nodes.map((node) =>
      node.name === name && node.exitNode !== undefined ? { ...node, exitNode: { ...node.exitNode, number } } : node,
    ),
    networks: farm.networks.filter(({ resources }) => resources.every((resource) => !resource.exitPoint || resource.node !== name)),
  });
  const wrong = exitNodes.flatMap(({ name, exitNode: mine }) => {
    const others = exitNodes.flatMap(({ name: other, exitNode }) =>
      other !== name && exitNode?.allocationNumber === mine?.allocationNumber ? (exitNode?.number ?? []) : [],
    );
    return [0, 16, ...others].map((number) => ({ name, number }));
  });
  return wrong
    .filter(({ name, number }) => !isRefused(() => intentsOf(withNumber(name, number))))
    .map(({ name, number }) => `a farm whose exit node ${name} states number ${number} gets intents; expected: refused (EX-4)`);
}

async function fifteenExitNodes(subject: PureSubject): Promise<PropertyOutcome> {
  const stories = subject.farm.allocations.flatMap((allocation) => [
    ...judgeNumbers(subject, allocation),
    ...judgeParts(allocation),
    ...judgeGrants(allocation),
    ...judgeStated(allocation),
  ]);
  return Promise.resolve(outcomeOf(subject.farm.allocations.length * everyNumber.length, [...stories, ...judgeIntents(subject)]));
}

export const exitNodeProperties: readonly PureProperty[] = [
  {
    law: "EX-4",
    name: "EX-4 gives out exit nodes 1 to 15, the same again to the same node, and no 16th",
    needs: [],
    run: fifteenExitNodes,
  },
];
