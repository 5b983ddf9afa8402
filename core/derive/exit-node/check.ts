/** Judges the input of a derivation (EX-3, EX-4 and what the formulas need). */
import { contains, formatPrefix } from "../../common/index.ts";
import type { Prefix, Problem } from "../../common/index.ts";
import { judgeAllocation } from "../../farm/allocation.ts";
import { allocationOf, judgeResourcePrefix, maximumAllocationNumber, maximumExitNodeNumber } from "../../farm/parts.ts";

/** All there is to derive from; nothing else has any influence. */
export interface ExitNodeInput {
  /** The network resource's /64. */
  readonly prefix: Prefix;
  /** x, 1..15. */
  readonly exitNode: number;
  /** n, 0..127. */
  readonly allocation: number;
  /** The /64 of the network's exit point where it is another network resource. */
  readonly exitPoint?: Prefix;
  /** GWPubIP4 with its length, from the farmer's pool; not derived. */
  readonly gatewayIp4?: Prefix;
}

/** The problems of a prefix as a farm's allocation; empty or a mere warning where it will do (EX-3). */
export function checkAllocation(prefix: Prefix): readonly Problem[] {
  return judgeAllocation(prefix);
}

const rangeProblem = (code: string, what: string, value: number, least: number, greatest: number): readonly Problem[] =>
  Number.isInteger(value) && value >= least && value <= greatest
    ? []
    : [{ severity: "error", code, message: `${what} is ${value}; it must be a whole number from ${least} to ${greatest}` }];

/** The problem of an exit node number x, if it is not 1..15 (EX-4). */
export function checkExitNodeNumber(exitNode: number): readonly Problem[] {
  return rangeProblem("exit-node-out-of-range", "the exit node number", exitNode, 1, maximumExitNodeNumber);
}

/** The problem of an allocation number n, if it is not 0..127. */
function checkAllocationNumber(allocation: number): readonly Problem[] {
  return rangeProblem("allocation-number-out-of-range", "the allocation number", allocation, 0, maximumAllocationNumber);
}

/** The problem of a /64 as a network resource's behind exit node x of an allocation. */
export function checkResourcePrefix(prefix: Prefix, allocation: Prefix, exitNode: number): readonly Problem[] {
  const judgement = judgeResourcePrefix(prefix, allocation, exitNode);
  return judgement === undefined ? [] : [judgement];
}

const checkExitPoint = (exitPoint: Prefix, allocation: Prefix, exitNode: number): readonly Problem[] =>
  checkResourcePrefix(exitPoint, allocation, exitNode).map((problem) => ({ ...problem, message: `the exit point: ${problem.message}` }));

/** Blocks of which no gateway interface can have an address: "this network", loopback, multicast and above (RFC 6890). */
const neverOnGateway: readonly Prefix[] = [
  { address: { family: 4, value: 0n }, length: 8 },
  { address: { family: 4, value: 0x7f000000n }, length: 8 },
  { address: { family: 4, value: 0xe0000000n }, length: 3 },
];

const checkGatewayIp4 = (address: Prefix): readonly Problem[] => {
  const refuse = (what: string): readonly Problem[] => [
    {
      severity: "error",
      code: "gateway-ip4",
      message: `${formatPrefix(address)} ${what}`,
      hint: "give an address of the farmer's routable IPv4 network, e.g. 185.69.166.123/24",
    },
  ];
  if (address.address.family !== 4) return refuse("is not IPv4; GWPubIP4 is the gateway's IPv4 address");
  const never = neverOnGateway.find((block) => contains(block, address.address));
  return never === undefined ? [] : refuse(`is of ${formatPrefix(never)}, which no interface of a gateway can have`);
};

/** Everything wrong with an input; `error` among them means that nothing can be derived. */
export function checkExitNodeInput(input: ExitNodeInput): readonly Problem[] {
  const { prefix, exitNode, exitPoint, gatewayIp4 } = input;
  const problems: Problem[] = [...checkExitNodeNumber(exitNode), ...checkAllocationNumber(input.allocation)];
  if (gatewayIp4 !== undefined) problems.push(...checkGatewayIp4(gatewayIp4));
  const allocation = allocationOf(prefix);
  if (prefix.address.family === 6) problems.push(...judgeAllocation(allocation));
  // A prefix that cannot be judged against a part, or of an impossible allocation, has been refused for a better reason already.
  if (problems.some((problem) => problem.severity === "error")) return problems;
  problems.push(...checkResourcePrefix(prefix, allocation, exitNode));
  if (exitPoint !== undefined) problems.push(...checkExitPoint(exitPoint, allocation, exitNode));
  return problems;
}
