/** Addresses of links. Those that the kernel or a protocol gave (SLAAC, DHCP: `dynamic`; VRRP; lo's own) are left alone. */
import { remembered } from "../common/index.ts";
import type { AddressPlan, NamespacePlan } from "../plan/index.ts";
import type { ShownLink } from "./shown.ts";

const key = (link: string, address: string): string => `${link} ${address}`;

const isOurs = ({ by }: AddressPlan): boolean => by === undefined;
/** The kernel's word for who gave an address (IFA_PROTO), by name and as a number. */
const isOfVrrp = (protocol: string | undefined): boolean => protocol === "keepalived" || protocol === "18" || protocol === "0x12";

export const addressesOf: (plan: NamespacePlan) => ReadonlySet<string> = remembered(
  (plan) => new Set(plan.addresses.filter(isOurs).map(({ link, address }) => key(link, address))),
);

/** Addresses that VRRP gives and takes away, without their lengths. */
export const heldOf: (plan: NamespacePlan) => ReadonlySet<string> = remembered(
  (plan) => new Set(plan.addresses.filter((one) => !isOurs(one)).map(({ address }) => address.split("/")[0] ?? "")),
);

export function readHeld(links: readonly ShownLink[]): ReadonlySet<string> {
  return new Set(links.flatMap(({ addr_info: info = [] }) => info.filter(({ protocol }) => isOfVrrp(protocol)).map(({ local }) => local)));
}

const isOfLoopback = (local: string): boolean => local === "::1" || local.startsWith("127.");

export function readAddresses(links: readonly ShownLink[]): ReadonlySet<string> {
  return new Set(
    links.flatMap((link) =>
      (link.addr_info ?? [])
        .filter((entry) => entry.dynamic !== true && !isOfVrrp(entry.protocol) && !isOfLoopback(entry.local))
        .map((entry) => key(link.ifname, `${entry.local}/${entry.prefixlen}`)),
    ),
  );
}

/** `nodad`: usable at once. Lines for `ip -batch` in the plan's namespace. */
export function addressLines(
  plan: NamespacePlan,
  observed: ReadonlySet<string>,
): { readonly remove: readonly string[]; readonly add: readonly string[] } {
  const wanted = addressesOf(plan);
  return {
    remove: [...observed]
      .filter((entry) => !wanted.has(entry))
      .map((entry) => {
        const [link, address] = entry.split(" ");
        return `address del ${address} dev ${link}`;
      }),
    add: plan.addresses
      .filter((one) => isOurs(one) && !observed.has(key(one.link, one.address)))
      .map(({ link, address }) => `address replace ${address} dev ${link}${address.includes(":") ? " nodad" : ""}`),
  };
}

const addressOf = (entry: string): string => entry.split("/")[0] ?? "";
/** As prefixes of one; those of a link alone are nobody's far away. */
const prefixesOf = (addresses: Iterable<string>): readonly string[] =>
  [...new Set(addresses)]
    .filter((address) => !address.startsWith("fe80:"))
    .map((address) => `${address}/${address.includes(":") ? 128 : 32}`);

/** Addresses that the namespace had and will not have, and those that it will have and had not. */
export function movedAddresses(
  plan: NamespacePlan,
  observed: ReadonlySet<string>,
  byVrrp: ReadonlySet<string>,
): { readonly gone: readonly string[]; readonly come: readonly string[] } {
  const before = new Set([...[...observed].map((entry) => addressOf(entry.split(" ")[1] ?? "")), ...byVrrp]);
  const after = new Set(plan.addresses.map(({ address }) => addressOf(address)));
  return { gone: prefixesOf(before.difference(after)), come: prefixesOf(after.difference(before)) };
}
