/**
 * The witness of each law: a mutant that no other law sees, so that nobody could do without the law. Every law is asked about a witness; of
 * the other mutants it is enough that the laws catch them that must.
 */
import type { Mutant } from "./mutant.ts";

/** By the laws that have properties and are not listed as subsumed. */
export const witnesses: Readonly<Record<string, string>> = {
  "EX-1": "resources-in-given-order",
  "EX-2": "port-name-too-long",
  "EX-3": "documentation-refused",
  "EX-4": "exit-node-number-shared",
  "EX-5": "prefix-moves",
  "EX-6": "printed-without-unreachable",
  "EX-7": "overlay-is-a-star",
  "EX-8": "nat66",
  "EX-9": "forward-of-any-address",
  "EX-10": "isolation-after-accept",
  "EX-11": "unreachable-not-planned",
  "EX-12": "vxlan-held-for-a-peer",
  "EX-13": "workloads-stay",
  "EX-14": "fence-left-out",
  "EX-15": "flows-kept-beside",
  "EX-16": "vrf-beside-rules",
  "EX-17": "flushed-rules-unseen",
  "EX-18": "keys-never-kept",
  "EX-19": "advice-at-capacity",
  "EX-20": "keepalive-lost",
  "EX-21": "port-of-no-tunnel",
  "EX-22": "own-echo4-refused",
  "EX-23": "segments-not-clamped",
  "EX-24": "one-nic-taken",
  "EX-25": "tunnels-on-forwarding-nic",
  "FE-1": "web-refused",
  "XC-9": "home-port-drawn",
};

export const isWitness = ({ id }: Mutant): boolean => Object.values(witnesses).includes(id);
