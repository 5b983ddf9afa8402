/** Exit node numbers: 1..15 of an allocation, one per node (EX-4). */
import { failure, formatPrefix, success } from "../common/index.ts";
import type { Outcome } from "../common/index.ts";
import { checkExitNodeNumber, maximumExitNodeNumber } from "../derive/index.ts";
import type { AllocatorState } from "./state.ts";

export interface ExitNodeGrant {
  readonly state: AllocatorState;
  /** x, 1..15. */
  readonly exitNode: number;
}

/** The number of a node that is an exit node of this allocation. */
export function exitNodeNumberOf(state: AllocatorState, node: string): number | undefined {
  const index = state.exitNodes.indexOf(node);
  return index < 0 ? undefined : index + 1;
}

/**
 * Makes a node an exit node: the number that it has, else the lowest free one. Errors: `exit-nodes-exhausted`, as a sixteenth would
 * have PrefixZero's part.
 */
export function grantExitNode(state: AllocatorState, node: string): Outcome<ExitNodeGrant> {
  const present = exitNodeNumberOf(state, node);
  if (present !== undefined) return success({ state, exitNode: present });
  const free = state.exitNodes.indexOf(undefined);
  if (free < 0) {
    return failure({
      severity: "error",
      code: "exit-nodes-exhausted",
      message: `${node} cannot be an exit node of ${formatPrefix(state.prefix)}: all ${maximumExitNodeNumber} numbers are taken`,
      hint: "a further exit node needs an allocation of its own",
    });
  }
  return success({ state: { ...state, exitNodes: state.exitNodes.with(free, node) }, exitNode: free + 1 });
}

/**
 * Makes a node the exit node of a stated number. Errors: `exit-node-out-of-range`; `exit-node-number-taken`, naming both nodes;
 * `exit-node-numbered-twice`, for a node that has another number already.
 */
export function reserveExitNode(state: AllocatorState, node: string, exitNode: number): Outcome<AllocatorState> {
  const wrong = checkExitNodeNumber(exitNode);
  if (wrong.length > 0) return failure(...wrong.map((problem) => ({ ...problem, message: `${node}: ${problem.message}` })));
  const present = exitNodeNumberOf(state, node);
  if (present === exitNode) return success(state);
  const allocation = formatPrefix(state.prefix);
  if (present !== undefined) {
    const message = `${node} is exit node ${present} of ${allocation} and cannot be exit node ${exitNode} too`;
    return failure({ severity: "error", code: "exit-node-numbered-twice", message });
  }
  const other = state.exitNodes[exitNode - 1];
  if (other !== undefined) {
    const message = `${node} and ${other} are both exit node ${exitNode} of ${allocation}`;
    return failure({
      severity: "error",
      code: "exit-node-number-taken",
      message,
      hint: "give every exit node of an allocation a number of its own",
    });
  }
  return success({ ...state, exitNodes: state.exitNodes.with(exitNode - 1, node) });
}

/** The state without the numbers of nodes that are not to keep theirs. */
export function keepExitNodes(state: AllocatorState, keeps: (node: string, exitNode: number) => boolean): AllocatorState {
  const exitNodes = state.exitNodes.map((node, index) => (node !== undefined && keeps(node, index + 1) ? node : undefined));
  return exitNodes.every((node, index) => node === state.exitNodes[index]) ? state : { ...state, exitNodes };
}
