/**
 * The reducer: takes a farm that shows a failure apart, as far as it still shows it. It knows the farm file and nothing of labs: whether a
 * candidate still fails is asked of whoever runs it.
 */
export { triesFor } from "./candidates.ts";
export type { Answer, Fires, FiringRate } from "./candidates.ts";
export type { DecidedPacket } from "./decisions.ts";
export * from "./reduce.ts";
export { sizeOf, sizeText, totalOf } from "./size.ts";
export type { Size } from "./size.ts";
