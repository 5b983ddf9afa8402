/**
 * The state that a node starts with as commands of the node image, for labs that are brought up by somebody else. In the order of work that
 * `NodeConfig` states; data goes in as arguments, what is long or has lines of its own as base64 through the native helper.
 */
import { macOf, nativeInLab, ofOneInterface } from "../conventions.ts";
import type { NodeConfig, NodeRoute, ServiceSpec, TopologyNode } from "../topology.ts";

type Command = readonly string[];

const rulesetPath = "/run/farmlab/ruleset.nft";
/** Of base64, in one argument: the kernel takes 128 KiB. A multiple of four, so that every part decodes by itself. */
const argumentCharactersMax = 96 * 1024;

/** Settings that the container engine makes before any link is there, in its own notation; the rest is left to commands. */
export function earlySysctls(config: NodeConfig): Readonly<Record<string, string>> {
  const early = Object.entries(config.sysctls ?? {}).filter(([path]) => isEarly(path));
  return Object.fromEntries(early.map(([path, value]) => [path.replaceAll("/", "."), value]));
}

/** The engine refuses a container over a setting that its kernel lacks, and containerlab states `disable_ipv6` itself. */
function isEarly(path: string): boolean {
  return path.startsWith("net/") && !path.endsWith("?") && !path.endsWith("/disable_ipv6") && !path.includes(".") && !ofOneInterface(path);
}

function sysctlCommands(config: NodeConfig): Command[] {
  const rest = Object.entries(config.sysctls ?? {}).filter(([path]) => !isEarly(path));
  const assign = (entries: readonly [string, string][]): string[] => entries.map(([path, value]) => `${path.replace(/\?$/, "")}=${value}`);
  const [optional, needed] = [true, false].map((wanted) => assign(rest.filter(([path]) => path.endsWith("?") === wanted)));
  return [
    ...(needed?.length ? [["sysctl", "-q", "-w", ...needed]] : []),
    ...(optional?.length ? [["sysctl", "-q", "-e", "-w", ...optional]] : []),
  ];
}

/** Bridges forward at once: no spanning tree, no forward delay. */
function bridgeCommands(node: TopologyNode, seed: number): Command[] {
  return (node.config.bridges ?? []).flatMap(({ name, ports }) => [
    [
      ...["ip", "link", "add", "name", name, "address", macOf(seed, { node: node.name, interface: name })],
      ...["type", "bridge", "stp_state", "0", "forward_delay", "0"],
    ],
    ["ip", "link", "set", "dev", name, "up"],
    ...ports.map((port) => ["ip", "link", "set", "dev", port, "master", name, "up"]),
  ]);
}

const offloads = ["tx", "rx", "sg", "tso", "gso", "gro"].flatMap((name) => [name, "off"]);

function routeCommand(route: NodeRoute): Command {
  return [
    ...["ip", `-${route.family}`, "route", "add", ...(route.type === undefined ? [] : [route.type]), route.to],
    ...(route.via === undefined ? [] : ["via", route.via]),
    ...(route.interface === undefined ? [] : ["dev", route.interface]),
    ...(route.onlink === true ? ["onlink"] : []),
    ...["proto", "static"],
  ];
}

function writeCommands(path: string, mode: string, content: string): Command[] {
  const text = Buffer.from(content).toString("base64");
  const parts = text === "" ? [""] : (text.match(new RegExp(`.{1,${argumentCharactersMax}}`, "g")) ?? []);
  return parts.map((part, index) => [nativeInLab, "write", index === 0 ? "new" : "more", mode, path, part]);
}

function startCommand(service: ServiceSpec): Command {
  const environment = Object.entries(service.environment ?? {}).map(([key, value]) => `${key}=${value}`);
  return [
    ...[nativeInLab, "start", service.readyPath ?? "", service.name, service.restart, service.namespace ?? ""],
    ...[String(environment.length), ...environment, ...service.argv],
  ];
}

/** A container engine mounts it read-only; elsewhere it is no mount of its own. */
const writableSettings: Command = ["sh", "-c", "if mountpoint -q /proc/sys; then mount -o remount,rw /proc/sys; fi"];

/** All commands of one node; `interfaces` are its ends of links. */
export function stateCommands(node: TopologyNode, interfaces: readonly string[], seed: number): Command[] {
  const { addresses = [], routes = [], nft, files = {}, services = [] } = node.config;
  return [
    writableSettings,
    ...sysctlCommands(node.config),
    ...interfaces.map((name) => ["ethtool", "-K", name, ...offloads]),
    ...bridgeCommands(node, seed),
    ...addresses.map(({ interface: name, address }) => [
      ...["ip", "address", "add", address, "dev", name],
      ...(address.includes(":") ? ["nodad"] : []),
    ]),
    ...routes.map(routeCommand),
    ...(nft === undefined ? [] : [...writeCommands(rulesetPath, "600", nft), ["nft", "-f", rulesetPath]]),
    ...Object.entries(files).flatMap(([path, content]) => writeCommands(path, "644", content)),
    ...services.map(startCommand),
  ];
}
