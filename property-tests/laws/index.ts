/** The laws and the properties that check them. A property judges one running farm; bringing it up is the room `run`. */
export * from "./law.ts";
export * from "./registry.ts";
export * from "./to-come.ts";
export { pureProperties } from "./ex-pure.ts";
export { death, fallSilent } from "./ex-15-partners.ts";
export { mostOutageMs } from "./take-overs.ts";
export type { Moved } from "./ex-15-partners.ts";
export { awayAtLast } from "./at-home.ts";
export { keepFlows } from "./ex-15-flows.ts";
export type { KeptFlows } from "./ex-15-flows.ts";
