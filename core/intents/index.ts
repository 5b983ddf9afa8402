/** Farm -> wishes and intents, and the types of intents and facts. Pure; knows no store. */
export type * from "./intents.ts";
export type * from "./facts.ts";
export type * from "./hosts.ts";
export { intentsOf, networkWithout, wishesAt, wishesOf } from "./from-farm.ts";
