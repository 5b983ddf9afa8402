/** Where a router does not behave as it is said to, in words. */
import { formatAddress, sameAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import type { NatBehaviour } from "../../core/farm/index.ts";
import type { MeasuredNat, MeasuredTransport } from "./behaviour.ts";

interface Declared {
  readonly nat: NatBehaviour;
  /** The one address that the router's hosts are seen with. */
  readonly outer: Address;
}

const yes = (value: boolean): string => (value ? "yes" : "no");

/** Every dimension that was measured: its name, what it was seen to be, what it should be. */
function dimensions(measured: MeasuredTransport, { nat, outer }: Declared, protocol: "udp" | "tcp"): [string, string | null, string][] {
  // Answers with the internal source come from an address that was not asked: no connection is made.
  const hairpin = protocol === "tcp" && nat.hairpin === "internal" ? "none" : nat.hairpin;
  const addresses = measured.externalAddresses.map(formatAddress).join(" and ");
  const one = measured.externalAddresses.length === 1 && measured.externalAddresses.every((address) => sameAddress(address, outer));
  return [
    ["external address", one ? formatAddress(outer) : addresses, formatAddress(outer)],
    ["mapping", measured.mapping, nat.mapping],
    ["filtering", measured.filtering, nat.filtering],
    ["hairpinning", measured.hairpin, hairpin],
    ["ports", measured.ports, nat.ports],
    ["overloading", measured.overloading === null ? null : yes(measured.overloading), yes(nat.overloading)],
  ];
}

/** How many dimensions could be judged, and a sentence for each that is another than declared. */
export function natDifferences(
  measured: MeasuredNat,
  declared: Declared,
): { readonly judged: number; readonly differences: readonly string[] } {
  const all = (["udp", "tcp"] as const).flatMap((protocol) =>
    dimensions(measured[protocol], declared, protocol)
      .filter(([, seen]) => seen !== null)
      .map(([name, seen, wanted]) => ({ text: `${protocol} ${name} is ${seen}; expected: ${wanted}`, same: seen === wanted })),
  );
  const errors = { text: "ICMP errors about a mapping's packets do not reach its host; expected: they do", same: measured.icmpErrors };
  const judged = [...all, errors];
  return { judged: judged.length, differences: judged.flatMap(({ text, same }) => (same ? [] : [text])) };
}
