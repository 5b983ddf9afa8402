/** Farm -> intents, the types of intents and facts, and how they stand in a store as keys and texts. Pure; knows no store. */
export type * from "./intents.ts";
export type * from "./facts.ts";
export { intentsOf } from "./from-farm.ts";
export * from "./keys.ts";
export * from "./codec.ts";
