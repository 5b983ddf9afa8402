/** How long what is idle is remembered (RFC 4787 section 4.3, RFC 5382 section 5), in conntrack and in the maps. */
import { outsideKey } from "./mapping.ts";
import { chain, letIn, memoryOf, opened, portProtocols } from "./translation.ts";
import type { Sides, Translation } from "./translation.ts";

const transitoryStates = ["syn_sent", "syn_recv", "fin_wait", "close_wait", "last_ack", "time_wait", "close"] as const;

const policy = (protocol: "tcp" | "udp", states: readonly (readonly [string, number])[]): string[] => [
  `  ct timeout ${protocol}-timeout {`,
  `    protocol ${protocol}`,
  "    l3proto ip",
  `    policy = { ${states.map(([state, seconds]) => `${state} : ${seconds}s`).join(", ")} }`,
  "  }",
];

/** Conntrack's timeouts as objects of the ruleset, so that nothing depends on settings of the kernel. An echo's stays the kernel's 30 s. */
export function conntrackTimeouts({ nat: { timeouts } }: Translation): string[] {
  const transitory = transitoryStates.map((state) => [state, timeouts.tcpTransitory] as const);
  return [
    ...policy("udp", [
      ["unreplied", timeouts.udp],
      ["replied", timeouts.udpStream],
    ]),
    ...policy("tcp", [...transitory, ["established", timeouts.tcpEstablished]]),
    ...chain("timeouts", [
      "type filter hook prerouting priority mangle; policy accept;",
      'meta l4proto udp ct timeout set "udp-timeout"',
      'meta l4proto tcp ct timeout set "tcp-timeout"',
    ]),
  ];
}

/** Everything that is remembered of the packet's mapping, anew. What was let in without a mapping, by a forward, makes none. */
function refresh(translation: Translation, seconds: number): string[] {
  const { contacted, outside } = memoryOf(translation.nat);
  const time = `timeout ${seconds}s`;
  const sides = ({ external, externalAddress, host }: Sides, when: string, key: string | undefined): string[] => [
    `${when} update @inside { meta l4proto . ${external} ${time} : ${host} }`,
    ...(key === undefined ? [] : [`${when} update @outside { ${key} ${time} : ${externalAddress} . ${external} }`]),
    `${when} update @held { meta l4proto . ${external} . ${host} ${time} }`,
  ];
  // Where each far address has a mapping of its own, one that was let in has none of its own.
  const keyLetIn = outside && translation.nat.mapping === "endpoint-independent" ? outsideKey(translation, letIn) : undefined;
  return [
    ...sides(opened, opened.status, outside ? outsideKey(translation) : undefined),
    ...(contacted ? [`${opened.status} update @contacted { meta l4proto . ${opened.external} . ${opened.far} ${time} }`] : []),
    ...sides(letIn, mappedLetIn, keyLetIn),
  ];
}

const mappedLetIn = `${letIn.status} meta l4proto . ${letIn.external} . ${letIn.host} @held`;
/** Whether both sides have gone on for a while; a mark is set on a connection that closes. */
const lasting = "ct status assured ct mark != 1";

/** Which timeout holds for a mapping: the longer one as long as it has a lasting flow. */
function choose(protocol: "tcp" | "udp", seconds: number, short: string, long: string): string[] {
  const longOf = ({ external }: Sides, when: string): string[] => [
    `meta l4proto ${protocol} ${lasting} ${when} update @long { meta l4proto . ${external} timeout ${seconds}s }`,
    `meta l4proto ${protocol} ${when} meta l4proto . ${external} @long goto ${long}`,
  ];
  return [...longOf(opened, opened.status), ...longOf(letIn, mappedLetIn), `meta l4proto ${protocol} goto ${short}`];
}

/** The chain `remember`, for packets on their way out of the router on either side, after their translation; `first` are rules before. */
export function memoryChains(translation: Translation, first: readonly string[]): string[] {
  const { timeouts } = translation.nat;
  return [
    ...chain("udp-first", refresh(translation, timeouts.udp)),
    ...chain("udp-stream", refresh(translation, timeouts.udpStream)),
    ...chain("tcp-transitory", refresh(translation, timeouts.tcpTransitory)),
    ...chain("tcp-established", refresh(translation, timeouts.tcpEstablished)),
    ...chain("remember", [
      "type filter hook postrouting priority srcnat + 10; policy accept;",
      `meta l4proto != ${portProtocols} return`,
      ...first,
      "tcp flags & (fin | rst) != 0 ct mark set 1",
      `ct mark 1 ${opened.status} delete @long { meta l4proto . ${opened.external} }`,
      ...choose("udp", timeouts.udpStream, "udp-first", "udp-stream"),
      ...choose("tcp", timeouts.tcpEstablished, "tcp-transitory", "tcp-established"),
    ]),
  ];
}
