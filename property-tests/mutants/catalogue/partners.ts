/** Exit nodes that are partners: who has the addresses, what of the flows the other one knows, and by which tunnel network resources send. */
import { patchedIn } from "../mutant.ts";
import type { Mutant, Patch } from "../mutant.ts";

const patched = { agent: patchedIn("agent"), mesh: patchedIn("mesh"), time: patchedIn("timer"), rules: patchedIn("rules of an NR") };

const onPartners =
  (subject: keyof typeof patched) =>
  (id: string, description: string, ...patches: readonly Patch[]): Mutant => ({
    ...patched[subject](id, description, "EX-15", ...patches),
    farm: "active-active",
  });
const acts = onPartners("agent");
const times = onPartners("time");
const mesh = onPartners("mesh");

const keepalived = "core/plan/keepalived.ts";
const conntrackd = "core/plan/conntrackd.ts";
const partners = "core/plan/partners.ts";

export const partnerMutants: readonly Mutant[] = [
  acts("flows-kept-beside", "what a gateway hears of the other's flows it keeps beside its kernel, where nobody takes it from", [
    conntrackd,
    "    DisableExternalCache On",
    "    DisableExternalCache Off",
  ]),
  acts("udp-not-told", "a gateway tells the other one nothing of its flows of UDP", [conntrackd, '    "      UDP",\n', ""]),
  acts("one-family-moves", "GWPubIP4 stays where it is when the partner takes the rest", [
    keepalived,
    '    ...block("virtual_ipaddress_excluded", ipv4),',
    '    ...block("virtual_ipaddress_excluded", seat === "home" ? ipv4 : []),',
  ]),
  times("adverts-too-slow", "an exit node says ten times more seldom that it has its addresses", [
    keepalived,
    "const advertMs = 50;",
    "const advertMs = 500;",
  ]),
  acts("partner-comes-first", "a partner has the greater priority, and so what is not its own", [
    keepalived,
    "{ home: 200, partner: 100 }",
    "{ home: 200, partner: 250 }",
  ]),
  acts("partner-answers-too", "a partner has the exit node's addresses all the time", [
    "core/plan/vrrp.ts",
    'address: formatPrefix(address), by: "vrrp" })',
    'address: formatPrefix(address), ...(seat === "partner" ? {} : { by: "vrrp" }) })',
  ]),
  acts("nobody-is-told", "who takes an exit node over tells no network resource", [
    "core/plan/gateway-services.ts",
    'content: told.join("")',
    'content: told.slice(0, 0).join("")',
  ]),
  mesh("one-tunnel-only", "network resources have no tunnel to the partner of their exit node", [
    partners,
    "    tunnels.set(resource, { mirror, port });",
    "    if (port < 0) tunnels.set(resource, { mirror, port });",
  ]),
  mesh("second-tunnel-on-first-port", "a second tunnel has the port of the first one, which nobody can open twice", [
    partners,
    "    let port = secondPorts.first + (subnetNumberOf(resource.prefix) % count);",
    "    let port = subnetNumberOf(resource.prefix);",
  ]),
  // Nobody sends by the right tunnel any more, whoever stands in.
  {
    ...onPartners("rules")(
      "told-by-the-first-tunnel",
      "what a partner says is heeded only where it comes by the tunnel to the exit node's own node",
      [
        "core/plan/exit-choice.ts",
        '`  iifname "${secondLink}" ${from} udp dport ${taken} update',
        '`  iifname "${first}" ${from} udp dport ${taken} update',
      ],
    ),
    laws: ["EX-8", "EX-9"],
  },
];
