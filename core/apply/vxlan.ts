/** VXLAN interfaces: made from the namespace of their socket, in which it stays, straight into the network resource's; and whom they reach where. */
import type { NamespacePlan, VxlanPlan } from "../plan/index.ts";
import type { ObservedLink, ObservedVxlan } from "./observed.ts";
import type { ShownForwarding, ShownLink } from "./shown.ts";

/** Stands for everybody: where frames to all go. */
const everybody = "00:00:00:00:00:00";

const madeWith = (vni: number | undefined, local: string | undefined, port: number | undefined, learning: boolean): string =>
  `id ${vni} local ${local} dstport ${port} ${learning ? "learning" : "nolearning"}`;

/** What `ip link add` is told of one after its type. */
export function vxlanArguments({ vni, local, port }: VxlanPlan): string {
  return madeWith(vni, local, port, false);
}

export function vxlanOf(plan: VxlanPlan): ObservedVxlan {
  const entries = plan.forwarding.flatMap(({ mac, destination }) => [`${mac} ${destination}`, `${everybody} ${destination}`]);
  return { made: vxlanArguments(plan), forwarding: new Set(entries) };
}

/** Of a link as `ip` shows it, which knows nothing of whom it reaches; undefined where it is none. */
export function readVxlan({ linkinfo }: ShownLink): ObservedVxlan | undefined {
  if (linkinfo?.info_kind !== "vxlan") return undefined;
  const { id, local, local6, port, learning = true } = linkinfo.info_data ?? {};
  return { made: madeWith(id, local ?? local6, port, learning), forwarding: new Set() };
}

/** The links with what `bridge fdb` says of the VXLANs among them. */
export function withForwarding(
  links: ReadonlyMap<string, ObservedLink>,
  shown: readonly ShownForwarding[],
): ReadonlyMap<string, ObservedLink> {
  return new Map(
    [...links].map(([name, link]) => {
      if (link.vxlan === undefined) return [name, link];
      const entries = shown.filter(({ ifname }) => ifname === name).map(({ mac, dst = "" }) => `${mac} ${dst}`);
      return [name, { ...link, vxlan: { ...link.vxlan, forwarding: new Set(entries) } }];
    }),
  );
}

/** Lines for `bridge -batch` in the plan's namespace. What comes is there before what it replaces goes. */
export function forwardingLines(plan: NamespacePlan, observed: ReadonlyMap<string, ObservedLink>): readonly string[] {
  return plan.links.flatMap((link) => {
    if (link.kind !== "vxlan") return [];
    const wanted = vxlanOf(link.vxlan).forwarding;
    const held = observed.get(link.name)?.vxlan?.forwarding ?? new Set<string>();
    const macOf = (entry: string): string => entry.split(" ")[0] ?? "";
    const line = (verb: string, entry: string): string => {
      const [mac, destination] = entry.split(" ");
      return `fdb ${verb} ${mac} dev ${link.name}${destination === "" ? "" : ` dst ${destination}`} self permanent`;
    };
    const missing = [...wanted].filter((entry) => !held.has(entry));
    // Of one MAC address the kernel keeps one destination, which another one replaces.
    const replaced = new Set(missing.map(macOf).filter((mac) => mac !== everybody));
    return [
      ...missing.map((entry) => line(macOf(entry) === everybody ? "append" : "replace", entry)),
      ...[...held].filter((entry) => !wanted.has(entry) && !replaced.has(macOf(entry))).map((entry) => line("del", entry)),
    ];
  });
}
