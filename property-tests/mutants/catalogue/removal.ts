/** What is left of a network that was taken away. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const applies = patchedIn("apply");
const acts = patchedIn("agent");

export const removalMutants: readonly Mutant[] = [
  applies("nat-mappings-stay", "the gateway goes on translating for flows of a network that was taken away", "EX-13", [
    "core/apply/apply.ts",
    "this.#forgetFlows(changes.forget)",
    "this.#forgetFlows([])",
  ]),
  {
    ...applies("sent-elsewhere-stays", "what was sent upstream before its address was here goes on being sent there", "EX-10", [
      "core/apply/difference.ts",
      "...come.map(",
      "...come.slice(0, 0).map(",
    ]),
    farm: "timeline",
  },
  applies("reserved-ports-stay", "the ports of tunnels that are gone stay reserved", "EX-13", [
    "core/plan/plan-node.ts",
    "sysctls: reservedPorts(tunnelPorts(",
    "sysctls: resources.length < 2 ? {} : reservedPorts(tunnelPorts(",
  ]),
  acts("keys-stay", "the key of a tunnel that is gone stays in the key file", "EX-13", [
    "core/agents/reconciler.ts",
    "keys.retain(own.tunnels);",
    "",
  ]),
  applies("workloads-stay", "the namespaces of workloads stay when their network is taken away", "EX-13", [
    "core/apply/namespaces.ts",
    'name !== "host" && !wanted.has(name)).map',
    'name !== "host" && !wanted.has(name) && !name.startsWith("w-")).map',
  ]),
];
