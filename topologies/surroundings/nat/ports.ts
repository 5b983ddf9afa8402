/** External ports of new mappings (RFC 4787 section 4.2): kept where free, drawn, or one after the other. */
import { formatAddress } from "../../../core/common/index.ts";
import { memoryOf, opened, portProtocols } from "./translation.ts";
import type { Translation } from "./translation.ts";

/** A pool for each protocol; the kernel has no counter as wide as a port. */
const firstSequentialPort = 50_000;
const sequentialPorts = 1024;

/** To the outer address as such: a masquerade takes the address of the interface, which for a hairpin is the inner one. */
export const toOuter = ({ outer }: Translation): string => `snat ip to ${formatAddress(outer)}`;
const anyPort = (translation: Translation): string => `${toOuter(translation)} fully-random`;

const sequentialRules = (translation: Translation): string[] => {
  const pool = Array.from({ length: sequentialPorts }, (_, index) => `${index} : ${firstSequentialPort + index}`).join(", ");
  const counted = `${toOuter(translation)}:numgen inc mod ${sequentialPorts} map { ${pool} }`;
  return [`meta l4proto tcp ${counted}`, `meta l4proto udp ${counted}`];
};

/** A kept port is another's where it is mapped or forwarded: this host's own mapping would have been taken before. */
function preserveRules(translation: Translation): string[] {
  const { forwards, nat } = translation;
  if (nat.overloading) return [];
  const forwarded = forwards.map(({ protocol, port }) => `${protocol} . ${port}`).join(", ");
  return [
    ...(forwarded === "" ? [] : [`meta l4proto . th sport { ${forwarded} } ${anyPort(translation)}`]),
    `meta l4proto ${portProtocols} meta l4proto . th sport @inside ${anyPort(translation)}`,
  ];
}

/** Ends with a rule for everything that is left, echoes among it. */
export function portRules(translation: Translation): string[] {
  const { ports } = translation.nat;
  const rules = {
    preserve: preserveRules,
    random: (): string[] => [`meta l4proto ${portProtocols} ${anyPort(translation)}`],
    sequential: sequentialRules,
  };
  return [...rules[ports](translation), toOuter(translation)];
}

/**
 * The kernel draws a port that is free towards the destination, not one that is free. Where another mapping has it, the first packet
 * is dropped, and with it the drawing: the next try draws again.
 */
export function sharedPortRules({ nat }: Translation): string[] {
  if (nat.overloading || !memoryOf(nat).inside) return [];
  const taken = `meta l4proto . ${opened.external} @inside`;
  return [`ct status snat ${taken} meta l4proto . ${opened.external} . ${opened.host} != @held drop`];
}
