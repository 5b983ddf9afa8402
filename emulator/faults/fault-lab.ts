/** What faults need of a lab. */
import type { ExecOptions, ExecResult, NodeServices } from "../lab.ts";
import type { Topology } from "../topology/index.ts";

export interface FaultNode {
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  readonly services: Pick<NodeServices, "kill">;
  /** Every process of the node stops in its place, and goes on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
  reboot(): Promise<void>;
}

export interface FaultLab {
  readonly topology: Topology;
  /** Throws where there is no such node. */
  node(name: string): FaultNode;
}

/** A fault that this lab cannot be put through, or that did not come or go as it should. */
export class FaultError extends Error {
  override readonly name = "FaultError";
}
