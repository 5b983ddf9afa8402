/**
 * Pure derivations: from a few numbers to names, addresses, ports and routes, the same on every machine.
 * Holds no state, hands nothing out (that is core/allocate) and plans nothing (core/plan).
 */
export * from "./exit-node/index.ts";
