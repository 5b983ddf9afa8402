/** Daemons besides those of tunnels, with the files that they read. The one place that knows when one has to be started anew. */
import type { ServiceRequest } from "../common/index.ts";
import type { NodePlan, ServiceFile, ServicePlan } from "../plan/index.ts";
import type { ObservedNode } from "./observed.ts";
import { isOwnService } from "./ownership.ts";

export interface ServiceChanges {
  /** Names, before anything else. */
  readonly stop: readonly string[];
  /** Written before anything is started. */
  readonly files: readonly ServiceFile[];
  /** In this order, at last. */
  readonly start: readonly ServicePlan[];
  /** Names of those that read a file of theirs anew. */
  readonly signal: readonly string[];
}

export function serviceChanges(plan: NodePlan, observed: ObservedNode): ServiceChanges {
  const wanted = new Set(plan.services.map(({ name }) => name));
  const stop = [...observed.services].filter((name) => isOwnService(name) && !wanted.has(name));
  const files: ServiceFile[] = [];
  const start: ServicePlan[] = [];
  const signal: string[] = [];
  for (const service of plan.services) {
    const changed = service.files.filter(({ path, content }) => observed.files.get(path) !== content);
    files.push(...changed);
    const runs = observed.services.has(service.name);
    // With its namespace everything is gone that it had there.
    const isStale = !observed.namespaces.has(service.namespace) || changed.some(({ change }) => change === "restart");
    if (runs && !isStale) {
      if (changed.some(({ change }) => change === "signal")) signal.push(service.name);
      continue;
    }
    if (runs) stop.push(service.name);
    start.push(service);
  }
  return { stop, files, start, signal };
}

/** The files of planned daemons, as they are once planned. */
export const filesOf = (plan: NodePlan): ReadonlyMap<string, string> =>
  new Map(plan.services.flatMap(({ files }) => files.map(({ path, content }) => [path, content])));

/** One that dies is started anew. */
export function serviceRequest({ name, argv, namespace }: ServicePlan): ServiceRequest {
  return { name, argv, ...(namespace === "host" ? {} : { namespace }), restart: "always" };
}
