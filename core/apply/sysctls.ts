/** Kernel settings, written by path. */
import { remembered } from "../common/index.ts";
import type { NamespacePlan } from "../plan/index.ts";
import type { Setting } from "./system.ts";

/** Whether a kernel without this setting is as good as one that has it: bridges that do not know of rules do not pass them frames. */
const mayBeAbsent = (path: string): boolean => path.startsWith("net/bridge/bridge-nf-call-");

/** Arguments that print `path:value` of the paths that exist. */
export function sysctlReadArgv(paths: readonly string[]): readonly string[] {
  return ["grep", "-sH", "", ...paths.map((path) => `/proc/sys/${path}`)];
}

/** The link that a setting is one of; undefined for a setting of the whole namespace. Such a setting is there only when the link is. */
export function linkOfSetting(path: string): string | undefined {
  const link = /^net\/ipv[46]\/(?:conf|neigh)\/([^/]+)\//.exec(path)?.[1];
  return link === "all" || link === "default" ? undefined : link;
}

/** The settings of a namespace as they are once planned. */
export const settingsOf: (plan: NamespacePlan) => ReadonlyMap<string, string> = remembered((plan) => new Map(Object.entries(plan.sysctls)));

/** Stands for the value of a setting that this kernel does not have and that is not missed. */
const notMissed = "(none)";

/** `paths`: those that were asked for. */
export function readSysctls(paths: readonly string[], output: string): ReadonlyMap<string, string> {
  const found = output.split("\n").flatMap((line): [string, string][] => {
    const colon = line.indexOf(":");
    return colon < 0 ? [] : [[line.slice("/proc/sys/".length, colon), line.slice(colon + 1)]];
  });
  return new Map([...paths.filter(mayBeAbsent).map((path): [string, string] => [path, notMissed]), ...found]);
}

/** Turning it resets other settings of its namespace (kernel's ip-sysctl.rst, ip_forward): it has to come before them. */
const forwarding = "net/ipv4/ip_forward";

/** What differs from the plan, in the order in which it is to be written. A setting that the kernel does not have shows again at the next observation. */
export function differingSettings(plan: NamespacePlan, observed: ReadonlyMap<string, string>): readonly Omit<Setting, "namespace">[] {
  return Object.entries(plan.sysctls)
    .filter(([path, value]) => observed.get(path) !== value && observed.get(path) !== notMissed)
    .map(([path, value]) => ({ path, value }))
    .toSorted((one, other) => Number(other.path === forwarding) - Number(one.path === forwarding));
}
