/** A translating router's rules in nft's language, one table. */
import { formatPrefix, networkOf } from "../../../core/common/index.ts";
import { wanInterface } from "../../compile/parts.ts";
import { filteringRules, forwardRules } from "./filtering.ts";
import { hairpinForwardRules, hairpinInRules, hairpinOutRules } from "./hairpin.ts";
import { mappingRules, outsideKey } from "./mapping.ts";
import { portRules, sharedPortRules, toOuter } from "./ports.ts";
import { conntrackTimeouts, memoryChains } from "./timeouts.ts";
import { chain, fromOutside, memoryOf, opened, portProtocols, toOutside } from "./translation.ts";
import type { Memory, Translation } from "./translation.ts";

/** Mappings at once; a lab has a few hundred. */
const mapLimit = 65_535;

const remembering = (kind: "map" | "set", name: string, types: string): string[] => [
  `  ${kind} ${name} {`,
  `    typeof ${types}`,
  "    flags dynamic,timeout",
  `    size ${mapLimit}`,
  "  }",
];

function maps(translation: Translation, memory: Memory): string[] {
  const { external, externalAddress, far, host } = opened;
  return [
    ...remembering("map", "inside", `meta l4proto . ${external} : ${host}`),
    ...remembering("set", "held", `meta l4proto . ${external} . ${host}`),
    ...remembering("set", "long", `meta l4proto . ${external}`),
    ...(memory.outside ? remembering("map", "outside", `${outsideKey(translation)} : ${externalAddress} . ${external}`) : []),
    ...(memory.contacted ? remembering("set", "contacted", `meta l4proto . ${external} . ${far}`) : []),
  ];
}

/** The first packet of a flow that is translated. */
function translateRules(translation: Translation, memory: Memory): string[] {
  const mapped = memory.outside ? mappingRules(translation) : [];
  return [
    ...(mapped.length === 0 ? [] : [`meta l4proto != ${portProtocols} ${toOuter(translation)}`, ...mapped]),
    ...portRules(translation),
  ];
}

/** Inside to the internet and answers back; from outside, what filtering and forwards let in, and echoes to the router itself. */
export function natRules(translation: Translation): string {
  const memory = memoryOf(translation.nat);
  const incoming = [
    ...forwardRules(translation, fromOutside),
    ...(memory.inside ? filteringRules(translation) : []),
    ...hairpinInRules(translation),
  ];
  const outgoing = `ip saddr ${formatPrefix(networkOf(translation.inner))} ${toOutside} jump translate`;
  const lines = [
    ...conntrackTimeouts(translation),
    ...(memory.inside ? maps(translation, memory) : []),
    ...chain("prerouting", incoming.length === 0 ? [] : ["type nat hook prerouting priority dstnat; policy accept;", ...incoming]),
    ...chain("translate", translateRules(translation, memory)),
    ...chain("postrouting", ["type nat hook postrouting priority srcnat; policy accept;", outgoing, ...hairpinOutRules(translation)]),
    ...(memory.inside ? memoryChains(translation, sharedPortRules(translation)) : []),
    ...chain("forward", [
      "type filter hook forward priority filter; policy drop;",
      "ct state established,related accept",
      "ct state invalid drop",
      `iifname != "${wanInterface}" ${toOutside} accept`,
      ...(incoming.length === 0 ? [] : [`${fromOutside} ct status dnat accept`]),
      ...hairpinForwardRules(translation),
    ]),
    ...chain("input", [
      "type filter hook input priority filter; policy drop;",
      `iifname != "${wanInterface}" accept`,
      "ct state established,related accept",
      "icmp type echo-request accept",
    ]),
  ];
  return `table ip router {\n${lines.join("\n")}\n}\n`;
}
