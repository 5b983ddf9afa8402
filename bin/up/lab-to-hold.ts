/** What `farmlab up` holds, whatever its file is: a lab that can be brought up, and left or closed afterwards. */
import type { OutputOptions } from "../output.ts";
import type { BackendName, Lab } from "../../emulator/lab.ts";
import type { Topology } from "../../emulator/topology/index.ts";

export interface UpOptions extends OutputOptions {
  readonly name?: string;
  readonly foreground?: boolean;
  readonly trust?: boolean;
  readonly backend: BackendName;
  readonly image?: "host";
}

export interface HeldLab {
  readonly lab: Lab;
  /** Ends the lab. */
  close(): Promise<void>;
  /** Lets it run on without this process. */
  leave(): Promise<void>;
}

export interface LabToHold {
  readonly topology: Topology;
  /** Whether it is of no use where no tunnels can be made. */
  readonly tunnels: boolean;
  /** A first thing to look at: a node, and a program in it. */
  readonly example: string;
  /** Undefined after saying why the lab is of no use; then it is gone. Throws as backends do. */
  bringUp(name: string, signal: AbortSignal, onStep: (step: string) => void): Promise<HeldLab | undefined>;
}

/** Labs of `up` are made from one seed, so that their addresses repeat from day to day. */
export const seed: number = 1;
