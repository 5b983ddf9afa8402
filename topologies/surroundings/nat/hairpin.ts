/**
 * Hairpinning (RFC 4787 section 6): a packet from inside to the external address goes back in, to the mapping's host. It is not filtered:
 * whoever is on the LAN is no stranger. With the internal source address the other host answers past the router, as RFC 4787 warns.
 */
import { formatAddress } from "../../../core/common/index.ts";
import { wanInterface } from "../../compile/parts.ts";
import { forwardRules } from "./filtering.ts";
import { portProtocols, turnsAround } from "./translation.ts";
import type { Translation } from "./translation.ts";

export function hairpinInRules(translation: Translation): string[] {
  if (translation.nat.hairpin === "none") return [];
  const toOuter = `iifname != "${wanInterface}" ip daddr ${formatAddress(translation.outer)}`;
  return [...forwardRules(translation, toOuter), `${toOuter} meta l4proto ${portProtocols} dnat ip to meta l4proto . th dport map @inside`];
}

export function hairpinOutRules({ nat }: Translation): string[] {
  return nat.hairpin === "external" ? [`${turnsAround} ct status dnat jump translate`] : [];
}

export function hairpinForwardRules({ nat }: Translation): string[] {
  return nat.hairpin === "none" ? [] : [`${turnsAround} ct status dnat accept`];
}
