/**
 * Capsules: a failure in one file, and its replay. A capsule is data: it names no command that a replay would run, and holds no secret.
 * Making farms smaller is the room `reduce`.
 */
export * from "./capsule.ts";
export * from "./counterexample.ts";
export * from "./keep-counterexamples.ts";
export * from "./make-capsule.ts";
export * from "./read-capsule.ts";
export * from "./replay.ts";
export * from "./replay-text.ts";
export { capsuleText } from "./seal.ts";
