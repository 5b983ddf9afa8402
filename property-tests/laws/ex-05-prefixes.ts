/** EX-5: every NR has a /64 of its own, from the /52 of the exit node that hosts its network's exit point. */
import { isDeepStrictEqual } from "node:util";
import { contains, expectValue, formatPrefix, sameAddress } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import {
  decodeAllocator,
  encodeAllocator,
  grantPrefix,
  heldPrefixes,
  releasePrefix,
  reservePrefix,
  startAllocator,
} from "../../core/allocate/index.ts";
import type { AllocatorState } from "../../core/allocate/index.ts";
import { subnetOf } from "../../core/derive/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { judgeDamage } from "./ex-05-damage.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

/** How long a released prefix rests: a day, milliseconds. */
const restMs = 24 * 60 * 60 * 1000;
const adviceRoutes = 2000;

/** Without exactly one exit point nobody knows of whose /52 a network's prefixes are: it gets none, and that is said. */
function withoutExitPoint({ farm }: PureSubject): string[] {
  return farm.networks.flatMap(({ name }) => {
    const networks = farm.networks.map((network) =>
      network.name === name ? { ...network, resources: network.resources.map((resource) => ({ ...resource, exitPoint: false })) } : network,
    );
    return intentsOf({ ...farm, networks }).ok ? [`network ${name} gets intents without an exit point; expected: refused (EX-5)`] : [];
  });
}

async function ownPart(subject: PureSubject): Promise<PropertyOutcome> {
  const { world, intents } = subject;
  const stories: string[] = withoutExitPoint(subject);
  const seen: Prefix[] = [];
  for (const { network, resources, bar } of world.networks) {
    const intent = intents.networks.find((candidate) => candidate.name === network.name);
    for (const resource of resources) {
      const prefix = intent?.resources.find((candidate) => candidate.node === resource.node)?.prefix;
      const called = `the NR of network ${network.name} on ${resource.node}`;
      if (prefix === undefined) stories.push(`${called} has no prefix; expected: one (EX-5)`);
      else {
        if (!contains(bar.part, prefix) || prefix.length !== 64)
          stories.push(
            `${called} has ${formatPrefix(prefix)}; expected: a /64 of ${formatPrefix(bar.part)}, its exit point's exit node's (EX-5)`,
          );
        if (seen.some((other) => sameAddress(other.address, prefix.address)))
          stories.push(`${formatPrefix(prefix)} is held twice; expected: once (EX-5)`);
        seen.push(prefix);
      }
    }
  }
  return Promise.resolve(outcomeOf(seen.length, stories));
}

type Allocation = PureSubject["farm"]["allocations"][number];

const holder = (index: number): { network: string; node: string } => ({
  network: `net-${index % 500}`,
  node: `node-${Math.floor(index / 500)}`,
});

/** A part filled to its end: every /64 once, the advice in time, and a refusal that changes nothing. */
function judgeFullPart({ prefix }: Allocation, exitNode: number, capacity: number): string[] {
  const stories: string[] = [];
  const part: Prefix = { address: { family: 6, value: prefix.address.value | (BigInt(exitNode) << 76n) }, length: 52 };
  // Bytes 6 and 7: a set of whole addresses would hash them all alike, as they differ above their low 64 bits only.
  const given = new Set<number>();
  let state: AllocatorState = expectValue(startAllocator(prefix));
  for (let index = 0; index < capacity; index += 1) {
    const granted = grantPrefix(state, { ...holder(index), exitNode }, 0);
    if (!granted.ok) return [...stories, `part ${exitNode} gives ${index} prefixes; expected: ${capacity} (EX-5)`];
    const subnetNumber = Number((granted.value.prefix.address.value >> 64n) & 0xffffn);
    const text = formatPrefix(granted.value.prefix);
    if (given.has(subnetNumber)) return [...stories, `${text} is given a second time, as number ${index + 1}; expected: once (EX-5)`];
    if (!contains(part, granted.value.prefix))
      return [...stories, `${text} is given for exit node ${exitNode}; expected: of its /52 (EX-5)`];
    given.add(subnetNumber);
    const isAdvised = granted.problems.some(({ severity }) => severity === "advice");
    if (isAdvised !== index + 1 >= adviceRoutes)
      return [
        ...stories,
        `with ${index + 1} routes there is ${isAdvised ? "an" : "no"} advice to add an exit node; expected: from ${adviceRoutes} on (EX-5)`,
      ];
    state = granted.value.state;
  }
  if (exitNode === 15 && [...given].some((subnetNumber) => subnetNumber >= 0xff00))
    stories.push("part 15 gives ff00 and above, whose IPv4 /24 are the tunnels' transit; expected: never (EX-5)");
  const before = encodeAllocator(state);
  if (grantPrefix(state, { network: "one-more", node: "node", exitNode }, 0).ok)
    stories.push(`a full part ${exitNode} gives one more; expected: refused (EX-5)`);
  if (!isDeepStrictEqual(encodeAllocator(state), before))
    stories.push(`asking a full part ${exitNode} changes it; expected: nothing changes (EX-5)`);
  if (heldPrefixes(state).length !== capacity)
    stories.push(`${heldPrefixes(state).length} prefixes are held; expected: ${capacity} (EX-5)`);
  return [...stories, ...judgeWhoStays(state, exitNode)];
}

