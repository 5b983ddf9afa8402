/** Daemons of a lab's nodes, for laws that end and start them. */
import type { ServiceSpec } from "../../emulator/topology/index.ts";
import type { Session } from "../run/session.ts";
import { HarnessError } from "./law.ts";

/** The node that the farm's store is on. */
export const storeHostOf = ({ farm }: Pick<Session, "farm">): string => farm.internet.hosts.find(({ store }) => store)?.name ?? "";

/** How a node's daemon is started. Throws a HarnessError where the node has none of that name. */
export function serviceOf({ lab }: Session, node: string, service: string): ServiceSpec {
  const spec = lab.topology.nodes.find(({ name }) => name === node)?.config.services?.find(({ name }) => name === service);
  if (spec === undefined) throw new HarnessError(`${node} has no ${service}`);
  return spec;
}
