/**
 * Seeded faults of the system under test, each with a law that must catch it. A mutant is a source patch applied while the agent is
 * bundled, or an edit of the farm file for what the farmer types; the product has no switch for any of them.
 */
export * from "./catalogue.ts";
export * from "./run-mutant.ts";
