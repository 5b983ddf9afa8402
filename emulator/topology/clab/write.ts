/** Topology -> text of a `.clab.yml` that a stock containerlab deploys without management network and without privileged containers. */
import { clabText, clabYaml } from "./yaml.ts";
import { defaultMtu, macOf } from "../conventions.ts";
import { earlySysctls, stateCommands } from "./state-commands.ts";
import type { Bind, Endpoint, Topology, TopologyNode } from "../topology.ts";
import { joinWords } from "../words.ts";

/**
 * Where farmlab's own programs lie on the machine that deploys: a folder, or what a variable of containerlab's environment says, and the
 * folder where it says nothing.
 */
export interface Programs {
  readonly folder: string;
  readonly variable?: string;
}

export interface WriteClabOptions {
  /** Container image of nodes that name none. */
  readonly image: string;
  readonly programs: Programs;
  /**
   * `exec`: the state of nodes is written as commands that containerlab runs, so that the lab is complete. `none`: it is left out, for who
   * brings nodes to their state himself. Settings that must be made before a node has links are written in both.
   */
  readonly state: "exec" | "none";
  /** What names of containers begin with, before the lab's name and the node's; absent: containerlab's own. */
  readonly prefix?: string;
  /** Of all nodes: marks of whose they are. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Lines of a comment at the top. */
  readonly about?: readonly string[];
}

/** Label that carries `TopologyNode.role`. */
export const roleLabel: string = "farmlab-role";
/** The first process of nodes that name no other. */
export const initCommand: string = "/usr/lib/farmlab/native init";

/** By name, instead of privileged containers: FRR, namespaces inside nodes and DPDK need them besides what an engine gives. */
const capabilities = ["NET_ADMIN", "NET_RAW", "SYS_ADMIN", "IPC_LOCK", "SYS_NICE"];

function defaultsOf(options: WriteClabOptions): object {
  return {
    kind: "linux",
    image: options.image,
    "network-mode": "none",
    privileged: false,
    // A container that comes back has no links.
    "restart-policy": "no",
    "cap-add": capabilities,
    // Where the host has AppArmor, the engine's profile forbids mounts and settings in nodes.
    "security-opts": ["apparmor=unconfined"],
    devices: ["/dev/net/tun"],
    cmd: initCommand,
    ...(options.labels === undefined ? {} : { labels: options.labels }),
  };
}

const bindText = ({ source, target, readOnly }: Bind): string => `${source}:${target}${readOnly ? ":ro" : ""}`;

/** What has no entries is left out: containerlab's schema wants at least one. */
function filled<T extends Readonly<Record<string, unknown>>>(values: T): Partial<T> {
  const empty = (value: unknown): boolean => value === undefined || (typeof value === "object" && Object.keys(value ?? {}).length === 0);
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !empty(value))) as Partial<T>;
}

function nodeEntry(node: TopologyNode, interfaces: readonly string[], seed: number, options: WriteClabOptions): object {
  const labels = { [roleLabel]: node.role, ...node.container?.labels };
  if (node.kind === "bridge") return { kind: "bridge", labels };
  const { image, command, environment, binds = [], exec = [], capAdd } = node.container ?? {};
  const state = options.state === "none" ? [] : stateCommands(node, interfaces, seed).map(joinWords);
  return filled({
    image,
    cmd: command,
    labels,
    env: environment,
    binds: binds.map(bindText),
    "cap-add": capAdd,
    sysctls: earlySysctls(node.config),
    exec: [...state, ...exec],
  });
}

function programsBind({ folder, variable }: Programs): string {
  const target = ":/usr/lib/farmlab:ro";
  return variable === undefined ? clabText(`${folder}${target}`) : `"$\{${variable}:=${folder}}${target}"`;
}

const indented = (text: string, depth: number): string => text.replaceAll(/[^\n]+/g, (line) => `${" ".repeat(depth)}${line}`);

/** The file's text. Everything in it is data of the topology; the one variable is that of `programs`. */
export function writeClab(topology: Topology, options: WriteClabOptions): string {
  const ends = Map.groupBy(
    topology.links.flatMap((link) => link.endpoints),
    (endpoint) => endpoint.node,
  );
  const endEntry = (endpoint: Endpoint): object => ({
    node: endpoint.node,
    interface: endpoint.interface,
    mac: macOf(topology.seed, endpoint),
  });
  const nodes = topology.nodes.map((node) => {
    const interfaces = (ends.get(node.name) ?? []).map((endpoint) => endpoint.interface);
    return [node.name, nodeEntry(node, interfaces, topology.seed, options)] as const;
  });
  const links = topology.links.map(({ endpoints, mtu = defaultMtu }) => ({ type: "veth", endpoints: endpoints.map(endEntry), mtu }));
  return [
    ...(options.about ?? []).map((line) => `# ${line}\n`),
    clabYaml({
      name: topology.name,
      ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
      mgmt: { "skip-when-unused": true },
    }),
    "topology:\n  defaults:\n",
    indented(clabYaml(defaultsOf(options)), 4),
    `    binds:\n      - ${programsBind(options.programs)}\n`,
    indented(clabYaml(filled({ nodes: Object.fromEntries(nodes), links })), 2),
  ].join("");
}
