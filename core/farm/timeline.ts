/** What happens to a farm while it runs, and what its farmer expects of it. */
import type { Family } from "../common/index.ts";
import type { ScheduledFault } from "./faults/schedule.ts";

/** Times are milliseconds from the moment at which the farm has come up and is settled. */
export interface Timeline {
  readonly faults: readonly ScheduledFault[];
  readonly changes: readonly Change[];
}

/**
 * A network, or its resource on one node with the workloads there, comes or goes. What the file lists is there from the beginning, but for
 * what joins before it has ever left.
 */
export interface Change {
  readonly atMs: number;
  readonly act: "join" | "leave";
  readonly network: string;
  /** The node whose resource it is; absent: the whole network. */
  readonly node?: string;
}

/** Who an expectation speaks of: a workload, or any host of the internet. */
export type ExpectedParty =
  { readonly kind: "workload"; readonly network: string; readonly workload: string } | { readonly kind: "internet" };

/** What the farmer expects, in the farmer's words: who reaches whom, also while something is broken. */
export interface Expectation {
  readonly from: ExpectedParty;
  readonly to: ExpectedParty;
  /** Absent: an echo. */
  readonly service?: { readonly protocol: "tcp" | "udp"; readonly port: number };
  /** Absent: every family that both have. */
  readonly family?: Family;
  readonly reachable: boolean;
  /** Failures through which it has to hold: at once, or again within `withinMs`. */
  readonly survives: readonly FailureKind[];
  readonly withinMs: number;
}

export type FailureKind = "link" | "node" | "process";
