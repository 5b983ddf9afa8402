/** Farm -> intents, and the types of intents and facts. Pure; knows no store. */
export type * from "./intents.ts";
export type * from "./facts.ts";
export type * from "./hosts.ts";
export { intentsAt, intentsOf } from "./from-farm.ts";
