/** A measured behaviour for people, a line a protocol. */
import { formatAddress } from "../../core/common/index.ts";
import type { MeasuredNat, MeasuredTransport } from "./behaviour.ts";

const known = (value: string | boolean | null): string =>
  value === null ? "not measured" : value === true ? "yes" : value === false ? "no" : value;

function transportLine(protocol: string, measured: MeasuredTransport): string {
  const parts = [
    `mapping ${measured.mapping}`,
    `filtering ${known(measured.filtering)}`,
    `hairpinning ${known(measured.hairpin)}`,
    `ports ${measured.ports}`,
    `overloading ${known(measured.overloading)}`,
    `as ${measured.externalAddresses.map(formatAddress).join(" and ")}`,
  ];
  return `${protocol}: ${parts.join(", ")}`;
}

export function describeNat({ udp, tcp, icmpErrors }: MeasuredNat): string {
  return [transportLine("udp", udp), transportLine("tcp", tcp), `icmp: errors come in ${known(icmpErrors)}`].join("\n");
}
