/** What is handed out: allocations, exit node numbers, prefixes; and what of the farm file is taken. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const judgement = "core/farm/allocation.ts";
const parts = "core/farm/parts.ts";
const exitNodes = "core/allocate/exit-nodes.ts";
const prefixes = "core/allocate/prefixes.ts";
const state = "core/allocate/state.ts";
const fromFarm = "core/intents/from-farm.ts";
const accepts = patchedIn("farm file");
const allocates = patchedIn("allocation");
const intends = patchedIn("intents");
const timed = patchedIn("timer");

export const allocationMutants: readonly Mutant[] = [
  accepts("allocation-47-taken", "an allocation larger than a /48 is taken", "EX-3", [
    judgement,
    "if (prefix.length !== allocationLength) {",
    "if (prefix.length > allocationLength) {",
  ]),
  accepts("allocation-host-bits-taken", "an allocation with bits beyond its 48 is taken", "EX-3", [
    judgement,
    "if (hasHostBits(prefix)) {",
    "if (false) {",
  ]),
  accepts("allocation-link-local-taken", "a link-local allocation is taken", "EX-3", [
    judgement,
    "if (contains(wellKnown.linkLocal, prefix.address)) {",
    "if (contains(wellKnown.linkLocal, prefix.address)) return undefined;\n  if (false) {",
  ]),
  accepts("allocation-anything-taken", "an allocation outside of global unicast is taken", "EX-3", [
    judgement,
    "if (!contains(wellKnown.globalUnicast, prefix.address)) {",
    "if (false) {",
  ]),
  accepts("documentation-refused", "a documentation prefix is refused, not warned of", "EX-3", [
    judgement,
    'found.push(judgement("warning", "documentation-prefix"',
    'found.push(judgement("error", "documentation-prefix"',
  ]),
  accepts("documentation-unnoticed", "one of the two documentation prefixes is not warned of", "EX-3", [
    judgement,
    "wellKnown.documentation.some((documentation) =>",
    "wellKnown.documentation.slice(1).some((documentation) =>",
  ]),
  accepts("refused-elsewhere", "a wrong allocation is refused at another line than its own", "EX-3", [
    "core/farm/rules/allocations.ts",
    '({ ...judgement, path: ["allocations", index, "prefix"] })',
    '({ ...judgement, path: ["farm"] })',
  ]),
  accepts("other-part-taken", "an NR's prefix may be of another exit node's part", "EX-1 EX-5", [
    parts,
    "if (subnetNumber >> 12 !== exitNode) return",
    "if (subnetNumber >> 12 === 0) return",
  ]),
  accepts("transit-handed-out", "ff00 and above are handed out in part 15, whose /24 are the tunnels' transit", "EX-1 EX-5", [
    parts,
    "return subnetNumber >= 0xff00;",
    "return subnetNumber > 0xffff;",
  ]),
  allocates("exit-node-16-is-0", "the sixteenth exit node becomes number 0, which is PrefixZero's", "EX-4", [
    exitNodes,
    "if (free < 0) {",
    "if (free < -1) {",
  ]),
  allocates("exit-node-moves", "an exit node that asks twice gets another number", "EX-4", [
    exitNodes,
    "if (present !== undefined) return success({ state, exitNode: present });",
    "",
  ]),
  allocates("exit-node-counted", "the number of an exit node is the count of those before it, whatever numbers they state", "EX-4", [
    exitNodes,
    "const free = state.exitNodes.indexOf(undefined);",
    "const taken = state.exitNodes.filter((one) => one !== undefined).length;\n  const free = taken < 15 ? taken : -1;",
  ]),
  allocates("exit-node-number-shared", "two nodes may state the same exit node number", "EX-4", [
    exitNodes,
    "if (other !== undefined) {",
    "if (false) {",
  ]),
  allocates("collides-after-draw", "a prefix is unique only as a draw of 16 bits, of which 12 are used", "EX-5", [
    prefixes,
    "isReservedSubnet(subnetNumber) || !isFree(slotOf(state, subnetNumber), nowMs) ||",
    "isReservedSubnet(subnetNumber) ||",
  ]),
  allocates("prefix-moves", "who asks again gets another prefix", "EX-5", [
    prefixes,
    "const present = holdingOf(state, request);\n  if (present !== undefined) {\n    return presentGrant(\n",
    "const present = holdingOf(state, request);\n  if (present !== undefined && present < 0) {\n    return presentGrant(\n",
  ]),
  allocates("part-spills-over", "a full part goes on in the next one", "EX-5", [
    prefixes,
    "const subnetNumber = (exitNode << 12) | ((draw + step) & 0xfff);",
    "const subnetNumber = Math.min(0xffff, (exitNode << 12) + draw + step);",
  ]),
  allocates("part-ends-early", "the last quarter of a part is never given", "EX-5", [
    prefixes,
    "for (let step = 0; step < prefixesPerPart; step += 1) {",
    "for (let step = 0; step < prefixesPerPart * 0.75; step += 1) {",
  ]),
  allocates("stated-twice-taken", "two NRs may state the same prefix", "EX-5", [
    prefixes,
    'if (slot?.kind === "held") {\n    const message',
    'if (slot?.kind === "resting" && nowMs < 0) {\n    const message',
  ]),
  allocates("rests-not", "a released prefix is given again at once", "EX-5", [
    prefixes,
    'slot?.kind === "resting" && nowMs < slot.releasedAtMs + releasedPrefixRestMs;',
    'slot?.kind === "resting" && nowMs < slot.releasedAtMs;',
  ]),
  timed("rests-a-tenth", "a released prefix rests a tenth of a day", "EX-5", [
    prefixes,
    "export const releasedPrefixRestMs: number = 24 * 60 * 60 * 1000;",
    "export const releasedPrefixRestMs: number = 24 * 6 * 60 * 1000;",
  ]),
  allocates("advice-late", "an exit node is advised with 20,000 routes, which it never has", "EX-5", [
    state,
    "export const adviseExitNodeRoutes = 2000;",
    "export const adviseExitNodeRoutes = 20_000;",
  ]),
  allocates("release-forgotten", "a holder whose prefix was taken back counts as one that still holds it", "EX-5", [
    state,
    "filter((one) => !sameHolder(one, slot)),",
    "filter((one) => one.subnetNumber >= 0),",
  ]),
  intends("intents-in-file-order", "intents change with the order in which the file names networks", "EX-1", [
    fromFarm,
    "networks: farm.networks.toSorted(byName).map((network) => networkWish(network, nodes)),",
    "networks: farm.networks.map((network) => networkWish(network, nodes)),",
  ]),
  intends("forwards-not-intended", "port forwards of the file do not become intents", "EX-9 EX-10", [
    fromFarm,
    "portForwards: sortedForwards(network.portForwards),",
    "portForwards: sortedForwards(network.portForwards).slice(0, 0),",
  ]),
  intends("workload-of-first-node", "every workload is intended on the network's first node", "EX-7 EX-8 EX-9", [
    fromFarm,
    ".map(({ name, node, host, services }): WorkloadIntent => ({ name, node, host, services: sortedServices(services) }))",
    ".map(({ name, host, services }, index): WorkloadIntent => ({ name, node: network.resources[0]?.node ?? name, host: host + index, services: sortedServices(services) }))",
  ]),
];
