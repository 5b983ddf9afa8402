/** A capsule of a failure that never was. */
import { farmNamed } from "../reduce/farms.fixture.ts";
import { makeCapsule } from "./make-capsule.ts";
import type { FailureToKeep, FoundWith } from "./make-capsule.ts";
import type { Capsule } from "./capsule.ts";

export const found: FoundWith = {
  versions: { farmlab: "0.1.0", commit: "0123456789abcdef", sources: "feedc0de", node: "v24.9.0", kernel: "6.18.0", image: "trixie-1" },
  host: { choices: { wireguard: "wireguard-go" }, capabilities: ["packet-sockets", "tun"] },
  backend: "netns",
};

export const failureOf = (changes: Partial<FailureToKeep> = {}): FailureToKeep => ({
  document: farmNamed("exit-node"),
  seed: 42,
  file: "topologies/exit-node.farm.yml",
  result: {
    law: "EX-8",
    property: "EX-8 keeps the workload's own IPv6 address",
    why: "icmp echo from red-1 to 2001:db8:6::6: no answer came; expected: delivered",
  },
  evidence: [],
  ...changes,
});

export const capsuleOf = (changes: Partial<FailureToKeep> = {}): Capsule =>
  makeCapsule(failureOf(changes), found, "farmlab replay ex-8-exit-node.capsule.json");
