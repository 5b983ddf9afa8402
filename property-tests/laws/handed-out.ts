/** The farm's allocator and what it has handed out, as the store says it. */
import type { NetworkWish } from "../../core/intents/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import { StoreContents } from "../../core/store/index.ts";
import type { Session } from "../run/session.ts";

/** How long the allocator may take to answer. */
export const answering = { waitMs: 10_000, everyMs: 20 };

export async function grantsNow({ store }: Session): Promise<ReturnType<StoreContents["grants"]>> {
  const contents = new StoreContents();
  contents.replace(await store.range(""));
  return contents.grants();
}

/** A network of an exit point alone. */
export const wishOfOne = (name: string, allocationNumber: number, node: string, prefix?: Prefix): NetworkWish => ({
  ...{ name, kind: "exit-node", allocationNumber, ownedIpv4: [], workloads: [], portForwards: [] },
  resources: [{ node, exitPoint: true, ...(prefix === undefined ? {} : { prefix }) }],
});
