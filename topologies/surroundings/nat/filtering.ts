/** Filtering (RFC 4787 section 5): which packets that answer nothing are let in, and where to. Answers are let in by conntrack. */
import { formatAddress } from "../../../core/common/index.ts";
import { fromOutside, portProtocols } from "./translation.ts";
import type { Translation } from "./translation.ts";

const toMapped = "dnat ip to meta l4proto . th dport map @inside";

/** By the far address where only contacted ones may send; all others find no mapping and end at the router. */
export function filteringRules({ nat }: Translation): string[] {
  const some = `${fromOutside} meta l4proto ${portProtocols}`;
  if (nat.filtering === "endpoint-independent") return [`${some} ${toMapped}`];
  if (nat.filtering === "address-dependent") return [`${some} meta l4proto . th dport . ip saddr @contacted ${toMapped}`];
  return [];
}

/** `when`: whose packets to the external address they are. */
export function forwardRules({ forwards }: Translation, when: string): string[] {
  if (forwards.length === 0) return [];
  const pairs = forwards.map(({ protocol, port, to, toPort }) => `${protocol} . ${port} : ${formatAddress(to)} . ${toPort}`).join(", ");
  return [`${when} dnat ip to meta l4proto . th dport map { ${pairs} }`];
}
