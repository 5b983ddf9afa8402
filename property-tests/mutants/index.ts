/**
 * Seeded faults of the system under test, each with the laws that must catch it. A mutant is a source patch, applied while the agent is
 * bundled and while what runs in the harness is loaded, or an edit of the farm file for what the farmer types; the product has no switch
 * for any of them.
 */
export * from "./mutant.ts";
export * from "./catalogue.ts";
export * from "./run-mutant.ts";
export * from "./kill-matrix.ts";
export * from "./run-matrix.ts";
export * from "./keep-matrix.ts";
export * from "./witnesses.ts";
