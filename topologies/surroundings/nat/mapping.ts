/** Mapping (RFC 4787 section 4.1): whether a flow takes the external port that its host's port has already. */
import { opened } from "./translation.ts";
import type { Sides, Translation } from "./translation.ts";

/** Of what a mapping depends, as the key of `outside`: with the far address where each has a port of its own. */
export function outsideKey({ nat }: Translation, { host, far }: Sides = opened): string {
  return `meta l4proto . ${host}${nat.mapping === "address-dependent" ? ` . ${far}` : ""}`;
}

/** For the first packet of a flow; what comes after decides where nothing is remembered. */
export function mappingRules(translation: Translation): string[] {
  return [`snat ip to ${outsideKey(translation)} map @outside`];
}
