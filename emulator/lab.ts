/** A running lab, whatever backend made it. The harness sees and drives nodes through this, never over the network under test. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { ServiceSpec, Topology } from "./topology/index.ts";

export type BackendName = "netns" | "containerlab";

export interface Backend {
  readonly name: BackendName;
  /**
   * Brings a topology up: nodes, links, addresses, routes, rules, files, services ready.
   * On failure nothing is left behind. Aborting tears down. Throws a LabError, or an Error that says what is wrong in the topology.
   */
  up(topology: Topology, options: UpOptions): Promise<Lab>;
}

export interface UpOptions {
  /** Unique on this machine; claimed by a lock that vanishes with its process. */
  readonly name: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: string) => void;
}

export interface Lab {
  readonly name: string;
  readonly backend: BackendName;
  readonly topology: Topology;
  node(name: string): LabNode;
  /** Path of a node's network namespace, or of one inside the node, as programs of `startHelper` see it. */
  namespacePath(node: string, namespace?: string): string;
  /**
   * Starts farmlab's native helper with the given subcommand and arguments, where the paths of `namespacePath` can be opened and with
   * rights over those networks: for probes and captures.
   */
  startHelper(argv: readonly string[]): ChildProcessWithoutNullStreams;
  /** Resolves when the lab has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Lets the lab outlive this process; `farmlab down` ends it. */
  detach(): Promise<void>;
  /** Ends every process of the lab and everything it made. Idempotent. */
  down(): Promise<void>;
}

/** A node's life as that of a machine. All are idempotent. */
export interface NodePower {
  /**
   * Freezes every process of the node where it is. Its kernel still answers for it (ARP, echoes, forwarding), as that of a machine would
   * not: who wants silence cuts its links first. Its farmlab-init is frozen too: `services` get no answer. Rejects for a node that is off.
   */
  pause(): Promise<void>;
  /** All go on, but for those that had been stopped before. */
  resume(): Promise<void>;
  /**
   * Ends every process of the node at once, none of which sees another go or a link, and all that its network was: addresses, routes, rules, namespaces inside. The far ends of its
   * links lose their carrier, but where a wire is between.
   */
  powerOff(): Promise<void>;
  /**
   * Starts the node again: its interfaces and its disk (/etc, /var) are there as before, what it had in memory (/run, /tmp) is not. Then its
   * configuration is made again, of files only those in memory, and its daemons start until they are ready. Not made again: daemons
   * that were started later, and what a `.clab.yml`'s `exec` did. Paths of `hostPath` and `namespacePath` from before lead nowhere.
   */
  powerOn(): Promise<void>;
  /** Off and on. */
  reboot(): Promise<void>;
}

export interface LabNode extends NodePower {
  readonly name: string;
  /** Runs a program in the node; never throws for a non-zero code. Code 125, and no run, where the node is paused or off. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  readonly services: NodeServices;
  /** Host's path to a path inside the node (`/proc/<pid>/root/...`), for sockets and files; only for nodes with farmlab-init. Throws for others, and for one that is off. */
  hostPath(path: string): string;
}

export interface ExecOptions {
  /** Network namespace inside the node (a name below /run/netns). */
  readonly namespace?: string;
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds until the program is killed; default 30000. */
  readonly timeoutMs?: number;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** farmlab-init of a node. */
export interface NodeServices {
  start(service: ServiceSpec): Promise<void>;
  stop(name: string): Promise<void>;
  /** Sends a signal to the daemon; init then does what its restart policy says. */
  kill(name: string, signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT"): Promise<void>;
}
