/** What apply needs of the node that it runs on. All processes, files and keys of a node are reached through this. */
import type { ServiceRequest } from "../common/index.ts";

export interface Command {
  /** `host` for the node's own network namespace, else a name below /run/netns. */
  readonly namespace: string;
  /** Program and arguments; never holds a secret. */
  readonly argv: readonly string[];
  /** Given on standard input, which ends after it and can be opened by name (/dev/stdin). */
  readonly input?: string;
}

export interface CommandResult {
  /** The exit code: 0 for success. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A kernel setting: its path below /proc/sys, with slashes. */
export interface Setting {
  readonly namespace: string;
  readonly path: string;
  readonly value: string;
}

/** Flows of a prefix, as a namespace's connection tracking remembers them. */
export interface Flows {
  readonly namespace: string;
  /** RFC 5952, with length. */
  readonly prefix: string;
  /** All that have an address of it, or those alone that are sent to one and come to it as it is (no DNAT). */
  readonly which: "all" | "untranslated";
}

export interface System {
  /** Runs to the end; never throws for a non-zero code. */
  run(command: Command): Promise<CommandResult>;
  /** Writes kernel settings of any namespaces; one that the kernel does not have is no failure. */
  writeSettings(settings: readonly Setting[]): Promise<CommandResult>;
  /** Ends what connection tracking remembers, translations among it; flows that nobody remembers are no failure. */
  forgetFlows(flows: readonly Flows[]): Promise<CommandResult>;
  startService(request: ServiceRequest): Promise<void>;
  /** Resolves when the service has ended; one that does not run is no error. */
  stopService(name: string): Promise<void>;
  /** Tells a running service that a file of its has changed (SIGHUP). */
  signalService(name: string): Promise<void>;
  /** Replaces a file of the node's own; makes its folder where that is missing. */
  writeFile(path: string, content: string): Promise<void>;
  /** Undefined where there is none. */
  readFile(path: string): Promise<string | undefined>;
  /** Names below /run/netns, whoever made them. */
  listNamespaces(): Promise<readonly string[]>;
  /** Names of running services. */
  listServices(): Promise<readonly string[]>;
  /** Resolves when the path exists; rejects after a deadline of the system's own. */
  waitForPath(path: string): Promise<void>;
  /** The private key (base64) of a WireGuard interface from the node's key file. */
  privateKeyOf(wireguardName: string): Promise<string>;
}
