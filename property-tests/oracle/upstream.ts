/** What the router above the exit nodes must hold (EX-6): one static /52 per exit node and little else, however many NRs there are. */
import { contains } from "../../core/common/address.ts";
import type { Address, Prefix } from "../../core/common/address.ts";
import type { UpstreamRouter } from "../../core/farm/index.ts";
import { upstreamOf } from "./world.ts";
import type { World } from "./world.ts";

export interface ExpectedUpstream {
  readonly upstream: UpstreamRouter;
  /** The /52 of every exit node below it, and the addresses it may be routed to (GWPubLL or GWPubIP6). */
  readonly parts: readonly { readonly prefix: Prefix; readonly via: readonly Address[] }[];
  /** The /48s of those exit nodes: one unreachable route each. */
  readonly allocations: readonly Prefix[];
  /** The /64 on its interface swp1. */
  readonly prefixZero: Prefix;
}

export const mostStaticParts = 15;

export function expectedUpstreams(world: World): ExpectedUpstream[] {
  return world.farm.upstreams.map((upstream) => {
    const bars = world.bars.filter((bar) => upstreamOf(world, bar) === upstream);
    const allocations = world.farm.allocations
      .filter((allocation) => bars.some((bar) => bar.allocation === allocation) || contains(allocation.prefix, upstream.ipv6.address))
      .map((allocation) => allocation.prefix);
    const first = allocations[0];
    if (first === undefined) throw new Error(`the oracle needs the allocation of router ${upstream.name}`);
    return {
      upstream,
      parts: bars.map((bar) => ({ prefix: bar.part, via: [bar.linkLocal, bar.address6] })),
      allocations,
      prefixZero: { address: first.address, length: 64 },
    };
  });
}
