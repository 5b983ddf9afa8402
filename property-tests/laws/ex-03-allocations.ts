/** EX-3: an allocation is a global unicast /48, and what is none is refused with reason and place. */
import { formatPrefix, parsePrefix } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import { startAllocator } from "../../core/allocate/index.ts";
import { judgeAllocation, loadFarm } from "../../core/farm/index.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

const prefixOf = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`${text} is no prefix`);
  return prefix;
};

/** Unique local (both halves), link-local, multicast, and just below and above global unicast. */
const notGlobal = ["fd00:1:2::/48", "fc00:1:2::/48", "fe80::/48", "ff0e:1:2::/48", "1fff:1:2::/48", "4000::/48", "10.0.0.0/8"].map(
  prefixOf,
);
/** RFC 3849 and 9637. */
const documentation = ["2001:db8:1::/48", "3fff:1:2::/48"].map(prefixOf);
/** The ends of global unicast and of the documentation prefixes' neighbourhood. */
const fine = ["2000::/48", "3ffe:ffff:ffff::/48", "2001:db7:ffff::/48", "2001:db9::/48", "2a02:1802:5e::/48"].map(prefixOf);

/** Like the farm's own: of another length, with host bits at either end, not global. */
function wrongAllocations({ address, length }: Prefix): Prefix[] {
  const with1 = (bit: bigint): Prefix => ({ address: { ...address, value: address.value | bit }, length });
  const lengths = [47, 49, 64, 16, 32, 44, 52, 56].map((other): Prefix => ({ address, length: other }));
  return [with1(1n), with1(1n << 79n), ...lengths, ...notGlobal];
}

/** So many of each kind are tried in the farm file, which takes longer than judging a prefix. */
const triedInFile = 2;
const kinds: readonly ((wrong: Prefix, own: Prefix) => boolean)[] = [
  ({ length, address }, own) => length === own.length && address.value >> 80n === own.address.value >> 80n,
  ({ length }, own) => length !== own.length,
  ({ length, address }, own) => length === own.length && address.value >> 80n !== own.address.value >> 80n,
];

/** The line on which the file states a prefix, counted from 1. */
const lineOf = (text: string, prefix: string): number => text.slice(0, text.indexOf(prefix)).split("\n").length;

function judgeFile({ text, file }: PureSubject, prefix: Prefix, wrong: Prefix): string[] {
  const [before, after] = [formatPrefix(prefix), formatPrefix(wrong)];
  const edited = text.replace(before, after);
  if (edited === text) return [];
  const loaded = loadFarm(edited, file);
  if (loaded.ok) return [`the farm file with ${after} as its allocation is accepted; expected: refused (EX-3)`];
  const line = lineOf(edited, after);
  const placed = loaded.problems.some(({ severity, place }) => severity === "error" && place?.line === line);
  return placed
    ? []
    : [`the farm file with ${after} as its allocation is refused, but not at line ${line}, where it stands; expected: there (EX-3)`];
}

async function wrongAllocationsRefused(subject: PureSubject): Promise<PropertyOutcome> {
  const stories: string[] = [];
  let runs = 0;
  for (const { prefix } of subject.farm.allocations) {
    for (const wrong of wrongAllocations(prefix)) {
      runs += 1;
      const text = formatPrefix(wrong);
      const reasons = judgeAllocation(wrong).filter(({ severity }) => severity === "error");
      if (reasons.length === 0) stories.push(`${text} is taken as an allocation; expected: refused (EX-3)`);
      else if (!reasons.every(({ message }) => message.includes(text)))
        stories.push(`${text} is refused without its name: ${reasons.map(({ message }) => message).join("; ")}; expected: named (EX-3)`);
      if (startAllocator(wrong).ok) stories.push(`the allocator begins with ${text}; expected: refused (EX-3)`);
    }
    for (const isOfKind of kinds) {
      const some = wrongAllocations(prefix).filter((wrong) => isOfKind(wrong, prefix));
      for (const wrong of some.slice(0, triedInFile)) stories.push(...judgeFile(subject, prefix, wrong));
    }
  }
  for (const prefix of documentation) {
    runs += 1;
    const judgements = judgeAllocation(prefix);
    if (judgements.length !== 1 || judgements[0]?.severity !== "warning")
      stories.push(`documentation prefix ${formatPrefix(prefix)} is not just warned of; expected: a warning (EX-3)`);
  }
  for (const prefix of fine) {
    runs += 1;
    if (judgeAllocation(prefix).length > 0) stories.push(`${formatPrefix(prefix)} is found fault with; expected: taken (EX-3)`);
  }
  return Promise.resolve(outcomeOf(runs, stories));
}

export const allocationProperties: readonly PureProperty[] = [
  { law: "EX-3", name: "EX-3 refuses every allocation that is no global unicast /48", needs: [], run: wrongAllocationsRefused },
];
