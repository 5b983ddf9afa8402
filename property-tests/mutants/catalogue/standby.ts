/** Who hosts an exit node that has standbys: leases, the fence, what neighbours are told, what moves along. */
import { patchedIn } from "../mutant.ts";
import type { Mutant, Patch } from "../mutant.ts";

const patched = { agent: patchedIn("agent"), rules: patchedIn("gateway rules"), time: patchedIn("timer") };

const onStandby =
  (subject: keyof typeof patched) =>
  (id: string, description: string, ...patches: readonly Patch[]): Mutant => ({
    ...patched[subject](id, description, "EX-14", ...patches),
    farm: "standby",
  });
const acts = onStandby("agent");
const rules = onStandby("rules");

const hosting = "core/agents/hosting.ts";
const fence = "core/plan/fence.ts";

export const standbyMutants: readonly Mutant[] = [
  rules("fence-stays-open", "once opened, a gateway answers until somebody closes it: the kernel forgets nothing", [
    fence,
    '`{ "${up}" timeout ${milliseconds}ms }`',
    '`{ "${up}" }`',
  ]),
  rules("fence-without-arp", "a gateway that may be another node's is fenced off but for ARP", [
    fence,
    '  { family: "arp", incoming: "input", outgoing: "output" },\n',
    "",
  ]),
  rules(
    "fence-left-out",
    "there is no fence: a gateway answers for as long as it is there",
    [fence, '`  iifname "${up}" iifname != @${hosted} drop`,', '`  iifname "${up}" accept`,'],
    [fence, '`  oifname "${up}" oifname != @${hosted} drop`,', '`  oifname "${up}" accept`,'],
  ),
  onStandby("time")("lease-of-50-seconds", "the store waits for 50 s before it lets a dead node's exit node go, not for 5", [
    "core/agents/node-lease.ts",
    "export const leaseSeconds = 5;",
    "export const leaseSeconds = 50;",
  ]),
  acts("neighbours-not-told", "who takes an exit node over tells nobody on PrefixZero", [
    hosting,
    "        await fence.announce(gateway);\n",
    "",
  ]),
  acts("standby-key-not-published", "a standby makes and publishes no keys for the exit points that it may have", [
    "core/agents/own-part.ts",
    "const all = [...own, ...standIn, ...partners].map(",
    "const all = [...own, ...standIn.slice(0, 0), ...partners].map(",
  ]),
];
