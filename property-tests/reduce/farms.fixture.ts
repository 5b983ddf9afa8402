/** Farms to take apart, and failures that show on them. */
import { readFileSync } from "node:fs";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";

/** A farm of topologies/, by its name. */
export function farmNamed(name: string): FarmFile {
  const file = new URL(`../../topologies/${name}.farm.yml`, import.meta.url).pathname;
  return expectValue(loadFarm(readFileSync(file, "utf8"), file)).document;
}

export const networksOf = (document: FarmFile): NonNullable<FarmFile["networks"]>[string][] => Object.values(document.networks ?? {});

/** Nodes of a network that nobody reaches from outside. */
export const hiddenIn = (document: FarmFile, network: NonNullable<FarmFile["networks"]>[string]): readonly string[] =>
  network.resources.map(({ node }) => node).filter((node) => document.nodes[node]?.public === undefined);

/** Some network has two resources on hidden nodes. */
export const twoHidden = (document: FarmFile): boolean => networksOf(document).some((network) => hiddenIn(document, network).length >= 2);

/** A udp port forward leads to a workload on a hidden node. */
export const udpForwardToHidden = (document: FarmFile): boolean =>
  networksOf(document).some((network) =>
    (network["port-forwards"] ?? []).some(
      ({ service, workload }) =>
        service.startsWith("udp") && hiddenIn(document, network).includes(network.workloads?.[workload]?.node ?? ""),
    ),
  );
