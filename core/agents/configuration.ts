/** What an agent is told at its start; everything else it learns from the store. */
import { readFileSync } from "node:fs";
import { failure, success, type Outcome } from "../common/index.ts";

/** The JSON of /etc/farmlab/agent.json, and of /etc/farmlab/allocator.json where the allocator is. */
export interface AgentConfiguration {
  /** What it is there for; absent: to bring its node to what the store says. */
  readonly role?: "allocator";
  /** The node's own name, as intents name it. */
  readonly node: string;
  /** Endpoints of the store, tried in turn. */
  readonly store: readonly string[];
  /** Where reachability is measured: `ADDRESS:PORT` and `[ADDRESS]:PORT`. */
  readonly reflector: { readonly ipv4?: string; readonly ipv6?: string };
  /** Makes keys repeatable in scenario runs; never for real use. */
  readonly keySeed?: string;
  /** Where the agent's files and sockets are; each has its place in a node. */
  readonly paths?: Partial<AgentPaths>;
  /** Milliseconds between two whole looks at the node's state. */
  readonly reconcileEveryMs?: number;
}

export interface AgentPaths {
  readonly keys: string;
  readonly statusSocket: string;
  readonly initSocket: string;
  readonly native: string;
  readonly namespaces: string;
  /** Folder of what services have said, a file `NAME.log` of each. */
  readonly serviceLogs: string;
}

export const defaultConfigurationPath = "/etc/farmlab/agent.json";

export const defaultPaths: AgentPaths = {
  keys: "/var/lib/farmlab/keys.json",
  statusSocket: "/run/farmlab/agent.sock",
  initSocket: "/run/farmlab/init.sock",
  native: "/usr/lib/farmlab/native",
  namespaces: "/run/netns",
  serviceLogs: "/var/log/farmlab",
};

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/** Reads the configuration; a mistake in it is a Problem that names the field. */
export function readConfiguration(path: string): Outcome<AgentConfiguration> {
  const refuse = (message: string): Outcome<AgentConfiguration> =>
    failure({ severity: "error", code: "agent-configuration", message: `${path}: ${message}` });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  if (typeof value !== "object" || value === null) return refuse("not an object");
  const fields = value as Partial<Record<keyof AgentConfiguration, unknown>>;
  if (fields.role !== undefined && fields.role !== "allocator") return refuse("`role` must be `allocator`, or left out");
  if (!isText(fields.node)) return refuse("`node` must be the node's name");
  if (!Array.isArray(fields.store) || fields.store.length === 0 || !fields.store.every(isText))
    return refuse("`store` must be a list of endpoints");
  const reflector = fields.reflector ?? {};
  if (typeof reflector !== "object" || !Object.values(reflector).every(isText))
    return refuse("`reflector` must hold `ADDRESS:PORT` by family");
  if (fields.keySeed !== undefined && !isText(fields.keySeed)) return refuse("`keySeed` must be text");
  if (fields.paths !== undefined && (typeof fields.paths !== "object" || fields.paths === null)) return refuse("`paths` must be an object");
  const every = fields.reconcileEveryMs;
  if (every !== undefined && !(typeof every === "number" && every > 0)) return refuse("`reconcileEveryMs` must be a number above 0");
  return success(value as AgentConfiguration);
}