/** Of a full part every other one is taken back: whoever stays has what it had, and gets it again when it asks. */
function judgeWhoStays(full: AllocatorState, exitNode: number): string[] {
  const holders = heldPrefixes(full);
  const left = holders.filter((_, index) => index % 2 === 0).reduce((state, one) => releasePrefix(state, one, 0), full);
  const wrong = holders
    .filter((_, index) => index % 2 === 1)
    .filter(({ network, node, prefix }) => {
      const again = grantPrefix(left, { network, node, exitNode }, 0);
      return !again.ok || !sameAddress(again.value.prefix.address, prefix.address);
    });
  const [first] = wrong;
  return first === undefined
    ? []
    : [
        `${first.network} on ${first.node} does not get ${formatPrefix(first.prefix)} again, which it holds, once others have left (as ${wrong.length - 1} more); expected: the same (EX-5)`,
      ];
}

/** Refused, and both holders are named (EX-21). */
function heldTwice(state: AllocatorState, second: { network: string; node: string; exitNode: number }, prefix: Prefix): string[] {
  const refused = reservePrefix(state, second, prefix, 0);
  const told = refused.problems.map(({ message }) => message).join("; ");
  const isRight = !refused.ok && told.includes(" mine ") && told.includes(` ${second.network} `);
  return isRight
    ? []
    : [
        `${formatPrefix(prefix)}, which one holds, is ${refused.ok ? "given to a second" : `refused as "${told}"`}; expected: refused, naming both (EX-5)`,
      ];
}

/** Asking again, after others and after a restart; a /64 that is stated; one that is taken back. */
function judgeOne({ prefix }: Allocation, exitNode: number): string[] {
  const mine = { network: "mine", node: "node", exitNode };
  const first = expectValue(grantPrefix(expectValue(startAllocator(prefix)), mine, 0));
  const read = decodeAllocator(encodeAllocator(first.state));
  const again = grantPrefix(read.ok ? read.value : first.state, mine, 0);
  const theirs = { network: "theirs", node: "node", exitNode };
  const own = formatPrefix(first.prefix);
  const subnetNumber = Number((first.prefix.address.value >> 64n) & 0xffffn);
  const released = releasePrefix(first.state, mine, 0);
  const early = [0, restMs - 1].flatMap((nowMs) => {
    // Whoever would draw the same: all that is left of the part.
    const grant = grantPrefix(released, { ...theirs, avoid: { has: (one) => one !== subnetNumber } }, nowMs);
    return grant.ok || reservePrefix(released, theirs, first.prefix, nowMs).ok ? [nowMs] : [];
  });
  const back = grantPrefix(released, mine, restMs - 1);
  const isBack = back.ok && isDeepStrictEqual(encodeAllocator(back.value.state), encodeAllocator(first.state));
  const later = reservePrefix(released, theirs, first.prefix, restMs);
  const reserved = subnetOf(prefix, (exitNode << 12) | 0x077);
  const stated = expectValue(reservePrefix(first.state, theirs, reserved, 0));
  const full = Array.from({ length: 200 }, (_, index) => index).reduce(
    (state, index) => expectValue(grantPrefix(state, { ...holder(index), exitNode }, 0)).state,
    stated.state,
  );
  const twice = heldPrefixes(full).filter(({ prefix: held }) => sameAddress(held.address, reserved.address));
  const otherPart = exitNode === 1 ? 2 : 1;
  return [
    ...(again.ok && sameAddress(again.value.prefix.address, first.prefix.address)
      ? []
      : [`who holds ${own} gets another when asking again; expected: the same (EX-5)`]),
    ...heldTwice(first.state, theirs, first.prefix),
    ...early.map((nowMs) => `${own} is given to another ${nowMs} ms after its release; expected: it rests a day (EX-5)`),
    ...(isBack ? [] : [`who comes back to ${own} while it rests is not as before; expected: the same, as if it had never left (EX-5)`]),
    ...(later.ok ? [] : [`${own} is not given again a day after its release; expected: it rests no longer (EX-5)`]),
    ...(twice.length === 1 && twice[0]?.network === "theirs"
      ? []
      : [`${formatPrefix(reserved)}, which was stated, is given to others too; expected: held once (EX-5)`]),
    ...(grantPrefix(first.state, { ...mine, exitNode: otherPart }, 0).ok
      ? [`who holds ${own} gets one of part ${otherPart} besides; expected: refused (EX-5)`]
      : []),
    ...(reservePrefix(first.state, theirs, subnetOf(prefix, (otherPart << 12) | 0x077), 0).ok
      ? [`a /64 of part ${otherPart} is taken for exit node ${exitNode}; expected: refused (EX-5)`]
      : []),
  ];
}

async function allocates({ farm, world }: PureSubject): Promise<PropertyOutcome> {
  const stories: string[] = [];
  let runs = 0;
  for (const allocation of farm.allocations) {
    const numbers = world.bars.filter((bar) => bar.allocation === allocation).map(({ config }) => config.number);
    const exitNode = numbers.find((number) => number < 15) ?? 1;
    const judged = [
      judgeOne(allocation, exitNode),
      judgeFullPart(allocation, exitNode, 4096),
      judgeFullPart(allocation, 15, 3840),
      judgeDamage(allocation.prefix),
    ];
    runs += judged.length;
    stories.push(...judged.flat());
  }
  return Promise.resolve(outcomeOf(runs, stories));
}

export const prefixProperties: readonly PureProperty[] = [
  { law: "EX-5", name: "EX-5 every NR has a /64 of its own in the /52 of its exit point's exit node", needs: [], run: ownPart },
  {
    law: "EX-5",
    name: "EX-5 gives each /64 of a part once, says when it is full, and lets a released one rest",
    needs: [],
    run: allocates,
  },
];
