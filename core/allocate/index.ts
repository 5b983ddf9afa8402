/**
 * What is handed out and must never be handed out twice: exit node numbers and the /64s of network resources. State in, state out;
 * the clock comes in as an argument. Derives nothing (core/derive) and stores nothing (core/store).
 */
export type { AllocatorState, Holder } from "./state.ts";
export { advise, adviseExitNodeRoutes, capacityOf, heldPrefixes, startAllocator } from "./state.ts";
export * from "./exit-nodes.ts";
export * from "./prefixes.ts";
export * from "./codec.ts";
export type * from "./list.ts";
export * from "./settle.ts";
export * from "./granted.ts";
